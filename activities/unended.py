"""Redactions that this erasure or another began and did not end: whether what they take may go by now."""

from collections.abc import Iterable

from activities.erasure_payloads import ArchivesRef
from activities.holding import may_cover, standing_holds
from activities.leaving import CANCELLED, Leaving, going, reasons_to_stay
from steward.archive.erased import KINDS, Erased


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


def _takes(leaving: Leaving | None, erased: Erased) -> bool:
    """Whether all of it is among what leaves, for which holds were asked; with iterations go images of their snapshots."""
    if leaving is None or leaving.erased.whole:
        return leaving is not None
    ids = ((getattr(erased, kind), getattr(leaving.erased, kind)) for kind in KINDS if kind != "images")
    return not erased.whole and erased.images <= leaving.taken.images and all(a <= b for a, b in ids)
