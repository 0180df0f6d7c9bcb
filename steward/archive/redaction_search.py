"""Which bags may hold something of what was erased, and which still do: by a look into each payload, not into what is written
about it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from steward.archive.bag import all_bags, projects_in
from steward.archive.damage import UNREADABLE
from steward.archive.erased import Erased
from steward.archive.errors import ArchiveError, BlobMissing
from steward.archive.names import BagNames, word
from steward.archive.redaction import Redaction, redactions_of
from steward.archive.redaction_leftovers import TAGMANIFEST_LOST, leftovers_redacted, lost_tagmanifest
from steward.archive.redaction_look import look
from steward.archive.redaction_record import RedactionNames
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify


@dataclass(frozen=True, slots=True)
class Left:
    """The read back of one bag. `reason`: why it still is to be redacted, or does not verify since; empty where it is as it
    should be. `redactions`: those that an erasure made, as the bag itself says; `touched`: whether it may have taken anything
    out of it, leftovers of a failed export too, which were never sealed."""

    reason: str
    redactions: list[Redaction]
    touched: bool


def bags_with(store: ArchiveStore, account: str, projects: Collection[str]) -> list[str]:
    """Requests whose bags have any of these projects, or a redaction that was prepared and has not ended; sealed or not."""
    return [
        bag.request
        for bag in _bags(store, account)
        if is_prepared(store, bag) or not projects_in(store, bag).isdisjoint(projects)
    ]


def is_prepared(store: ArchiveStore, bag: BagNames) -> bool:
    """Whether anything is left of a redaction, also of one that never began: it is to be cleared away."""
    return any(store.children(RedactionNames(bag).prefix))


def is_begun(store: ArchiveStore, bag: BagNames) -> bool:
    """Whether a redaction of the bag has begun and not ended."""
    names = RedactionNames(bag)
    return any(names.is_record(blob.name) for blob in store.list(names.prefix))


def left_in(store: ArchiveStore, bag: BagNames, erased: Sequence[Erased], *, erasure: str) -> Left:
    """Look into a bag again; what an erasure redacted is verified."""
    reason = _reason(store, bag, erased)
    try:
        redactions = [each for each in redactions_of(store, bag) if each.erasure == erasure]
        if redactions and not (found := verify(store, bag.account, bag.request)).proved:
            reason = reason or f"it does not verify: {found.problems[0][:500]}"
        touched = bool(redactions) or leftovers_redacted(store, bag, erasure)
    except (BlobMissing, *UNREADABLE) as error:
        return Left(reason or _unreadable(error), [], touched=True)
    return Left(reason, redactions, touched)


def _bags(store: ArchiveStore, account: str) -> Iterator[BagNames]:
    begun = store.children(f"{word(account)}/redactions/")
    found = {bag.request for bag in all_bags(store, account)}
    found.update(name.rstrip("/") for name in begun if name.endswith("/"))
    return (BagNames(account, request) for request in sorted(found))


def _reason(store: ArchiveStore, bag: BagNames, erased: Sequence[Erased]) -> str:
    """Why a bag is still to be redacted; empty where it is not."""
    for each in erased:
        try:
            if cut := next(look(store, bag, each), None):
                return f"{cut.path} holds something that was erased"
        except UNREADABLE as error:
            return _unreadable(error)
    if is_begun(store, bag):
        return "its redaction has not ended"
    return TAGMANIFEST_LOST if lost_tagmanifest(store, bag) else ""


def _unreadable(error: Exception) -> str:
    # The text of others than ours may quote what stands in the file.
    what = str(error)[:500] if isinstance(error, ArchiveError) else type(error).__name__
    return f"what it holds cannot be read: {what}"
