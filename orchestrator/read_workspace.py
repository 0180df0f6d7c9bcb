"""Read the images of a workspace: two lists, of which an image leaves one for the other when somebody tags it.

Each list is read until it holds still, but not both at the same moment. The untagged ones are read first: an image that
is tagged meanwhile is in one of the lists, or in both, but never in neither. For the other way round, and for whatever
balances in the lists' own counts, both lists and the images of each tag are counted before and after; where a count is
another one, both lists are read again. Snapshots need no such care: tagging does not reach them.
"""

from durabletask import task

from activities.payloads import (
    Count,
    IterationPart,
    Listing,
    ListingKind,
    ListingResult,
    Reading,
    RequestRef,
    TagCounts,
)
from orchestrator import names
from orchestrator.calls import Steps, call, call_all, child, step, time_of

READINGS = 3
KINDS: tuple[ListingKind, ...] = ("untagged", "tagged")


def read_workspace(
    ctx: task.OrchestrationContext,
    request: RequestRef,
    project: str,
    *,
    reading: Reading,
    whole: bool,
    tags: TagCounts,
) -> Steps[list[ListingResult]]:
    """Read both lists, and again where an image may have changed lists; what still moves then is on record as moving.

    `tags`: their counts before, where they have just been asked for.
    """
    workspace = IterationPart(**request, project=project, iteration="")
    listings = [
        Listing(**request, reading=reading, project=project, iteration="", kind=kind, whole=whole)
        for kind in KINDS
    ]
    before = tags if "counts" in tags else (yield from call(ctx, names.COUNT_TAGS, workspace))
    results: list[ListingResult] = []
    for attempt in range(1, READINGS + 1):
        results = yield from read_one_by_one(ctx, listings, attempt)
        *counts, after = yield from call_all(
            ctx, [*((names.COUNT_LISTING, each) for each in listings), (names.COUNT_TAGS, workspace)]
        )
        if not whole and "counts" not in after:
            # Tags that nobody can count are named nowhere else in an export of a part.
            break
        if held_still(results, counts, before, after) or not all(result["settled"] for result in results):
            # A list that never held still is on record as that already.
            return results
        before = after
    for result in results:
        result["settled"] = False
        result["recorded"] = time_of(ctx)
        yield from step(ctx, names.RECORD_LISTING, result)
    return results


def read_one_by_one(
    ctx: task.OrchestrationContext, listings: list[Listing], attempt: int
) -> Steps[list[ListingResult]]:
    """The lists in their order, each to its end; a later reading has children of its own."""
    suffix = f"-reading-{attempt}" if attempt > 1 else ""
    results: list[ListingResult] = []
    for each in listings:
        result = yield child(ctx, names.READ_LISTING, f"{each['kind']}{suffix}", each)
        results.append(result)
    return results


def held_still(
    results: list[ListingResult], counts: list[Count], before: TagCounts, after: TagCounts
) -> bool:
    """Whether every count is still what it was; tags that cannot be had are named elsewhere."""
    same_lists = [count.get("count", -1) for count in counts] == [result["count"] for result in results]
    return same_lists and before.get("counts") == after.get("counts")
