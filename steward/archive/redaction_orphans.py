"""Images that a bag has only through the snapshot of an iteration that was erased: nothing in the bag names them once the
iteration is gone, so their pictures leave it too, and the archive once no other bag names them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from steward.archive.bag import all_bags
from steward.archive.damage import UNREADABLE
from steward.archive.erased import Erased
from steward.archive.names import BagNames, project_folder
from steward.archive.redaction_due import note_orphans, read_orphans
from steward.archive.redaction_lines import leaves
from steward.archive.store import ArchiveStore


def with_orphans(
    store: ArchiveStore, bag: BagNames, erased: Sequence[Erased], *, erasure: str
) -> list[Erased]:
    """The same, with the images that go with erased iterations of this bag; which these are is noted, for `forgotten`."""
    return [_with_orphans(store, bag, each, erasure) for each in erased]


def forgotten(store: ArchiveStore, account: str, erasure: str, project: str) -> set[str]:
    """Ids of images that went from bags with an iteration, and that no bag of the account names any more; none while one of
    these bags cannot be read."""
    ids = read_orphans(store, account, erasure, project)
    if ids:
        try:
            for bag in all_bags(store, account):
                ids.difference_update(str(UUID(bytes=each)) for each in _images(store, bag, Erased(project)))
        except UNREADABLE:
            # What a bag names that cannot be read nobody knows, so their copies stay; that bag is told of by itself.
            return set()
    return ids


def _with_orphans(store: ArchiveStore, bag: BagNames, erased: Erased, erasure: str) -> Erased:
    if erased.whole or not erased.iterations:
        return erased
    going = set(_images(store, bag, erased, going=True))
    if going:
        going.difference_update(_images(store, bag, erased))
    orphans = frozenset(str(UUID(bytes=each)) for each in going) - erased.images
    if not orphans:
        return erased
    note_orphans(store, bag, erasure, erased.project, orphans)
    return replace(erased, images=erased.images | orphans)


def _images(store: ArchiveStore, bag: BagNames, erased: Erased, *, going: bool = False) -> Iterator[bytes]:
    """Images of the workspace and of the snapshots, of those that go with an iteration or of all others."""
    for blob in store.list(bag.blob(project_folder(erased.project))):
        path = blob.name.removeprefix(bag.prefix)
        if "/images/" in path and leaves(path, erased) == going:
            yield from _ids(map(json.loads, store.read_lines(blob.name)))


def _ids(lines: Iterable[dict[str, dict[str, str]]]) -> Iterator[bytes]:
    return (UUID(line["image"]["id"]).bytes for line in lines if "image" in line)
