"""Ids whose copies are to leave the archive, noted before any bag loses them: afterwards nothing names the copies. Whatever ends
an erasure before they are gone, the next one knows of them; a note goes when no copy of its ids stands."""

import contextlib
import json
from collections.abc import Iterable, Iterator

from steward.archive import manifest
from steward.archive.bag import all_bags
from steward.archive.documents import encode, item_of
from steward.archive.erased import KINDS, Erased
from steward.archive.errors import BlobMissing
from steward.archive.names import BagNames, canonical_id, is_shared, project_folder, word
from steward.archive.store import JSON, ArchiveStore


def note_leaving(store: ArchiveStore, account: str, erasure: str, erased: Erased) -> None:
    """What an erasure takes from the archive."""
    _note(store, f"{_folder(account, erased.project)}{word(erasure)}/erased.json", erased)


def note_orphans(
    store: ArchiveStore, bag: BagNames, erasure: str, project: str, images: frozenset[str]
) -> None:
    """Images that leave a bag with an iteration."""
    name = f"{_orphans(bag.account, erasure, project)}{bag.request}.json"
    _note(store, name, Erased(project, images=images))


def read_orphans(store: ArchiveStore, account: str, erasure: str, project: str) -> set[str]:
    """Images that have left any bag with an iteration that this erasure took."""
    return {image for _, note in _notes(store, _orphans(account, erasure, project)) for image in note.images}


def read_due(store: ArchiveStore, account: str, project: str) -> Erased:
    """The ids of all notes of a project, whichever erasure made them."""
    due = Erased(project)
    for note in read_notes(store, account, project).values():
        due = united(due, note)
    return due


def read_notes(store: ArchiveStore, account: str, project: str) -> dict[str, Erased]:
    """All notes of a project, by their blobs' names."""
    return dict(_notes(store, _folder(account, project)))


def due_projects(store: ArchiveStore, account: str) -> list[str]:
    """Ids of projects that have notes."""
    return [folder.rstrip("/") for folder in store.children(_prefix(account))]


def united(one: Erased, other: Erased) -> Erased:
    """The ids of both, and whole if either is."""
    ids = {kind: getattr(one, kind) | getattr(other, kind) for kind in KINDS}
    return Erased(one.project, whole=one.whole or other.whole, **ids)


def less(erased: Erased, ids: Iterable[str]) -> Erased:
    """Without some of its ids."""
    gone = frozenset(ids)
    return Erased(
        erased.project, whole=erased.whole, **{kind: getattr(erased, kind) - gone for kind in KINDS}
    )


def named_in_bags(store: ArchiveStore, account: str, project: str) -> Iterator[str]:
    """Ids of the images, predictions and iterations of a project that bags name, in payload or manifest. Raises BlobMissing, and
    what UNREADABLE has: nobody can say then what a bag names."""
    for bag in all_bags(store, account):
        for blob in store.list(bag.blob(project_folder(project))):
            yield from _named(store, bag, blob.name)
        if store.find(bag.blob(manifest.MANIFEST_SHA256)):
            lines = store.read_lines(bag.blob(manifest.MANIFEST_SHA256))
            for path, _ in manifest.parse_digest_lines(manifest.MANIFEST_SHA256, lines):
                if is_shared(path) and path.split("/")[2] == project:
                    yield canonical_id(path.split("/")[3].partition(".")[0])


def _named(store: ArchiveStore, bag: BagNames, name: str) -> Iterator[str]:
    parts = name.removeprefix(bag.prefix).split("/")
    if parts[3] == "iterations":
        yield canonical_id(parts[4])
    if name.endswith(".jsonl"):
        for text in store.read_lines(name):
            if item := item_of(json.loads(text)):
                yield canonical_id(item["id"])


def _note(store: ArchiveStore, name: str, erased: Erased) -> None:
    """Once noted an id stays: a second run, after half of the work was done, sees less."""
    with contextlib.suppress(BlobMissing):
        erased = united(erased, _read(store, name))
    store.write(name, encode(erased.to_document()), media_type=JSON)


def _notes(store: ArchiveStore, prefix: str) -> Iterator[tuple[str, Erased]]:
    return ((blob.name, _read(store, blob.name)) for blob in store.list(prefix))


def _read(store: ArchiveStore, name: str) -> Erased:
    return Erased.of(json.loads(store.read(name)))


def _prefix(account: str) -> str:
    return f"{word(account)}/leaving/"


def _folder(account: str, project: str) -> str:
    return f"{_prefix(account)}{canonical_id(project)}/"


def _orphans(account: str, erasure: str, project: str) -> str:
    return f"{_folder(account, project)}{word(erasure)}/orphans/"
