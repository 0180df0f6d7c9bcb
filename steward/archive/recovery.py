"""Whether the archive's store could bring back what was deleted: versions, soft-deleted blobs, snapshots, policies.

What the store keeps it shows in a listing, to whoever may list; the account's settings are often closed to the app's identity,
and needed only where the listing cannot tell. What could not be asked is told as such.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, TypedDict

from steward.archive.erased import Erased
from steward.archive.names import BagNames
from steward.archive.redaction_copies import is_copy, shared_prefixes

type Form = Literal["soft-deleted", "version", "snapshot"]

WORDS: dict[Form, str] = {
    "soft-deleted": "the store keeps deleted blobs (soft delete)",
    "version": "the store keeps earlier versions of blobs",
    "snapshot": "snapshots of blobs were taken",
}


@dataclass(frozen=True, slots=True)
class KeptBlob:
    """What a listing shows beside the current blobs; `until`: when the store drops it by itself, None where it does not."""

    name: str
    form: Form
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Policies:
    """Of the container; each of them keeps blobs from being deleted."""

    immutability: bool
    legal_hold: bool


class NotAsked(Exception):  # noqa: N818 - it names what is found
    """The store does not answer this, or not to us; the text is the store's code."""


class RetainingStore(Protocol):
    """The questions that can be asked of a store about what it retains. Each may raise NotAsked."""

    def kept(self, prefix: str, form: Form) -> Iterable[KeptBlob]:
        """What is kept under a prefix beside the current blobs."""
        ...

    def policies(self) -> Policies: ...

    def soft_delete_days(self) -> int | None:
        """How long the storage account keeps deleted blobs; None where it does not."""
        ...

    def listing_shows_deleted(self) -> bool:
        """Whether `kept` shows soft-deleted blobs: with a hierarchical namespace they are in no listing of blobs."""
        ...


class Recoverable(TypedDict):
    """`why` as a sentence's part; `until`: ISO time, None where no end is known; `blobs`: how many were seen."""

    why: str
    until: str | None
    blobs: int


def recoverable(
    store: RetainingStore, account: str, erased: Sequence[Erased], bags: Iterable[str], *, now: datetime
) -> list[Recoverable]:
    """How deleted copies, and what redacted bags held before, could be brought back. `bags`: requests of redacted bags."""
    bags = list(bags)
    findings = [_kept(store, form, account, erased, bags) for form in WORDS]
    return [each for each in (*findings, _soft_delete(store, now), *_policies(store)) if each is not None]


def _kept(
    store: RetainingStore, form: Form, account: str, erased: Sequence[Erased], bags: Sequence[str]
) -> Recoverable | None:
    until: datetime | None = datetime.min.replace(tzinfo=UTC)
    blobs = 0
    try:
        for blob in _those_of(store, form, account, erased, bags):
            blobs += 1
            until = max(until, blob.until) if until and blob.until else None
    except NotAsked as error:
        return _not_asked(f"whether {WORDS[form]}", error)
    if not blobs:
        return None
    return Recoverable(why=WORDS[form], until=until.isoformat() if until else None, blobs=blobs)


def _those_of(
    store: RetainingStore, form: Form, account: str, erased: Sequence[Erased], bags: Sequence[str]
) -> Iterator[KeptBlob]:
    for each in erased:
        for prefix in shared_prefixes(account, each.project):
            yield from (blob for blob in store.kept(prefix, form) if is_copy(account, blob.name, each))
    for request in bags:
        bag = BagNames(account, request)
        yield from store.kept(bag.prefix, form)
        # What an export notes of its pictures until its bag is sealed.
        yield from store.kept(bag.work, form)


def _soft_delete(store: RetainingStore, now: datetime) -> Recoverable | None:
    """Where a listing shows deleted blobs, it has told already; where it does not, the account's setting has to."""
    try:
        if store.listing_shows_deleted():
            return None
        days = store.soft_delete_days()
    except NotAsked as error:
        return _not_asked(f"whether {WORDS['soft-deleted']}", error)
    if days is None:
        return None
    return Recoverable(why=WORDS["soft-deleted"], until=(now + timedelta(days=days)).isoformat(), blobs=0)


def _policies(store: RetainingStore) -> Iterator[Recoverable]:
    try:
        found = store.policies()
    except NotAsked as error:
        yield _not_asked("whether the container has an immutability policy or a legal hold", error)
        return
    if found.immutability:
        yield Recoverable(why="the container has an immutability policy", until=None, blobs=0)
    if found.legal_hold:
        yield Recoverable(why="the container has a legal hold", until=None, blobs=0)


def _not_asked(what: str, error: NotAsked) -> Recoverable:
    return Recoverable(why=f"it could not be asked {what} ({error})", until=None, blobs=0)
