"""Shared copies that no bag names any more: pictures, pictures of stored predictions, exported models.

Bags are written only by who has the account's turn, so nobody names a copy anew while whoever collects has it. Before copies
are deleted they are listed once more, and what somebody writes after that is another blob, and stays.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from uuid import UUID

from steward.archive import manifest
from steward.archive.bag import all_bags, projects_in
from steward.archive.damage import UNREADABLE
from steward.archive.erased import Erased
from steward.archive.errors import ArchiveError, BlobMissing
from steward.archive.names import SHARED, BagNames, canonical_id, is_shared, project_folder, shared_blob, word
from steward.archive.redaction_copies import is_copy, shared_prefixes
from steward.archive.redaction_due import read_notes
from steward.archive.store import DELETE_BATCH, ArchiveStore, StoredBlob

# Some 100 bytes each. Projects are looked at together until they have so many, since each look reads every bag.
COPIES_AT_ONCE = 1_000_000

type Copies = dict[str, set[bytes]]
"""By project: what stands for each copy of it, 17 bytes for a picture."""


# Of a copy that the store did not delete.
_WRITTEN_ANEW = "somebody has written them anew meanwhile"


@dataclass(slots=True)
class Unnamed:
    """Copies of some projects that no bag names. `last`: the last project that was looked at, empty where none is left;
    `unread`: why nothing of a project is collected, by project."""

    last: str = ""
    copies: Copies = field(default_factory=dict[str, set[bytes]])
    unread: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def count(self) -> int:
        return sum(map(len, self.copies.values()))


@dataclass(frozen=True, slots=True)
class Left:
    """How many copies of a project stay that no bag names, and why."""

    copies: int
    why: str


def find_unnamed(store: ArchiveStore, account: str, *, after: str, at_once: int = COPIES_AT_ONCE) -> Unnamed:
    """Of the projects that follow `after`, as many as have `at_once` copies together.

    A bag that cannot be read may name anything: then nothing is collected of the projects it is about.
    """
    found = Unnamed()
    waiting = [project for project in _projects(store, account) if project > after]
    for place, project in enumerate(waiting):
        found.copies[project] = {key for blob in _copies(store, account, project) if (key := _key(blob.name))}
        if found.count >= at_once and place + 1 < len(waiting):
            found.last = project
            break
    for bag in all_bags(store, account) if found.count else ():
        _take_out_named(store, bag, found)
    for project in list(found.copies):
        _take_out_noted(store, account, project, found)
    return found


def delete_unnamed(
    store: ArchiveStore, account: str, unnamed: Unnamed, *, why_kept: Callable[[str], str]
) -> dict[str, Left]:
    """Delete what was found; by project, what stays. `why_kept` is asked before each batch, empty where a project's may go."""
    left: dict[str, Left] = {}
    for project, keys in unnamed.copies.items():
        going = (blob for blob in _copies(store, account, project) if _key(blob.name) in keys)
        if keys and (stays := _delete(store, going, lambda project=project: why_kept(project))):
            left[project] = stays
    return left


def _delete(store: ArchiveStore, going: Iterator[StoredBlob], why_kept: Callable[[], str]) -> Left | None:
    anew = 0
    for blobs in batched(going, DELETE_BATCH, strict=False):
        if why := why_kept():
            return Left(anew + len(blobs) + sum(1 for _ in going), why)
        anew += store.delete_unchanged(blobs)
    return Left(anew, _WRITTEN_ANEW) if anew else None


def _projects(store: ArchiveStore, account: str) -> list[str]:
    """Ids of all projects of which there are copies."""
    found: set[str] = set()
    for kind in SHARED:
        for folder in store.children(f"{word(account)}/{kind}/"):
            if _is_id(folder.rstrip("/")):
                found.add(folder.rstrip("/"))
    return sorted(found)


def _is_id(text: str) -> bool:
    try:
        return canonical_id(text) == text
    except ValueError:
        return False


def _copies(store: ArchiveStore, account: str, project: str) -> Iterator[StoredBlob]:
    for prefix in shared_prefixes(account, project):
        yield from store.list(prefix)


def _key(blob: str) -> bytes:
    """What stands for a copy in memory; empty for what is none of ours."""
    _, kind, _, rest = blob.split("/", 3)
    if kind == "models":
        return rest.encode()
    return kind[:2].encode() + UUID(rest).bytes if _is_id(rest) else b""


def _take_out_named(store: ArchiveStore, bag: BagNames, found: Unnamed) -> None:
    names = set(store.children(bag.prefix))
    sealed = manifest.TAGMANIFEST in names
    try:
        # A sealed bag names all its copies there; what is left of one that was may still have a part of them.
        if sealed or manifest.MANIFEST_SHA256 in names:
            _take_out(found, _in_manifest(store, bag))
    except (BlobMissing, *UNREADABLE) as error:
        _leave(found, list(found.copies), f"bag {bag.request}", error)
    if sealed:
        return
    for project in projects_in(store, bag).intersection(found.copies):
        try:
            _take_out(found, _in_payload(store, bag, project))
        except (BlobMissing, *UNREADABLE) as error:
            _leave(found, [project], f"bag {bag.request}", error)


def _take_out(found: Unnamed, blobs: Iterator[str]) -> None:
    for blob in blobs:
        if keys := found.copies.get(blob.split("/", 3)[2]):
            keys.discard(_key(blob))


def _in_manifest(store: ArchiveStore, bag: BagNames) -> Iterator[str]:
    lines = store.read_lines(bag.blob(manifest.MANIFEST_SHA256))
    for path, _ in manifest.parse_digest_lines(manifest.MANIFEST_SHA256, lines):
        if is_shared(path):
            yield shared_blob(bag.account, path)


def _in_payload(store: ArchiveStore, bag: BagNames, project: str) -> Iterator[str]:
    """Of what was never sealed: the files say themselves which copies they are about."""
    for blob in store.list(bag.blob(project_folder(project))):
        if blob.name.endswith(".jsonl"):
            lines: Iterator[dict[str, Any]] = map(json.loads, store.read_lines(blob.name))
            yield from (line["picture"]["blob"] for line in lines if "picture" in line)
        elif blob.name.endswith("/exports.json"):
            document: dict[str, Any] = json.loads(store.read(blob.name))
            yield from (each["model"]["blob"] for each in document.get("exports", ()) if "model" in each)


def _leave(found: Unnamed, projects: list[str], what: str, error: Exception) -> None:
    # The text of others than ours may quote what stands in the file.
    why = str(error)[:300] if isinstance(error, ArchiveError) else type(error).__name__
    for project in projects:
        del found.copies[project]
        found.unread[project] = f"{what} cannot be read: {why}"


def _take_out_noted(store: ArchiveStore, account: str, project: str, found: Unnamed) -> None:
    """What an erasure is to delete, and has not, is its own business and that of the next one, which tells of it."""
    try:
        notes = list(read_notes(store, account, project).values())
    except (BlobMissing, *UNREADABLE) as error:
        _leave(found, [project], "what an erasure is to delete of it", error)
        return
    if notes:
        keys = found.copies[project]
        keys -= {
            _key(blob.name) for blob in _copies(store, account, project) if _is_noted(account, blob, notes)
        }


def _is_noted(account: str, blob: StoredBlob, notes: list[Erased]) -> bool:
    return any(is_copy(account, blob.name, note) for note in notes)
