"""A redaction that is under way: all of the new bag's tag files are made first, and kept beside the bag with the names of
the files that will change, so that whoever comes after a crash has only to copy."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.errors import BlobMissing
from steward.archive.names import BagNames
from steward.archive.store import JSON, JSON_LINES, ArchiveStore

_RECORD = "record.json"


class Change(TypedDict):
    """A payload file by its SHA-256 before and after; `new` is None where it goes whole."""

    path: str
    old: str
    new: str | None


class Swap(TypedDict):
    """A tag file by its SHA-256 before and after."""

    old: str
    new: str


class Entry(TypedDict):
    """A redaction in export.json. `old`: SHA-256 of the tagmanifest before it; `removed`: how many objects, by entity."""

    erasure: str
    at: str
    old: str
    removed: dict[str, int]


class Record(TypedDict):
    """`number`: which of the bag's redactions it is, from 1; `new`: SHA-256 of the tagmanifest after it;
    `staged`: prefix of the blobs that it needs."""

    entry: Entry
    number: int
    new: str
    staged: str
    tagFiles: dict[str, Swap]


@dataclass(frozen=True, slots=True)
class RedactionNames:
    """Where redactions of one bag are under way. Not in the bag's work area: a late twin of its sealing clears that."""

    bag: BagNames

    @property
    def prefix(self) -> str:
        return f"{self.bag.account}/redactions/{self.bag.request}/"

    def folder(self, old: str) -> str:
        """Of redactions that begin with this tagmanifest: once it is another, nothing here means anything any more."""
        return f"{self.prefix}{old}/"

    def record(self, old: str) -> str:
        return f"{self.folder(old)}{_RECORD}"

    def is_record(self, name: str) -> bool:
        """Whether a blob is the record of a redaction; what is staged for it stands deeper."""
        return name.startswith(self.prefix) and name.removeprefix(self.prefix).partition("/")[2] == _RECORD


def read_record(store: ArchiveStore, bag: BagNames, old: str) -> Record | None:
    """The redaction that was begun of the bag with this tagmanifest."""
    try:
        return cast("Record", json.loads(store.read(RedactionNames(bag).record(old))))
    except BlobMissing:
        return None


def write_record(store: ArchiveStore, bag: BagNames, record: Record) -> None:
    """The redaction begins here: until now nothing was changed. Raises BlobExists where a twin has begun one."""
    name = RedactionNames(bag).record(record["entry"]["old"])
    store.write(name, encode(record), media_type=JSON, if_none_match=True)


def clear_others(store: ArchiveStore, bag: BagNames, old: str) -> None:
    """Delete what is left of redactions that began with another tagmanifest: they have ended."""
    names = RedactionNames(bag)
    for folder in list(store.children(names.prefix)):
        if folder.rstrip("/") != old:
            store.delete_under(names.prefix + folder)


def stage(store: ArchiveStore, staged: str, erased: Sequence[Erased], changes: Sequence[Change]) -> None:
    """Keep what is to be done; `staged` is a prefix of this run alone."""
    _write_lines(store, f"{staged}erased.jsonl", (each.to_document() for each in erased))
    _write_lines(store, f"{staged}files.jsonl", changes)


def read_erased_of(store: ArchiveStore, record: Record) -> dict[str, Erased]:
    """By project."""
    found = map(Erased.of, _read_lines(store, f"{record['staged']}erased.jsonl"))
    return {each.project: each for each in found}


def read_changes(store: ArchiveStore, record: Record) -> Iterator[Change]:
    return (cast("Change", line) for line in _read_lines(store, f"{record['staged']}files.jsonl"))


def _write_lines(
    store: ArchiveStore, name: str, documents: Iterator[Mapping[str, Any]] | Sequence[Change]
) -> None:
    store.write_stream(name, map(encode, documents), media_type=JSON_LINES)


def _read_lines(store: ArchiveStore, name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, store.read_lines(name))
