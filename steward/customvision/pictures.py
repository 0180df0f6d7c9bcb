"""Pictures and model files, from the addresses that the service's listings give."""

import base64
import binascii
import fnmatch
import hashlib
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import tenacity
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from steward.connections import LOOPBACK
from steward.customvision.client import CustomVisionClient
from steward.customvision.errors import (
    AnswerTooLarge,
    Forbidden,
    MalformedAnswer,
    NotFound,
    PictureDamaged,
    PictureGone,
    PictureHostRefused,
    PictureLinkExpired,
)
from steward.customvision.formats import Format, format_of, sizes_of
from steward.customvision.retry import retry_policy
from steward.customvision.transport import Answer, Connected, Transport

# Training uploads may be 6 MB; what the service makes of them is not said, so there is room.
PICTURE_LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "custom-vision-steward"}


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole picture. `sha256` in hexadecimal, `md5` as 16 bytes, `length` in bytes, `extension` without a dot."""

    data: bytes
    sha256: str
    md5: bytes
    length: int
    media_type: str
    extension: str


@dataclass(frozen=True, slots=True)
class Download:
    """What a streamed file turned out to be: digests as in `Picture`, `length` in bytes."""

    sha256: str
    md5: bytes
    length: int


class PictureSource(Connected):
    """Reads pictures for many threads from one pool of connections.

    `allowed_hosts`: patterns such as `*.blob.core.windows.net`, for https; `allow_http` adds this machine's own addresses
    over http. No key is sent to any of them. Relative addresses, which private accounts give, are read through `client`.
    """

    def __init__(
        self,
        client: CustomVisionClient,
        allowed_hosts: Sequence[str],
        allow_http: bool = False,
        *,
        pool_size: int = 16,
        timeout: tuple[float, float] = (5.0, 30.0),
        retrying: tenacity.Retrying | None = None,
    ) -> None:
        self._client = client
        self._allowed_hosts = tuple(host.lower() for host in allowed_hosts)
        self._allow_http = allow_http
        self._transport = Transport(pool_size=pool_size, timeout=timeout)
        self._retrying = retrying or retry_policy()

    def fetch(
        self, uri: str, project_id: str, *, width: int | None = None, height: int | None = None
    ) -> Picture:
        """A picture in memory, checked against its length, its Content-MD5, its first bytes, and pixels where given.

        Raises the PictureErrors, and what the client raises; transient ones after retries.
        """
        return self._retrying(self._fetch_once, uri, project_id, width, height)

    def download(
        self, uri: str, project_id: str, *, to: BinaryIO, known: Collection[Download] = ()
    ) -> Download:
        """A file of any size into `to`, from its present position, which must allow seeking: a retry starts over there.

        One of the `known` files is the answer, unread, where the source promises its length and MD5.
        """
        return self._retrying(self._download_once, uri, project_id, to, to.tell(), known)

    def is_served(self, uri: str, project_id: str) -> bool:
        """Whether the address still gives the file, which is not read; raises PictureGone where it does not."""

        def ask() -> bool:
            with self._open(uri, project_id):
                return True

        return self._retrying(ask)

    def _fetch_once(self, uri: str, project_id: str, width: int | None, height: int | None) -> Picture:
        with self._open(uri, project_id) as answer:
            try:
                data = answer.read(PICTURE_LIMIT)
            except AnswerTooLarge:
                raise PictureDamaged(f"{answer.operation}: longer than {PICTURE_LIMIT} bytes") from None
            md5 = hashlib.md5(data, usedforsecurity=False).digest()
            _check_arrival(answer, len(data), md5)
            found = _check_content(answer, data, width, height)
        sha256 = hashlib.sha256(data).hexdigest()
        return Picture(data, sha256, md5, len(data), found.media_type, found.extension)

    def _download_once(
        self, uri: str, project_id: str, to: BinaryIO, start: int, known: Collection[Download]
    ) -> Download:
        to.seek(start)
        to.truncate()
        sha256, md5, length = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        with self._open(uri, project_id) as answer:
            promised = answer.length(), _decoded(answer.headers.get("Content-MD5", ""))
            if unchanged := next((each for each in known if (each.length, each.md5) == promised), None):
                return unchanged
            for chunk in answer.chunks(_CHUNK):
                sha256.update(chunk)
                md5.update(chunk)
                length += to.write(chunk)
            _check_arrival(answer, length, md5.digest())
            if not length:
                raise PictureDamaged(f"{answer.operation}: an empty file")
        return Download(sha256.hexdigest(), md5.digest(), length)

    @contextmanager
    def _open(self, uri: str, project_id: str) -> Generator[Answer]:
        try:
            if _is_relative(uri):
                with self._client.open_artifact(project_id, uri) as answer:
                    yield answer
            else:
                with self._open_link(uri) as answer:
                    yield answer
        except NotFound as error:
            raise PictureGone(str(error)) from None
        except MalformedAnswer as error:
            raise PictureDamaged(str(error)) from None

    @contextmanager
    def _open_link(self, uri: str) -> Generator[Answer]:
        with self._transport.open(self._checked_host(uri), "GET", uri, headers=_HEADERS) as answer:
            try:
                answer.raise_for_status()
            except Forbidden as error:
                raise PictureLinkExpired(str(error)) from None
            yield answer

    def _checked_host(self, uri: str) -> str:
        """Words for errors; raises PictureHostRefused. The address is read as the library that connects reads it."""
        try:
            parts = parse_url(uri)
        except LocationParseError:
            raise PictureHostRefused("a picture's address cannot be read") from None
        host = (parts.host or "").strip("[]").lower()
        if parts.auth is None:
            if parts.scheme == "https" and any(
                fnmatch.fnmatchcase(host, name) for name in self._allowed_hosts
            ):
                return f"GET of a file at {host}"
            if parts.scheme == "http" and self._allow_http and host in LOOPBACK:
                return f"GET of a file at {host}"
        allowed = ", ".join(self._allowed_hosts)
        raise PictureHostRefused(
            f"{parts.scheme or ''}://{host[:100]}: expected https and one of the hosts {allowed}"
        )


def _is_relative(uri: str) -> bool:
    return "://" not in uri and not uri.startswith(("//", "\\"))


def _check_arrival(answer: Answer, length: int, md5: bytes) -> None:
    """Against what the source says of the bytes it sent."""
    promised = answer.length()
    if promised is not None and promised != length:
        raise PictureDamaged(f"{answer.operation}: {length} bytes arrived of {promised}")
    digest = answer.headers.get("Content-MD5")
    if digest and _decoded(digest) != md5:
        raise PictureDamaged(f"{answer.operation}: the bytes do not have the MD5 that the source names")


def _decoded(digest: str) -> bytes | None:
    try:
        return base64.b64decode(digest, validate=True)
    except binascii.Error:
        return None


def _check_content(answer: Answer, data: bytes, width: int | None, height: int | None) -> Format:
    found = format_of(data)
    if found is None:
        raise PictureDamaged(f"{answer.operation}: not a jpg, png, bmp or gif ({len(data)} bytes)")
    if width is None or height is None:
        return found
    sizes = sizes_of(data, found)
    if sizes is None:
        raise PictureDamaged(f"{answer.operation}: a {found.extension} whose header cannot be read")
    if (width, height) not in sizes:
        seen = " or ".join(f"{w} x {h}" for w, h in sorted(sizes))
        raise PictureDamaged(f"{answer.operation}: {seen} pixels, the service says {width} x {height}")
    return found
