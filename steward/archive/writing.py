"""Writing a blob of any length with bounded memory: it arrives in blocks, and appears whole or not at all."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

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


class Blocks(Protocol):
    """Where blocks go."""

    def write(
        self,
        name: str,
        data: bytes,
        *,
        media_type: str,
        digests: Digests | None,
        if_none_match: bool,
        if_match: str,
    ) -> Digests: ...

    def stage_block(self, name: str, block_id: str, data: bytes) -> None: ...

    def commit_blocks(
        self,
        name: str,
        block_ids: Iterable[str],
        digests: Digests,
        media_type: str,
        *,
        if_none_match: bool,
        if_match: str,
    ) -> None: ...


class BlobWriter:
    """A blob being written; made by `ArchiveStore.writer`."""

    def __init__(
        self, store: Blocks, name: str, media_type: str, *, if_none_match: bool, if_match: str
    ) -> None:
        self._store = store
        self._name = name
        self._media_type = media_type
        self._if_none_match = if_none_match
        self._if_match = if_match
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
        if not self._blocks:
            self._store.write(
                self._name,
                bytes(self._buffer),
                media_type=self._media_type,
                digests=self.digests,
                if_none_match=self._if_none_match,
                if_match=self._if_match,
            )
            return
        if self._buffer:
            self._stage(bytes(self._buffer))
        self._store.commit_blocks(
            self._name,
            self._blocks,
            self.digests,
            self._media_type,
            if_none_match=self._if_none_match,
            if_match=self._if_match,
        )

    @property
    def digests(self) -> Digests:
        return Digests(self._sha256.hexdigest(), self._md5.digest(), self._length)

    def _stage(self, data: bytes) -> None:
        # Named by its content: where two writers of the same bytes meet, each may commit the other's blocks.
        block = f"{len(self._blocks):06d}-{hashlib.sha256(data).hexdigest()[:32]}"
        self._store.stage_block(self._name, block, data)
        self._blocks.append(block)
