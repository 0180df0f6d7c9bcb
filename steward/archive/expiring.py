"""A bag that goes: first its tagmanifest, without which there is no export, then everything else of it.

What proves that it was there stays: the signed statements of its seal and of its redactions, and what it was, in a record.
Pictures that other bags share are no part of it.
"""

import contextlib
import json
from collections.abc import Collection
from typing import TypedDict, cast

from steward.archive import manifest
from steward.archive.bag import projects_in
from steward.archive.documents import encode
from steward.archive.errors import BlobExists, BlobMissing
from steward.archive.names import BagNames, word
from steward.archive.redaction_record import RedactionNames
from steward.archive.store import JSON, ArchiveStore

_RECORD = "expired.json"


class Expiry(TypedDict):
    """`rule`: by which it went; `retention`: the request that took it; `at`: ISO time; `tagmanifest`: its SHA-256, empty for
    what a failed export left."""

    rule: str
    retention: str
    at: str
    tagmanifest: str


class ExpiredBag(Expiry):
    """`projects`: ids of those of which it had anything."""

    request: str
    projects: list[str]


def tagmanifest_of(store: ArchiveStore, bag: BagNames) -> str:
    """Its SHA-256; empty where there is none."""
    found = store.find(bag.blob(manifest.TAGMANIFEST))
    return (found.sha256 or "") if found else ""


def expire(store: ArchiveStore, bag: BagNames, expiry: Expiry) -> None:
    """Delete the bag, its work area, and what is left of a redaction of it. Run again, after a crash or beside a twin, it ends
    the same."""
    _keep_proof(store, bag, expiry)
    store.delete_many([bag.blob(manifest.TAGMANIFEST)])
    # With a statement and no tagmanifest it would look like a bag that was damaged.
    store.delete_many(map(bag.blob, _statements(store, bag)))
    for prefix in (bag.prefix, bag.work, RedactionNames(bag).prefix):
        store.delete_under(prefix)


def is_left(store: ArchiveStore, bag: BagNames) -> bool:
    """Whether there is anything for `expire` to delete."""
    prefixes = (bag.prefix, bag.work, RedactionNames(bag).prefix)
    return any(True for prefix in prefixes for _ in store.children(prefix))


def read_expired(store: ArchiveStore, bag: BagNames) -> ExpiredBag | None:
    """What is on record of a bag that has gone, or begun to go."""
    try:
        return cast("ExpiredBag", json.loads(store.read(_folder(bag) + _RECORD)))
    except BlobMissing:
        return None


def expired_with(store: ArchiveStore, account: str, projects: Collection[str]) -> list[str]:
    """Requests of bags that have gone and had any of these projects."""
    folders = store.children(f"{word(account)}/expired/")
    bags = (BagNames(account, folder.rstrip("/")) for folder in folders if folder.endswith("/"))
    found = (read_expired(store, bag) for bag in bags)
    return [each["request"] for each in found if each and not set(projects).isdisjoint(each["projects"])]


def _keep_proof(store: ArchiveStore, bag: BagNames, expiry: Expiry) -> None:
    for name in _statements(store, bag):
        # A twin may have taken it away, and kept it. Damaged or not it is what there is: its signature tells.
        with contextlib.suppress(BlobMissing):
            statement = b"".join(store.read_chunks(bag.blob(name), check=False))
            store.write(_folder(bag) + name, statement, media_type=JSON)
    record = ExpiredBag(request=bag.request, projects=sorted(projects_in(store, bag)), **expiry)
    # The first one counts: who comes after a crash sees less of the bag.
    with contextlib.suppress(BlobExists):
        store.write(_folder(bag) + _RECORD, encode(record), media_type=JSON, if_none_match=True)


def _statements(store: ArchiveStore, bag: BagNames) -> list[str]:
    return [name for name in store.children(bag.prefix) if manifest.is_statement(name)]


def _folder(bag: BagNames) -> str:
    return f"{bag.account}/expired/{bag.request}/"
