"""Export the images of a workspace: two lists, of which an image leaves one for the other when somebody tags it.

Each list is read until it holds still, but not both at the same moment: an image tagged when the tagged ones had been
read, and the untagged ones had not, is in neither. So both are counted once more when both have been read. Snapshots
need no such care: tagging does not reach them.
"""

from durabletask import task

from activities.payloads import Count, Listing, ListingKind, ListingResult, RequestRef
from orchestrator import names
from orchestrator.calls import Steps, call_all, children, step

READINGS = 3
KINDS: tuple[ListingKind, ...] = ("tagged", "untagged")


def export_workspace(ctx: task.OrchestrationContext, request: RequestRef, project: str) -> Steps[None]:
    """Read both lists, and again where an image may have changed lists; what still moves then is on record as moving."""
    listings = [Listing(**request, project=project, iteration="", kind=kind) for kind in KINDS]
    moved: list[ListingResult] = []
    for reading in range(1, READINGS + 1):
        suffix = f"-reading-{reading}" if reading > 1 else ""
        results: list[ListingResult] = yield from children(
            ctx, names.EXPORT_LISTING, {f"{each['kind']}{suffix}": each for each in listings}
        )
        counts: list[Count] = yield from call_all(ctx, [(names.COUNT_LISTING, each) for each in listings])
        moved = [
            result
            for result, count in zip(results, counts, strict=True)
            if count.get("count", -1) != result["count"]
        ]
        if not moved or not all(result["settled"] for result in results):
            # A list that never held still is on record as that already.
            return
    for result in moved:
        yield from step(ctx, names.RECORD_LISTING, {**result, "settled": False})
