"""What an export notes of a project beside its payload, until the bag is sealed: how each list ended, and what else is
needed to see that nothing is missing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, cast
from uuid import UUID

from steward.archive.documents import encode
from steward.archive.errors import BlobMissing
from steward.archive.names import (
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
    pages that were written (page_digests.py); `settled`: the list held still while it was read.
    """

    stem: str
    recorded: str
    pages: int
    digest: str
    counted: int | None
    listed: int
    settled: bool


@dataclass(frozen=True, slots=True)
class ProjectNotes:
    """`listings`: the records by the stem of their pages; `iterations`: ids of those that this export reads, None where
    nothing says so; `listed`: of lists from which selectors choose, all ids of the service's list, by stem."""

    listings: dict[str, ListingRecord]
    iterations: frozenset[str] | None = None
    listed: dict[str, frozenset[bytes]] = field(default_factory=dict[str, frozenset[bytes]])

    def pages_beyond(self, paths: Iterable[str]) -> Iterator[str]:
        """Pages after a list's last one, which an earlier, longer reading of it left, or a late twin of its activity."""
        for path in paths:
            stem, name = split_page(path)
            record = self.listings.get(stem)
            if record and name >= page_name(record["pages"]):
                yield path


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
) -> None:
    """Say how a list ended. Each record has a name of its own, so that a late twin writes again what stands there."""
    stem = listing_stem(project, iteration, kind)
    _record(store, work, project, ListingRecord(
        stem=stem, recorded=recorded, pages=pages, digest=digest, counted=counted, listed=listed, settled=settled
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
    store: ArchiveStore, work: str, project: str, kind: ListingKind, page: int, ids: Iterable[str]
) -> None:
    """All ids on one page of a workspace's list from which selectors choose."""
    data = b"".join(UUID(each).bytes for each in ids)
    store.write(f"{_listed(work, project)}{kind}-{page:05d}", data, media_type=BYTES)


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
        dict(_listed_ids(store, work, project, listings)),
    )


def _read_iterations(store: ArchiveStore, work: str, project: str) -> frozenset[str] | None:
    try:
        return frozenset(json.loads(store.read(_iterations(work, project)))["iterations"])
    except BlobMissing:
        return None


def _listed_ids(
    store: ArchiveStore, work: str, project: str, listings: dict[str, ListingRecord]
) -> Iterator[tuple[str, frozenset[bytes]]]:
    names = {blob.name for blob in store.list(_listed(work, project))}
    kinds: tuple[ListingKind, ...] = ("tagged", "untagged")
    for kind in kinds:
        stem = listing_stem(project, "", kind)
        pages = listings[stem]["pages"] if stem in listings else 0
        blobs = [f"{_listed(work, project)}{kind}-{page:05d}" for page in range(pages)]
        data = b"".join(store.read(name) for name in blobs if name in names)
        if data:
            yield stem, frozenset(data[place : place + _ID] for place in range(0, len(data), _ID))


def _record(store: ArchiveStore, work: str, project: str, record: ListingRecord) -> None:
    name = record["stem"].removeprefix("data/projects/").replace("/", ".")
    path = f"{_records(work, project)}{name}{record['recorded']}.json"
    store.write(path, encode(record), media_type=JSON)


def _records(work: str, project: str) -> str:
    return f"{work}listings/{canonical_id(project)}/"


def _iterations(work: str, project: str) -> str:
    return f"{work}iterations/{canonical_id(project)}.json"


def _listed(work: str, project: str) -> str:
    return f"{work}listed/{canonical_id(project)}/"
