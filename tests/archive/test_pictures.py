"""A picture is stored once; who comes second takes what is there; what is damaged is mended only by the same bytes."""

import threading
import time
import uuid
from collections.abc import Iterator
from io import BytesIO

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import given
from hypothesis import strategies as st

from steward.archive.pictures import (
    InventoryCache,
    PictureConflict,
    PictureInventory,
    StoredPicture,
    store_file,
    store_picture,
)
from steward.archive.store import ArchiveStore, ArchiveUnavailable, StoredBlob
from tests.archive.exports import DrawnPicture

NAME = "default/pictures/a/b"


def test_of_writers_at_the_same_time_one_wins_and_all_name_its_bytes(store: ArchiveStore) -> None:
    start = threading.Barrier(8)
    results: list[StoredPicture] = []

    def write(number: int) -> None:
        start.wait()
        results.append(store_picture(store, NAME, DrawnPicture(b"picture %d" % number)))

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
    assert DrawnPicture(store.read(NAME)).sha256 == results[0].sha256


def damage(container: ContainerClient, *, keep_metadata: bool) -> None:
    metadata = container.get_blob_client(NAME).get_blob_properties().metadata
    container.upload_blob(NAME, b"damaged", overwrite=True, metadata=metadata if keep_metadata else None)


def test_a_damaged_picture_is_mended_by_its_own_bytes_only(
    store: ArchiveStore, container: ContainerClient
) -> None:
    right = DrawnPicture(b"right")
    stored = store_picture(store, NAME, right)
    damage(container, keep_metadata=True)
    with pytest.raises(PictureConflict, match="b: has other bytes"):
        store_picture(store, NAME, DrawnPicture(b"another"))
    assert store_picture(store, NAME, right) == stored
    assert store.read(NAME) == b"right"

    damage(container, keep_metadata=False)
    with pytest.raises(PictureConflict, match="carries no digests of ours"):
        store_picture(store, NAME, right)


def test_a_file_is_stored_once_and_mended_like_a_picture(
    store: ArchiveStore, container: ContainerClient
) -> None:
    first = store_file(store, NAME, BytesIO(b"model"), "application/zip")
    assert (first.extension, first.length) == ("zip", 5)
    assert store_file(store, NAME, BytesIO(b"other"), "application/zip") == first
    damage(container, keep_metadata=True)
    with pytest.raises(PictureConflict):
        store_file(store, NAME, BytesIO(b"other"), "application/zip")
    assert store_file(store, NAME, BytesIO(b"model"), "application/zip") == first
    assert store.read(NAME) == b"model"


@st.composite
def listings(draw: st.DrawFn) -> list[StoredBlob]:
    ids = draw(st.lists(st.uuids(), unique=True, max_size=30))
    return [
        StoredBlob(
            name=f"default/pictures/p/{identity}",
            length=draw(st.integers(0, 2**40)),
            md5=draw(st.binary(min_size=16, max_size=16)),
            sha256=draw(st.binary(min_size=32, max_size=32)).hex(),
            media_type=draw(st.sampled_from(["image/jpeg", "image/png", "image/bmp", "image/gif"])),
            etag="",
            damage=draw(st.sampled_from(["", "", "has no MD5"])),
        )
        for identity in ids
    ]


@given(blobs=listings(), others=st.lists(st.uuids(), max_size=5))
def test_an_inventory_gives_what_was_listed_and_nothing_else(
    blobs: list[StoredBlob], others: list[uuid.UUID]
) -> None:
    inventory = PictureInventory.of(blobs)
    listed = {blob.name.rpartition("/")[2]: blob for blob in blobs}
    for identity, blob in listed.items():
        expected = None
        if not blob.damage:
            expected = StoredPicture(blob.sha256 or "", blob.md5 or b"", blob.length, blob.media_type)
        assert inventory.get(identity) == expected
        assert inventory.is_damaged(identity) == bool(blob.damage)
    for other in set(map(str, others)) - listed.keys():
        assert inventory.get(other) is None
        added = StoredPicture("00" * 32, b"0" * 16, 1, "image/gif")
        inventory.add(other, added)
        assert inventory.get(other) == added


class SlowStore(ArchiveStore):
    """Counts its listings, and fails the first ones if told to."""

    def __init__(self, failures: int = 0) -> None:
        self.listings = 0
        self._failures = failures

    def list(self, prefix: str) -> Iterator[StoredBlob]:
        self.listings += 1
        # Long enough for all threads to ask while the first one lists.
        time.sleep(0.1)
        if self.listings <= self._failures:
            raise ArchiveUnavailable("away")
        yield StoredBlob(f"{prefix}{uuid.uuid4()}", 1, b"0" * 16, "00" * 32, "image/png", "", "")

    def url(self, name: str) -> str:
        return f"https://store/{name}"


def test_a_listing_is_made_once_however_many_ask() -> None:
    store, cache = SlowStore(), InventoryCache()
    found: list[PictureInventory] = []
    threads = [threading.Thread(target=lambda: found.append(cache.get(store, "p/", "run"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.listings == 1
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    assert cache.get(store, "p/", "another run") is not found[0]


def test_a_listing_that_failed_is_made_again() -> None:
    store, cache = SlowStore(failures=1), InventoryCache()
    with pytest.raises(ArchiveUnavailable):
        cache.get(store, "p/", "run")
    assert len(cache.get(store, "p/", "run")) == 1


def test_the_cache_forgets_the_inventory_that_nobody_used_longest() -> None:
    store, cache = SlowStore(), InventoryCache(size=2)
    for prefix in ("a/", "b/", "a/", "c/", "a/"):
        cache.get(store, prefix, "run")
    assert store.listings == 3
    cache.get(store, "b/", "run")
    assert store.listings == 4
