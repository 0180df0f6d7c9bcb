"""Writing a blob of any length with bounded memory: it arrives in blocks, and appears whole or not at all."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from steward.archive.errors import BlobExists

BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Digests:
    """`sha256` is hexadecimal, `length` in bytes."""

    sha256: str
    md5: bytes
    length: int

    @classmethod
    def of(cls, data: bytes) -> "Digests":
        return cls(
            hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).digest(), len(data)
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """When a write is allowed: where nothing is there yet (`new`), or what has this etag; always where neither is said.

    `once`: it is not sent again where no answer comes, so that it cannot arrive long after somebody looked.
    """

    new: bool = False
    etag: str = ""
    once: bool = False


class Blocks(Protocol):
    """Where blocks go."""

    def put(
        self, name: str, data: bytes, *, media_type: str, digests: Digests, condition: Condition
    ) -> None: ...

    def stage_block(self, name: str, block_id: str, data: bytes) -> None: ...

    def commit_blocks(
        self, name: str, block_ids: Iterable[str], *, media_type: str, digests: Digests, condition: Condition
    ) -> None: ...

    def etag(self, name: str) -> str: ...


class BlobWriter:
    """A blob being written; made by `ArchiveStore.writer`."""

    def __init__(
        self,
        store: Blocks,
        name: str,
        media_type: str,
        condition: Condition,
        unless: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._name = name
        self._media_type = media_type
        self._condition = condition
        self._unless = unless
        self._buffer = bytearray()
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0
        self._blocks: list[str] = []

    def write(self, data: bytes) -> None:
        self._sha256.update(data)
        self._md5.update(data)
        self._length += len(data)
        self._buffer += data
        while len(self._buffer) >= BLOCK:
            self._stage(bytes(self._buffer[:BLOCK]))
            del self._buffer[:BLOCK]

    def close(self) -> None:
        if self._blocks and self._buffer:
            self._stage(bytes(self._buffer))
        if self._unless is None:
            self._commit(self._condition)
            return
        try:
            self._commit(Condition(new=True))
        except BlobExists:
            # Before it is asked, so that what a rival writes after the answer is not written over.
            etag = self._store.etag(self._name)
            self._unless()
            self._commit(Condition(etag=etag, once=True))

    @property
    def digests(self) -> Digests:
        return Digests(self._sha256.hexdigest(), self._md5.digest(), self._length)

    def _commit(self, condition: Condition) -> None:
        if self._blocks:
            self._store.commit_blocks(
                self._name,
                self._blocks,
                media_type=self._media_type,
                digests=self.digests,
                condition=condition,
            )
        else:
            self._store.put(
                self._name,
                bytes(self._buffer),
                media_type=self._media_type,
                digests=self.digests,
                condition=condition,
            )

    def _stage(self, data: bytes) -> None:
        # Named by its content: where two writers of the same bytes meet, each may commit the other's blocks.
        block = f"{len(self._blocks):06d}-{hashlib.sha256(data).hexdigest()[:32]}"
        self._store.stage_block(self._name, block, data)
        self._blocks.append(block)
