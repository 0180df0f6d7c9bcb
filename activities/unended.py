"""Redactions that this erasure or another began and did not end: whether what they take may go by now."""

from collections.abc import Iterable

from activities.erasure_payloads import ArchivesRef
from activities.holding import standing_holds
from activities.leaving import CANCELLED, Leaving, going, reasons_to_stay
from steward.archive.erased import KINDS, Erased
from steward.ledger.holds import Hold


def may_finish(ref: ArchivesRef, begun: Iterable[Erased]) -> bool:
    """What this run takes itself may go. Of anything else, only what no standing hold may cover, and nothing of a project of
    which this run keeps anything for a hold or for want of proof; a cancellation leaves no bag half redacted."""
    taken = {each.erased.project: each for each in going(ref)}
    staying = {project for project, reason in reasons_to_stay(ref) if reason != CANCELLED}
    standing = standing_holds(ref)
    return all(
        _takes(taken.get(each.project), each)
        or not (each.project in staying or any(may_cover(hold, each) for hold in standing))
        for each in begun
    )


def may_cover(hold: Hold, erased: Erased) -> bool:
    """Whether a hold covers something of it, or nobody can say: which tags an erased image carried is on record nowhere, nor
    which images the snapshot of an iteration had."""
    if hold.covers == "account" or not hold.names(erased.project):
        return hold.covers == "account"
    image = hold.covers.get("image")
    return image is None or erased.whole or bool(erased.iterations) or image in erased.images


def _takes(leaving: Leaving | None, erased: Erased) -> bool:
    """Whether all of it is among what leaves, for which holds were asked; with iterations go images of their snapshots."""
    if leaving is None or leaving.erased.whole:
        return leaving is not None
    ids = ((getattr(erased, kind), getattr(leaving.erased, kind)) for kind in KINDS if kind != "images")
    return not erased.whole and erased.images <= leaving.taken.images and all(a <= b for a, b in ids)
