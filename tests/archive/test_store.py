"""What the store promises: one request a small blob, bounded memory, digests in listings, errors without secrets."""

import re
import threading
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.archive import writing
from steward.archive.errors import ArchiveUnavailable, BlobDamaged, BlobExists, BlobMissing, ContainerMissing
from steward.archive.store import ArchiveStore, Digests, connect
from tests.conftest import Azurite


def test_a_written_blob_shows_its_digests_in_a_listing(store: ArchiveStore) -> None:
    data = b"some bytes"
    digests = store.write("a/b", data, media_type="image/png")
    assert digests == Digests.of(data)
    (blob,) = store.list("a/")
    assert (blob.sha256, blob.md5, blob.length) == (digests.sha256, digests.md5, digests.length)
    assert (blob.media_type, blob.damage) == ("image/png", "")
    assert store.find("a/b") == blob
    assert store.find("a/c") is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=40), max_size=12))
def test_streams_arrive_as_they_were_sent(
    store: ArchiveStore, monkeypatch: pytest.MonkeyPatch, chunks: list[bytes]
) -> None:
    monkeypatch.setattr(writing, "BLOCK", 32)
    digests = store.write_stream("streamed", chunks)
    assert digests == Digests.of(b"".join(chunks))
    found = store.find("streamed")
    assert found
    assert (found.md5, found.length, found.damage) == (digests.md5, digests.length, "")
    assert store.read("streamed") == b"".join(chunks)
    lines = b"".join(chunks).split(b"\n")
    assert list(store.read_lines("streamed")) == (lines if lines[-1] else lines[:-1])


def test_a_stream_that_breaks_leaves_no_blob(store: ArchiveStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BLOCK", 8)

    def broken() -> Iterator[bytes]:
        yield b"x" * 100
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        store.write_stream("broken", broken())
    assert store.find("broken") is None


def test_two_writers_of_the_same_stream_both_succeed(
    store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BLOCK", 8)
    meet = threading.Barrier(2)

    def chunks() -> Iterator[bytes]:
        for number in range(20):
            yield b"%08d" % number
        # All blocks of both are staged; now each commits.
        meet.wait(10)

    results: list[Digests] = []
    threads = [
        threading.Thread(target=lambda: results.append(store.write_stream("same", chunks()))) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert Digests.of(store.read("same")) == results[0] == results[1]


def test_conditions_hold_for_small_blobs_and_for_streams(
    store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("taken", b"first")
    with pytest.raises(BlobExists):
        store.write("taken", b"second", if_none_match=True)
    monkeypatch.setattr(writing, "BLOCK", 2)
    with pytest.raises(BlobExists):
        store.write_stream("taken", [b"second"], if_none_match=True)
    found = store.find("taken")
    assert found
    store.write("taken", b"third", if_match=found.etag)
    with pytest.raises(BlobExists):
        store.write("taken", b"fourth", if_match=found.etag)
    assert store.read("taken") == b"third"


def test_bytes_that_are_not_those_that_were_written_are_refused(
    store: ArchiveStore, container: ContainerClient
) -> None:
    store.write("a", b"right")
    metadata = container.get_blob_client("a").get_blob_properties().metadata
    container.upload_blob("a", b"wrong", overwrite=True, metadata=metadata)
    with pytest.raises(BlobDamaged, match="a: its bytes are not those that were written"):
        store.read("a")
    (blob,) = store.list("a")
    assert blob.damage == "has other bytes than those that were written"
    with pytest.raises(BlobMissing, match="b: is not in container"):
        store.read("b")


def test_deleting_what_is_gone_is_no_error(store: ArchiveStore) -> None:
    written = [f"d/{number}" for number in range(300)]
    for name in written[:3]:
        store.write(name, b"")
    store.delete_many(written)
    assert list(store.list("d/")) == []
    store.delete_many([])


def test_a_blob_goes_with_its_snapshots(store: ArchiveStore, container: ContainerClient) -> None:
    store.write("d/1", b"")
    container.get_blob_client("d/1").create_snapshot()
    store.delete_many(["d/1"])
    assert list(container.list_blobs(name_starts_with="d/", include=["snapshots"])) == []


def test_errors_name_the_container_and_keep_secrets(azurite: Azurite) -> None:
    missing = ArchiveStore(connect("not-there", connection_string=azurite.connection_string))
    for act in (lambda: missing.read("a"), lambda: missing.write("a", b""), lambda: list(missing.list("a"))):
        with pytest.raises(ContainerMissing, match="container not-there: does not exist"):
            act()

    key = "bm90IHRoZSByaWdodCBrZXkgYXQgYWxsLCByZWFsbHk="
    wrong = re.sub("AccountKey=[^;]+", f"AccountKey={key}", azurite.connection_string)
    with pytest.raises(ArchiveUnavailable, match=r"container archive: .*HTTP 403") as refused:
        ArchiveStore(connect("archive", connection_string=wrong)).write("a", b"")
    assert key not in str(refused.value)
    assert "sig" not in str(refused.value).lower().replace("signed", "")
    with pytest.raises(ArchiveUnavailable, match="connection string is not valid"):
        connect("archive", connection_string="AccountKey=secret")


def test_an_account_that_does_not_answer_is_told_within_seconds(azurite: Azurite) -> None:
    nobody = azurite.connection_string.replace(f":{azurite.blob_port}/", ":9/")
    client = ContainerClient.from_connection_string(nobody, "archive", retry_total=0)
    with pytest.raises(ArchiveUnavailable, match="container archive: the storage account did not serve us"):
        ArchiveStore(client).read("a")


def test_addresses_carry_no_signature(azurite: Azurite) -> None:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with_signature = ContainerClient(f"{service.url}archive?sv=2020&sig=secret", "archive")
    address = ArchiveStore(with_signature).url("a/b c")
    assert address.endswith("/archive/a/b%20c")
    assert "?" not in address
