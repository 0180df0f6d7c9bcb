"""Which bags hold something of what was erased: by a look into each payload, not into what is written about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steward.archive.erased import Erased
from steward.archive.errors import BlobDamaged
from steward.archive.names import BagNames, word
from steward.archive.redaction import Redaction, redactions_of
from steward.archive.redaction_copies import Copies, ask_again
from steward.archive.redaction_look import look
from steward.archive.redaction_record import RedactionNames
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify


@dataclass(frozen=True, slots=True)
class Remaining:
    """The archive's read back. `copies`: deleted ones that were asked for again; `bags`: why a bag is not redacted, or does
    not verify since, by the export's request."""

    copies: Copies
    bags: dict[str, str]


def find_bags(store: ArchiveStore, account: str, erased: Sequence[Erased]) -> list[str]:
    """Requests whose bags hold any of it, or whose redaction has been begun and not ended; sealed or not, sorted."""
    return [bag.request for bag in _bags(store, account) if _reason(store, bag, erased)]


def redacted_by(store: ArchiveStore, account: str, erasure: str) -> list[Redaction]:
    """Every redaction of a sealed bag that an erasure made, as the bags themselves say."""
    return [
        redaction
        for bag in _bags(store, account)
        for redaction in redactions_of(store, bag)
        if redaction.erasure == erasure
    ]


def remaining(store: ArchiveStore, account: str, erased: Sequence[Erased], *, erasure: str) -> Remaining:
    """Look into every bag again and ask for every deleted copy again; what was redacted is verified."""
    bags = {bag.request: reason for bag in _bags(store, account) if (reason := _reason(store, bag, erased))}
    for redaction in redacted_by(store, account, erasure):
        found = verify(store, account, redaction.request)
        if not found.proved:
            bags.setdefault(redaction.request, f"it does not verify: {found.problems[0][:500]}")
    return Remaining(ask_again(store, account, erased, erasure=erasure), bags)


def _bags(store: ArchiveStore, account: str) -> Iterator[BagNames]:
    found: set[str] = set()
    for prefix in (f"{word(account)}/exports/", f"{account}/redactions/"):
        found.update(name.rstrip("/") for name in store.children(prefix) if name.endswith("/"))
    return (BagNames(account, request) for request in sorted(found))


def _reason(store: ArchiveStore, bag: BagNames, erased: Sequence[Erased]) -> str:
    """Why a bag is still to be redacted; empty where it is not."""
    for each in erased:
        try:
            if cut := next(look(store, bag, each), None):
                return f"{cut.path} holds something that was erased"
        except (BlobDamaged, ValueError) as error:
            return f"what it holds cannot be read: {error}"[:500]
    if any(store.children(RedactionNames(bag).prefix)):
        return "its redaction has not ended"
    return ""
