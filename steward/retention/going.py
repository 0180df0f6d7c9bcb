"""Which bags of an account go now: those that a rule names and nothing keeps."""

import functools
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.storage.blob import ContainerClient

from steward.archive.damage import UNREADABLE
from steward.archive.errors import BlobMissing
from steward.archive.manifest import EXPORT
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.ledger.chain import ChainBroken
from steward.retention import protection as reasons
from steward.retention.bags import ended_bags
from steward.retention.protection import Protection
from steward.retention.rules import EndedBag, Rules, due

NEWEST = "it is the newest export of the whole account that verifies"
NEWEST_WITHOUT_GAPS = "it is the newest export of the whole account that verifies and has no gaps"


@dataclass(slots=True)
class Going:
    """`going`: requests of bags with the rule by which each goes; `kept`: those that a rule names, with what keeps them."""

    going: dict[str, str] = field(default_factory=dict[str, str])
    kept: dict[str, str] = field(default_factory=dict[str, str])


def find_going(
    store: ArchiveStore,
    container: ContainerClient,
    account: str,
    rules: Rules,
    protected: Protection,
    now: datetime,
    *,
    verifies: Callable[[EndedBag], bool],
) -> Going:
    """`verifies`: whether a bag is as it was sealed; asked from the newest on, until one is. Where a record cannot be believed
    nothing goes."""
    found = Going()
    try:
        bags = ended_bags(store, container, account)
    except ChainBroken:
        found.kept[""] = reasons.UNREADABLE
        return found
    named = due(bags, rules, now)
    newest = _newest_whole(store, account, bags, named, functools.cache(verifies))
    by_request = {bag.request: bag for bag in bags}
    for request, rule in named.items():
        if why := newest.get(request) or protected.why_kept(store, account, by_request[request]):
            found.kept[request] = why
        else:
            found.going[request] = rule
    return found


def verifies_now(store: ArchiveStore, account: str) -> Callable[[EndedBag], bool]:
    """By listings of the bag and of all that it shares."""
    return lambda bag: verify(store, account, bag.request).proved


def _newest_whole(
    store: ArchiveStore,
    account: str,
    bags: Sequence[EndedBag],
    named: Collection[str],
    verifies: Callable[[EndedBag], bool],
) -> dict[str, str]:
    """Requests whose bags stay whatever the rules say, and why: the newest that verifies, and where none does, the newest; and
    the same of those without gaps, whose place one with gaps cannot take."""
    whole = [
        bag for bag in sorted(bags, key=lambda bag: (bag.ended, bag.request), reverse=True) if bag.is_backup
    ]
    if not any(bag.request in named for bag in whole):
        # Verifying a large bag takes minutes.
        return {}
    whole = [bag for bag in whole if _is_of_account(store, BagNames(account, bag.request))]
    without_gaps = [bag for bag in whole if not bag.has_gaps]
    return {
        next(filter(verifies, among), among[0]).request: why
        for among, why in ((without_gaps, NEWEST_WITHOUT_GAPS), (whole, NEWEST))
        if among
    }


def _is_of_account(store: ArchiveStore, bag: BagNames) -> bool:
    try:
        export: dict[str, Any] = json.loads(store.read(bag.blob(EXPORT)))
        return bool(export["about"]["scope"] == "account")
    except (BlobMissing, *UNREADABLE):
        return False
