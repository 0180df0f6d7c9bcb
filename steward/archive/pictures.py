"""Pictures: written once, shared by all bags; and what a listing shows of them, small enough for 100,000 in memory."""

# ruff: noqa: N818 - exceptions are named for what happened; the root says that they are errors.

import hashlib
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO, Protocol, Self
from uuid import UUID

from steward.archive.errors import ArchiveError, BlobExists, BlobMissing
from steward.archive.names import EXTENSIONS
from steward.archive.store import ArchiveStore, Digests, StoredBlob
from steward.archive.writing import BLOCK
from steward.telemetry import counters

_ID = 16
# SHA-256, MD5, length, the place of the type in _TYPES.
_RECORD = Struct("32s16sQB")
_TYPES = (*EXTENSIONS, "application/zip", "application/octet-stream")


class PictureConflict(ArchiveError):
    """A damaged blob is replaced only by bytes of the SHA-256 that its metadata names."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """The bytes that stand in the archive for a picture or model."""

    sha256: str
    md5: bytes
    length: int
    media_type: str

    @property
    def extension(self) -> str:
        return EXTENSIONS.get(self.media_type, "zip" if self.media_type == "application/zip" else "bin")

    def pointer(self, path: str, blob: str) -> dict[str, str | int]:
        """How a payload line names it: `path` in the bag, `blob` in the container."""
        return {
            "path": path,
            "blob": blob,
            "sha256": self.sha256,
            "md5": self.md5.hex(),
            "length": self.length,
            "type": self.media_type,
        }


class Picture(Protocol):
    """A picture on its way into the archive."""

    @property
    def data(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...
    @property
    def md5(self) -> bytes: ...
    @property
    def length(self) -> int: ...
    @property
    def media_type(self) -> str: ...


def store_picture(store: ArchiveStore, name: str, picture: Picture) -> StoredPicture:
    """Write a picture unless it is there; what is there stands, and is what the result names.

    Raises PictureConflict where a damaged blob is there that these bytes may not replace.
    """
    digests = Digests(picture.sha256, picture.md5, picture.length)
    try:
        store.write(name, picture.data, media_type=picture.media_type, digests=digests, if_none_match=True)
    except BlobExists:
        winner = _winner(store, name, lambda: picture.sha256)
        if not winner.damage:
            return _as_picture(winner)
        store.write(name, picture.data, media_type=picture.media_type, digests=digests, if_match=winner.etag)
    counters.bytes_stored(picture.length)
    return StoredPicture(picture.sha256, picture.md5, picture.length, picture.media_type)


def store_file(store: ArchiveStore, name: str, file: BinaryIO, media_type: str) -> StoredPicture:
    """As `store_picture`, for a file of any length, such as an exported model; `file` is read from its beginning."""

    def chunks() -> Iterable[bytes]:
        file.seek(0)
        return iter(lambda: file.read(BLOCK), b"")

    try:
        digests = store.write_stream(name, chunks(), media_type=media_type, if_none_match=True)
    except BlobExists:
        winner = _winner(store, name, lambda: _sha256_of(chunks()))
        if not winner.damage:
            return _as_picture(winner)
        digests = store.write_stream(name, chunks(), media_type=media_type)
    counters.bytes_stored(digests.length)
    return StoredPicture(digests.sha256, digests.md5, digests.length, media_type)


class PictureInventory:
    """What stands under a prefix, by UUID; what this process stores later is added. Safe for many threads."""

    def __init__(self, ids: bytes, records: bytes, damaged: frozenset[bytes]) -> None:
        self._ids = ids
        self._records = records
        self._damaged = damaged
        self._added: dict[bytes, StoredPicture] = {}

    @classmethod
    def of(cls, blobs: Iterable[StoredBlob]) -> Self:
        """From a listing; blobs whose name does not end in a UUID are not pictures."""
        rows: list[bytes] = []
        damaged: set[bytes] = set()
        for blob in blobs:
            try:
                key = UUID(blob.name.rpartition("/")[2]).bytes
            except ValueError:
                continue
            if blob.damage or blob.sha256 is None or blob.md5 is None:
                damaged.add(key)
            else:
                rows.append(key + _packed(blob.sha256, blob.md5, blob.length, blob.media_type))
        rows.sort()
        return cls(
            b"".join(row[:_ID] for row in rows), b"".join(row[_ID:] for row in rows), frozenset(damaged)
        )

    def get(self, picture: str) -> StoredPicture | None:
        """The stored picture; None for one that is not there or is damaged."""
        key = UUID(picture).bytes
        if found := self._added.get(key):
            return found
        place = bisect_left(range(len(self)), key, key=self._id_at)
        if place == len(self) or self._id_at(place) != key:
            return None
        fields: tuple[bytes, bytes, int, int] = _RECORD.unpack_from(self._records, place * _RECORD.size)
        sha256, md5, length, kind = fields
        return StoredPicture(sha256.hex(), md5, length, _TYPES[kind])

    def add(self, picture: str, stored: StoredPicture) -> None:
        self._added[UUID(picture).bytes] = stored

    def is_damaged(self, picture: str) -> bool:
        return UUID(picture).bytes in self._damaged

    def __len__(self) -> int:
        """How many intact ones the listing showed."""
        return len(self._ids) // _ID

    def _id_at(self, place: int) -> bytes:
        return self._ids[place * _ID : (place + 1) * _ID]


class InventoryCache:
    """Inventories of this process: each listing is made once, however many threads ask for it."""

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str, str], Future[PictureInventory]] = OrderedDict()

    def get(self, store: ArchiveStore, prefix: str, listing: str) -> PictureInventory:
        """`listing` names the one to trust: what another run saw may be gone by now."""
        key = (store.url(prefix), prefix, listing)
        with self._lock:
            future = self._held.get(key)
            mine = future is None
            if future is None:
                future = self._held[key] = Future()
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        if mine:
            self._list(store, key, future)
        return future.result()

    def _list(self, store: ArchiveStore, key: tuple[str, str, str], future: Future[PictureInventory]) -> None:
        try:
            future.set_result(PictureInventory.of(store.list(key[1])))
        except BaseException as error:  # noqa: BLE001 - handed on whole to all that wait
            # Whoever waits sees the failure; whoever comes later tries again.
            with self._lock:
                if self._held.get(key) is future:
                    del self._held[key]
            future.set_exception(error)


def _as_picture(blob: StoredBlob) -> StoredPicture:
    return StoredPicture(blob.sha256 or "", blob.md5 or b"", blob.length, blob.media_type)


def _winner(store: ArchiveStore, name: str, sha256: Callable[[], str]) -> StoredBlob:
    """What is there already; `sha256` of our own bytes, which may take the place of a damaged blob only if it had them."""
    found = store.find(name)
    if found is None:
        # Deleted between the two requests: the caller's next try finds it new.
        raise BlobMissing(f"{name}: was there a moment ago")
    if found.damage and found.sha256 != sha256():
        raise PictureConflict(f"{name}: {found.damage}, and the service now gives different ones")
    return found


def _sha256_of(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _packed(sha256: str, md5: bytes, length: int, media_type: str) -> bytes:
    kind = _TYPES.index(media_type) if media_type in _TYPES else len(_TYPES) - 1
    return _RECORD.pack(bytes.fromhex(sha256), md5, length, kind)
