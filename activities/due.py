"""Copies that an earlier erase, or an earlier run of this one, was to delete and did not: its bags name them no longer, so that no
search finds them."""

from collections.abc import Collection
from dataclasses import replace

from activities.erasure_payloads import ArchivesRef
from activities.holding import may_cover, standing_holds
from steward.accounts import Account
from steward.archive.damage import UNREADABLE
from steward.archive.erased import KINDS, Erased
from steward.archive.errors import BlobMissing
from steward.archive.redaction_copies import stand
from steward.archive.redaction_due import less, named_in_bags, read_due, united

_HELD = "a legal hold may cover what an earlier erase left"
_UNREADABLE = "of what an earlier erase left nobody can say whether a bag names it: not all bags can be read"


def with_due(ref: ArchivesRef, home: Account, erased: Erased, there: Collection[str]) -> tuple[Erased, str]:
    """What leaves of a project, with what is due since earlier; else why that stays. `there`: ids that the service has."""
    if erased.whole:
        return erased, ""
    found = read_due(home.store, home.name, erased.project)
    known = {*there, *(each for kind in KINDS for each in getattr(erased, kind))}
    # Of a project that is there nothing is due but what was named.
    due = less(replace(found, whole=False), known)
    if not stand(home.store, home.name, due):
        return erased, ""
    try:
        due = less(due, named_in_bags(home.store, home.name, erased.project))
    except (BlobMissing, *UNREADABLE):
        return erased, _UNREADABLE
    if not stand(home.store, home.name, due):
        return erased, ""
    if any(may_cover(hold, due) for hold in standing_holds(ref)):
        return erased, _HELD
    return united(erased, due), ""
