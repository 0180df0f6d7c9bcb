"""Pictures and files: from where they may come, and what is believed to be one."""

import base64
import hashlib
import io
import logging
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import (
    Forbidden,
    PictureDamaged,
    PictureGone,
    PictureHostRefused,
    PictureLinkExpired,
    ServiceError,
)
from steward.customvision.pictures import Download, PictureSource
from steward.customvision.retry import retry_policy
from tests.customvision.conftest import ATTEMPTS, KEY
from tests.customvision.scripted import Reply, Server, json_reply, serve

PROJECT = "bc3f7dad-5544-468c-8573-3ef04d55463e"
PATH = "/i-bc3f/i-0001?sv=2017-04-17&sr=b&sig=a%2Bb%3D&se=2020-06-07T16%3A50%3A40Z&sp=r"


def drawn(kind: str, size: tuple[int, int] = (60, 40), orientation: int | None = None) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    with Image.new("RGB", size, (20, 120, 220)) as picture:
        picture.save(buffer, kind, **({"exif": exif} if orientation else {}))
    return buffer.getvalue()


def sent(data: bytes) -> Reply:
    """As Blob Storage sends it."""
    digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return Reply(200, data, {"Content-Type": "application/octet-stream", "Content-MD5": digest})


@pytest.fixture
def pictures(client: CustomVisionClient) -> Iterator[PictureSource]:
    policy = retry_policy(attempts=ATTEMPTS, first_wait=0.01, longest_wait=0.02)
    with PictureSource(client, ["*.blob.core.windows.net"], allow_http=True, retrying=policy) as found:
        yield found


@pytest.mark.parametrize(
    ("kind", "media_type", "extension"),
    [
        ("JPEG", "image/jpeg", "jpg"),
        ("PNG", "image/png", "png"),
        ("GIF", "image/gif", "gif"),
        ("BMP", "image/bmp", "bmp"),
    ],
)
def test_a_picture_is_told_by_its_bytes(
    server: Server, pictures: PictureSource, kind: str, media_type: str, extension: str
) -> None:
    data = drawn(kind)
    server.answers(sent(data))
    picture = pictures.fetch(server.url + PATH, PROJECT, width=60, height=40)
    assert (picture.data, picture.length, picture.media_type, picture.extension) == (
        data,
        len(data),
        media_type,
        extension,
    )
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.md5 == hashlib.md5(data, usedforsecurity=False).digest()
    # The signature must arrive as it was given, and no key with it.
    assert server.calls[0].target == PATH
    assert KEY not in str(server.calls[0].headers)


@pytest.mark.parametrize("width_first", [True, False])
@pytest.mark.parametrize(("orientation", "turned"), [(1, False), (3, False), (5, True), (6, True), (8, True)])
def test_exif_may_lay_a_picture_on_its_side(
    server: Server, pictures: PictureSource, orientation: int, turned: bool, width_first: bool
) -> None:
    server.answers(sent(drawn("JPEG", orientation=orientation)))
    width, height = (60, 40) if width_first else (40, 60)
    if width_first or turned:
        assert pictures.fetch(server.url + PATH, PROJECT, width=width, height=height)
    else:
        with pytest.raises(PictureDamaged, match="60 x 40 pixels, the service says 40 x 60"):
            pictures.fetch(server.url + PATH, PROJECT, width=width, height=height)


def test_the_largest_picture_is_read_without_decoding_it(server: Server, pictures: PictureSource) -> None:
    header = struct.pack(">IIBBBBB", 10_240, 10_240, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", 4) + b"IDAT" + b"none" + struct.pack(">I", zlib.crc32(b"IDATnone"))
    server.answers(sent(data))
    assert pictures.fetch(server.url + PATH, PROJECT, width=10_240, height=10_240).length == len(data)


DATA = drawn("PNG")
DAMAGED = {
    "cut short": Reply(200, DATA[:-9], promised=len(DATA)),
    "another picture's MD5": Reply(200, DATA, {"Content-MD5": base64.b64encode(bytes(16)).decode()}),
    "an MD5 that is none": Reply(200, DATA, {"Content-MD5": "?"}),
    "no picture": sent(b"<html>proxy</html>"),
    "empty": sent(b""),
    "only its first bytes": sent(DATA[:12]),
    "another size": sent(drawn("PNG", (61, 40))),
}


@pytest.mark.parametrize("reply", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_picture_is_asked_for_again_and_never_given(
    server: Server, pictures: PictureSource, reply: Reply
) -> None:
    server.answers(reply, sent(DATA))
    assert pictures.fetch(server.url + PATH, PROJECT, width=60, height=40).data == DATA
    server.answers(reply)
    with pytest.raises(PictureDamaged):
        pictures.fetch(server.url + PATH, PROJECT, width=60, height=40)
    assert len(server.calls) == ATTEMPTS


@pytest.mark.parametrize(
    ("status", "kind", "calls"),
    [(404, PictureGone, 1), (403, PictureLinkExpired, 1), (503, ServiceError, ATTEMPTS)],
)
def test_what_storage_refuses_has_a_name_and_shows_no_signature(
    server: Server,
    pictures: PictureSource,
    caplog: pytest.LogCaptureFixture,
    status: int,
    kind: type[Exception],
    calls: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(Reply(status, b"<Error>sig=a%2Bb</Error>", {"x-ms-error-code": "AuthenticationFailed"}))
    with pytest.raises(kind) as caught:
        pictures.fetch(server.url + PATH, PROJECT)
    assert len(server.calls) == calls
    assert "AuthenticationFailed" in str(caught.value)
    assert "sig" not in str(caught.value) + caplog.text


def test_a_private_account_gives_its_pictures_through_the_api(
    server: Server, pictures: PictureSource
) -> None:
    server.answers(sent(DATA))
    assert pictures.fetch("/i-bc3f/i-0001", PROJECT, width=60, height=40).data == DATA
    call = server.calls[0]
    assert call.target == f"/customvision/v3.3/training/projects/{PROJECT}/artifacts?path=%2Fi-bc3f%2Fi-0001"
    assert call.headers["Training-Key"] == KEY
    assert call.headers["Accept-Encoding"] == "identity"

    server.answers(json_reply({"code": "NotFoundImage", "message": ""}, 404))
    with pytest.raises(PictureGone):
        pictures.fetch("/i-bc3f/i-0001", PROJECT)
    # Here 403 is about the role: no new listing would help.
    server.answers(json_reply({"code": "Forbidden", "message": ""}, 403))
    with pytest.raises(Forbidden):
        pictures.fetch("/i-bc3f/i-0001", PROJECT)


@pytest.mark.parametrize(
    "uri",
    [
        "http://store.blob.core.windows.net/i",
        "https://example.com/i",
        "https://store.blob.core.windows.net.example.com/i",
        "https://blob.core.windows.net/i",
        "https://example.com/.blob.core.windows.net",
        "https://example.com#.blob.core.windows.net",
        "https://example.com\\@store.blob.core.windows.net/i",
        "https://user:word@store.blob.core.windows.net/i",
        "//example.com/i",
        "\\\\example.com\\i",
        "file:///etc/passwd",
        "https://[::1]/i",
        "https://127.0.0.1/i",
        "http://169.254.169.254/metadata",
    ],
)
def test_other_hosts_are_refused(server: Server, pictures: PictureSource, uri: str) -> None:
    server.answers(sent(DATA))
    with pytest.raises(PictureHostRefused):
        pictures.fetch(uri, PROJECT)
    assert server.calls == []


@given(host=st.from_regex(r"[a-z0-9.\-]{1,30}", fullmatch=True), rest=st.text(max_size=30))
def test_no_address_leaves_the_list(host: str, rest: str) -> None:
    with (
        CustomVisionClient("https://example.com", TrainingKey(KEY)) as client,
        PictureSource(client, ["*.allowed.test"]) as pictures,
        pytest.raises(PictureHostRefused),
    ):
        pictures.fetch(f"https://{host}/{rest}", PROJECT)


def test_redirects_and_plain_http_are_refused(
    server: Server, client: CustomVisionClient, pictures: PictureSource
) -> None:
    with serve() as other:
        other.answers(sent(DATA))
        server.answers(Reply(307, headers={"Location": f"{other.url}/i"}))
        with pytest.raises(ServiceError, match="redirects are never followed"):
            pictures.fetch(server.url + PATH, PROJECT)
        assert other.calls == []
    with PictureSource(client, ["127.0.0.1"]) as strict, pytest.raises(PictureHostRefused):
        strict.fetch(server.url + PATH, PROJECT)


def test_a_large_file_passes_through_little_memory(
    server: Server, pictures: PictureSource, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 4096 * 48
    server.answers(Reply(200, data[:5_000_000], promised=len(data)), Reply(200, data))
    with (tmp_path / "model.zip").open("w+b") as file:
        tracemalloc.start()
        try:
            found = pictures.download(server.url + PATH, PROJECT, to=file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (tmp_path / "model.zip").read_bytes() == data
    assert (found.length, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert peak < 8_000_000
    assert len(server.calls) == 2


def test_a_download_begins_anew_where_it_began(server: Server, pictures: PictureSource) -> None:
    file = io.BytesIO(b"before")
    file.seek(6)
    server.answers(Reply(200, b"PK\x03\x04half of something longer", promised=100), sent(b"PK\x03\x04whole"))
    pictures.download(server.url + PATH, PROJECT, to=file)
    assert file.getvalue() == b"beforePK\x03\x04whole"


def test_an_empty_file_is_no_model(server: Server, pictures: PictureSource) -> None:
    server.answers(sent(b""))
    with pytest.raises(PictureDamaged, match="an empty file"):
        pictures.download(server.url + PATH, PROJECT, to=io.BytesIO())


def test_a_file_that_is_known_is_not_read(server: Server, pictures: PictureSource) -> None:
    """By the length and MD5 that the source promises; where it promises none, or others, every byte is read."""
    data = b"PK\x03\x04a model"
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    known = Download(hashlib.sha256(data).hexdigest(), md5, len(data))
    headers = {"Content-MD5": base64.b64encode(md5).decode()}
    file = io.BytesIO()
    # Whoever read on would find the answer cut short.
    server.answers(Reply(200, data[:4], headers, promised=len(data)))
    assert pictures.download(server.url + PATH, PROJECT, to=file, known=[known]) is known
    assert file.getvalue() == b""

    other = Download(known.sha256, known.md5, known.length + 1)
    for reply, stored in ((Reply(200, data), known), (Reply(200, data, headers), other)):
        server.answers(reply)
        assert pictures.download(server.url + PATH, PROJECT, to=file, known=[stored]) == known
        assert file.getvalue() == data
        file.seek(0)
