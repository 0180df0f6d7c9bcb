"""The bags of an account whose requests have ended, as their ledgers have them."""

from collections.abc import Iterator

from azure.storage.blob import ContainerClient

from steward.archive.bag import all_bags
from steward.archive.expiring import is_left, tagmanifest_of
from steward.archive.names import BagNames, word
from steward.archive.store import ArchiveStore
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.retention.rules import EndedBag


def ended_bags(store: ArchiveStore, container: ContainerClient, account: str) -> list[EndedBag]:
    """Sealed ones, and what failed exports left. One whose request has not ended, or has no ledger, is none of them, so that it
    stays. Raises ChainBroken."""
    found = (ended_bag(store, container, bag) for bag in _bags(store, account))
    return [bag for bag in found if bag]


def ended_bag(store: ArchiveStore, container: ContainerClient, bag: BagNames) -> EndedBag | None:
    """Raises ChainBroken."""
    try:
        state = Ledger(container, bag.account, bag.request).state()
    except LedgerMissing:
        return None
    if state.kind != "export" or state.ended is None or not is_left(store, bag):
        return None
    return EndedBag(
        request=bag.request,
        purpose=state.purpose,
        ended=state.ended,
        sealed=bool(tagmanifest_of(store, bag)),
        state=state.state,
        begun=state.expired.get("rule", ""),
    )


def _bags(store: ArchiveStore, account: str) -> Iterator[BagNames]:
    """Also those of which only a work area is left."""
    found = {bag.request for bag in all_bags(store, account)}
    work = store.children(f"{word(account)}/work/")
    found.update(folder.rstrip("/") for folder in work if folder.endswith("/"))
    return (BagNames(account, request) for request in sorted(found))
