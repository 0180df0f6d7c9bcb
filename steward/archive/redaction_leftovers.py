"""Redacting what a failed export left: payload files that no manifest lists, in a bag that was never sealed."""

import json
from collections.abc import Sequence
from typing import Any, cast

from steward.archive import manifest
from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.errors import BlobMissing
from steward.archive.names import BagNames
from steward.archive.redaction_look import look, rewrite
from steward.archive.redaction_orphans import with_orphans
from steward.archive.store import JSON, ArchiveStore

TAGMANIFEST_LOST = "it was sealed, and has lost its tagmanifest"


def lost_tagmanifest(store: ArchiveStore, bag: BagNames) -> bool:
    """Whether a statement was signed of a tagmanifest that is not there: a damaged bag, and no leftover of an export."""
    names = set(store.children(bag.prefix))
    return manifest.TAGMANIFEST not in names and any(map(manifest.is_statement, names))


def leftovers_redacted(store: ArchiveStore, bag: BagNames, erasure: str) -> bool:
    """Whether the erasure took something of what a failed export left."""
    return any(mark["erasure"] == erasure for mark in _marks(store, bag))


def redact_leftovers(
    store: ArchiveStore, bag: BagNames, erased: Sequence[Erased], *, erasure: str, at: str
) -> bool:
    """Whether the erasure took something from it, now or before. What is not erased stays as it is."""
    cuts = [(each, cut) for each in erased for cut in look(store, bag, each)]
    marks = _marks(store, bag)
    marked = any(mark["erasure"] == erasure for mark in marks)
    if not (cuts or marked):
        return False
    with_orphans(store, bag, erased, erasure=erasure)
    if not marked:
        # First: no late twin of the export writes beside it any more.
        document = {"redactions": [*marks, {"erasure": erasure, "at": at}]}
        store.write(bag.blob(manifest.REDACTED), encode(document), media_type=JSON)
    for each, cut in cuts:
        if cut.new:
            rewrite(store, bag, cut.path, each)
    store.delete_many(bag.blob(cut.path) for _, cut in cuts if not cut.new)
    # Sums and lists of what was there, which only sealing it would need.
    store.delete_under(bag.work)
    store.delete_many(
        bag.blob(name)
        for name in list(store.children(bag.prefix))
        if name not in (manifest.REDACTED, "data/")
    )
    return True


def _marks(store: ArchiveStore, bag: BagNames) -> list[dict[str, Any]]:
    try:
        document = json.loads(store.read(bag.blob(manifest.REDACTED)))
    except BlobMissing:
        return []
    return cast("list[dict[str, Any]]", document["redactions"])
