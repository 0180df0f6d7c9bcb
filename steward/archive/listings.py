"""What the service counted, beside what was read: one record a list, in the work area until the bag is sealed."""

import json
from typing import TypedDict, cast

from steward.archive.documents import encode
from steward.archive.names import BagNames, ListingKind, canonical_id, listing_stem, predictions_stem
from steward.archive.store import JSON, ArchiveStore


class ListingRecord(TypedDict):
    """`counted`: the service's own count, None where it gives none; `listed`: items read on all pages;
    `digest`: of the pages that were written (page_digests.py); `settled`: the list held still while it was read."""

    stem: str
    pages: int
    digest: str
    counted: int | None
    listed: int
    settled: bool


def record_listing(
    store: ArchiveStore,
    bag: BagNames,
    project: str,
    iteration: str,
    kind: ListingKind,
    *,
    pages: int,
    digest: str,
    counted: int | None,
    listed: int,
    settled: bool,
) -> None:
    """Say how a list ended, and remove pages beyond its end that an earlier, longer reading left."""
    stem = listing_stem(project, iteration, kind)
    _record(store, bag, project, ListingRecord(
        stem=stem, pages=pages, digest=digest, counted=counted, listed=listed, settled=settled
    ))  # fmt: skip


def record_predictions(
    store: ArchiveStore, bag: BagNames, project: str, *, pages: int, digest: str, listed: int
) -> None:
    """As `record_listing`, for stored predictions, which the service does not count."""
    stem = predictions_stem(project)
    _record(store, bag, project, ListingRecord(
        stem=stem, pages=pages, digest=digest, counted=None, listed=listed, settled=True
    ))  # fmt: skip


def read_listings(store: ArchiveStore, bag: BagNames, project: str) -> dict[str, ListingRecord]:
    """The records of a project by the stem of their pages."""
    records = [
        cast("ListingRecord", json.loads(store.read(blob.name))) for blob in store.list(_folder(bag, project))
    ]
    return {record["stem"]: record for record in records}


def _record(store: ArchiveStore, bag: BagNames, project: str, record: ListingRecord) -> None:
    first = bag.blob(record["stem"])
    kept = {f"{first}{page:05d}.jsonl" for page in range(record["pages"])}
    store.delete_many([blob.name for blob in store.list(first) if blob.name not in kept])
    name = record["stem"].removeprefix("data/projects/").replace("/", ".")
    store.write(f"{_folder(bag, project)}{name}json", encode(record), media_type=JSON)


def _folder(bag: BagNames, project: str) -> str:
    return f"{bag.work}listings/{canonical_id(project)}/"
