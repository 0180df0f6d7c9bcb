"""Copies that all bags of an account share: pictures, stored predictions' pictures, exported models."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.errors import BlobMissing
from steward.archive.names import SHARED, BagNames, canonical_id
from steward.archive.redaction_due import read_notes
from steward.archive.redaction_lines import leaves
from steward.archive.redaction_orphans import forgotten
from steward.archive.store import JSON, ArchiveStore

# Of a thousand that still stand the first say enough.
NAMED = 1000


@dataclass(slots=True)
class Copies:
    """`asked`: deleted copies that were asked for again; `present`: how many of them still stand, `names` the first."""

    asked: int = 0
    present: int = 0
    names: list[str] = field(default_factory=list[str])


def delete_shared(store: ArchiveStore, account: str, erased: Sequence[Erased], *, erasure: str) -> None:
    """Delete every copy of what was erased, once bags have been redacted. One that could not be still names them: it is told of
    by itself, and what was erased is not kept for its sake. What there was stands in the erasure's work area, so that
    `ask_again` knows it. Run again it ends the same."""
    for each in erased:
        images = each.images | forgotten(store, account, erasure, each.project)
        standing = list(_standing(store, account, replace(each, images=images)))
        # Read after the listing: a twin writes it before it deletes.
        known = _deleted(store, account, erasure, each.project)
        if not known.issuperset(standing):
            names = sorted(known.union(standing))
            store.write(_list_of(account, erasure, each.project), encode({"deleted": names}), media_type=JSON)
        store.delete_many(standing)
        _delete_notes(store, account, each.project)


def stand(store: ArchiveStore, account: str, erased: Erased) -> bool:
    """Whether there is any copy of it."""
    return any(_standing(store, account, erased))


def ask_again(store: ArchiveStore, account: str, erased: Sequence[Erased], *, erasure: str) -> Copies:
    """Whether what `delete_shared` deleted is gone, by a listing; what came since counts as well."""
    copies = Copies()
    for each in erased:
        known = _deleted(store, account, erasure, each.project)
        standing = list(_standing(store, account, each, known))
        copies.asked += len(known.union(standing))
        copies.present += len(standing)
        copies.names += standing[: NAMED - len(copies.names)]
    return copies


def shared_prefixes(account: str, project: str) -> list[str]:
    """Where copies of a project's pictures and models stand."""
    return [f"{account}/{kind}/{canonical_id(project)}/" for kind in SHARED]


def is_copy(account: str, name: str, erased: Erased) -> bool:
    """Whether a blob is a copy of something that was erased."""
    return leaves(f"data{name.removeprefix(account)}", erased)


def _standing(
    store: ArchiveStore, account: str, erased: Erased, known: AbstractSet[str] = frozenset()
) -> Iterator[str]:
    for prefix in shared_prefixes(account, erased.project):
        for blob in store.list(prefix):
            if blob.name in known or is_copy(account, blob.name, erased):
                yield blob.name


def _delete_notes(store: ArchiveStore, account: str, project: str) -> None:
    """Of erasures that wanted copies to go, those notes of which no copy stands any more."""
    notes = read_notes(store, account, project)
    for prefix in shared_prefixes(account, project) if notes else ():
        for blob in store.list(prefix):
            for name in [name for name, note in notes.items() if is_copy(account, blob.name, note)]:
                del notes[name]
    store.delete_many(notes)


def _deleted(store: ArchiveStore, account: str, erasure: str, project: str) -> set[str]:
    try:
        return set(json.loads(store.read(_list_of(account, erasure, project)))["deleted"])
    except BlobMissing:
        return set()


def _list_of(account: str, erasure: str, project: str) -> str:
    return f"{BagNames(account, erasure).work}copies/{canonical_id(project)}.json"
