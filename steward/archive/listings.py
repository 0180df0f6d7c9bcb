"""What an export notes of a project beside its payload, until the bag is sealed: how each list ended, and what else is
needed to see that nothing is missing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast
from uuid import UUID

from steward.archive.documents import encode
from steward.archive.errors import BlobMissing
from steward.archive.names import (
    PROJECTS,
    ListingKind,
    canonical_id,
    listing_stem,
    page_name,
    predictions_stem,
    split_page,
)
from steward.archive.store import BYTES, JSON, ArchiveStore

_ID = 16


class ListingRecord(TypedDict):
    """How a list ended. `recorded`: when, as text that sorts; the latest record of a list is the one that counts.

    `counted`: the service's own count, None where it gives none; `listed`: items read on all pages; `digest`: of the
    pages that were written (page_digests.py); `settled`: the list held still while it was read; `uncounted`: why there is
    no count, where the service refused it.
    """

    stem: str
    recorded: str
    pages: int
    digest: str
    counted: int | None
    listed: int
    settled: bool
    uncounted: NotRequired[str]


class ListedIds:
    """Of lists from which selectors choose, all ids of the service's list; one list at a time, since a project may have
    twenty snapshots of 100,000 images."""

    def __init__(self, store: ArchiveStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._names = {blob.name for blob in store.list(prefix)}

    def of(self, record: ListingRecord) -> frozenset[bytes]:
        """Each once; none of a list that is given whole."""
        names = [f"{self._prefix}{_flat(record['stem'])}{page:05d}" for page in range(record["pages"])]
        data = b"".join(self._store.read(name) for name in names if name in self._names)
        return frozenset(data[place : place + _ID] for place in range(0, len(data), _ID))


@dataclass(frozen=True, slots=True)
class ProjectNotes:
    """`listings`: the records by the stem of their pages; `iterations`: ids of those that this export reads, None where
    nothing says so."""

    listings: dict[str, ListingRecord]
    iterations: frozenset[str] | None
    listed: ListedIds

    def is_beyond(self, path: str) -> bool:
        """Whether it is a page after its list's last one, which an earlier, longer reading of it left, or a late twin of
        its activity."""
        stem, name = split_page(path)
        record = self.listings.get(stem)
        return record is not None and name >= page_name(record["pages"])


def record_listing(
    store: ArchiveStore,
    work: str,
    project: str,
    iteration: str,
    kind: ListingKind,
    *,
    recorded: str,
    pages: int,
    digest: str,
    counted: int | None,
    listed: int,
    settled: bool,
    uncounted: str = "",
) -> None:
    """Say how a list ended. Each record has a name of its own, so that a late twin writes again what stands there."""
    stem = listing_stem(project, iteration, kind)
    _record(store, work, project, ListingRecord(
        stem=stem, recorded=recorded, pages=pages, digest=digest, counted=counted, listed=listed, settled=settled,
        uncounted=uncounted,
    ))  # fmt: skip


def record_predictions(
    store: ArchiveStore, work: str, project: str, *, recorded: str, pages: int, digest: str, listed: int
) -> None:
    """As `record_listing`, for stored predictions, which the service does not count."""
    stem = predictions_stem(project)
    _record(store, work, project, ListingRecord(
        stem=stem, recorded=recorded, pages=pages, digest=digest, counted=None, listed=listed, settled=True
    ))  # fmt: skip


def note_iterations(store: ArchiveStore, work: str, project: str, ids: Sequence[str]) -> None:
    """Which iterations this export reads: what an earlier run of it left of others is told apart."""
    store.write(_iterations(work, project), encode({"iterations": list(ids)}), media_type=JSON)


def note_listed(
    store: ArchiveStore,
    work: str,
    project: str,
    iteration: str,
    kind: ListingKind,
    page: int,
    ids: Iterable[str],
) -> None:
    """All ids on one page of a list from which selectors choose."""
    data = b"".join(UUID(each).bytes for each in ids)
    name = f"{_listed(work, project)}{_flat(listing_stem(project, iteration, kind))}{page:05d}"
    store.write(name, data, media_type=BYTES)


def read_notes(store: ArchiveStore, work: str, project: str) -> ProjectNotes:
    """Everything that was noted of a project."""
    listings: dict[str, ListingRecord] = {}
    for blob in store.list(_records(work, project)):
        record = cast("ListingRecord", json.loads(store.read(blob.name)))
        if record["recorded"] >= listings.get(record["stem"], record)["recorded"]:
            listings[record["stem"]] = record
    return ProjectNotes(
        listings,
        _read_iterations(store, work, project),
        ListedIds(store, _listed(work, project)),
    )


def _read_iterations(store: ArchiveStore, work: str, project: str) -> frozenset[str] | None:
    try:
        return frozenset(json.loads(store.read(_iterations(work, project)))["iterations"])
    except BlobMissing:
        return None


def _record(store: ArchiveStore, work: str, project: str, record: ListingRecord) -> None:
    path = f"{_records(work, project)}{_flat(record['stem'])}{record['recorded']}.json"
    store.write(path, encode(record), media_type=JSON)


def _flat(stem: str) -> str:
    """A stem as part of a blob's name."""
    return stem.removeprefix(PROJECTS).replace("/", ".")


def _records(work: str, project: str) -> str:
    return f"{work}listings/{canonical_id(project)}/"


def _iterations(work: str, project: str) -> str:
    return f"{work}iterations/{canonical_id(project)}.json"


def _listed(work: str, project: str) -> str:
    return f"{work}listed/{canonical_id(project)}/"
