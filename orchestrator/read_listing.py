"""Read a list that the service gives in pages: count it, read all pages, count again; read it anew if it moved.

The service pages by offset, so an item deleted while we read shifts all later ones, and one would be missed in
silence. Each page therefore looks one item past its own end: pages that do not join prove that the list moved.
"""

import math
from typing import cast

import azure.durable_functions as df
from durabletask import task

from activities.payloads import PAGE, Count, Listing, ListingProgress, ListingResult, PageRef, PageResult
from orchestrator import names
from orchestrator.calls import Steps, call, call_all, step, time_of
from orchestrator.readings import PAGES, record_unread
from steward.archive.page_digests import NO_PAGES, UNREAD, with_page

bp = df.Blueprint()

PAGES_AT_ONCE = 50
PAGES_PER_RUN = 400
ATTEMPTS = 4
# The service takes 100,000 images a project: a list that goes on for so much longer than it counts has no end.
MOST_PAGES = 1_000
# What a page must begin with that comes after one that could not be read.
UNKNOWN = "?"


@bp.orchestration_trigger(context_name="ctx", orchestration=names.READ_LISTING)
def read_listing(ctx: task.OrchestrationContext, listing: Listing) -> Steps[ListingResult]:
    """Ends with the listing's record in the work area: pages, the service's count, whether the list held still."""
    progress = begun(listing)
    if progress["before"] < 0:
        count: Count = yield from call(ctx, names.COUNT_LISTING, ref_of(progress))
        # A list that cannot be counted, or is counted as empty, is read all the same: the count may be what is wrong.
        progress["before"] = count.get("count", 0)
    pages = max(1, math.ceil(progress["before"] / PAGE))
    stop = min(pages, progress["first"] + PAGES_PER_RUN)
    while progress["first"] < stop:
        yield from read_wave(ctx, progress, min(stop, progress["first"] + PAGES_AT_ONCE))
    if progress["first"] < pages:
        return again(ctx, progress)
    while goes_on(progress) and progress["first"] < stop + PAGES_AT_ONCE:
        # It has grown at its end since it was counted, or nobody could count it.
        yield from read_wave(ctx, progress, progress["first"] + 1)
    if goes_on(progress) and progress["first"] < MOST_PAGES:
        progress["before"] = progress["first"] * PAGE
        return again(ctx, progress)

    after: Count = yield from call(ctx, names.COUNT_LISTING, ref_of(progress))
    counted = after.get("count", -1)
    settled = not progress["torn"] and counted == progress["listed"]
    if not settled and not progress["faults"] and progress["attempt"] < ATTEMPTS:
        return again(ctx, anew(progress, counted))
    result = ListingResult(
        **ref_of(progress),
        recorded=time_of(ctx),
        pages=progress["first"],
        digest=progress["pages"],
        count=counted,
        listed=progress["listed"],
        settled=settled or named_whole(progress, counted),
    )
    if "fault" in after:
        result["uncounted"] = after["fault"]["reason"]
    if progress["faults"]:
        result["fault"] = progress["fault"]
    yield from step(ctx, names.RECORD_LISTING, result)
    return result


def goes_on(progress: ListingProgress) -> bool:
    """Whether the last page showed that there is another."""
    return progress["seam"] not in ("", UNKNOWN)


def named_whole(progress: ListingProgress, counted: int) -> bool:
    """Whether the pages that could not be read, which stand in a bag as gaps of their own, are all that is missing."""
    read = progress["faults"] > 0 and progress["reading"] == "export" and not progress["torn"]
    return read and 0 <= counted <= progress["first"] * PAGE


def begun(listing: Listing) -> ListingProgress:
    """The progress of a listing that is new, or that comes from an earlier run with its progress in it."""
    new = {
        "attempt": 1,
        "before": -1,
        "first": 0,
        "seam": "",
        "listed": 0,
        "pages": NO_PAGES,
        "last": 0,
        "last_first": "",
        "last_pages": NO_PAGES,
        "faults": 0,
        "fault": {"code": "", "reason": ""},
        "torn": False,
    }
    return cast(ListingProgress, {**new, **listing})


def ref_of(progress: ListingProgress) -> Listing:
    """Which listing it is, without its progress."""
    return Listing(
        request=progress["request"],
        account=progress["account"],
        reading=progress["reading"],
        project=progress["project"],
        iteration=progress["iteration"],
        kind=progress["kind"],
        whole=progress["whole"],
    )


def read_wave(ctx: task.OrchestrationContext, progress: ListingProgress, stop: int) -> Steps[None]:
    """Read the pages from `first` up to `stop`, and see that each begins where the one before it ended."""
    payloads = [PageRef(**ref_of(progress), page=page) for page in range(progress["first"], stop)]
    results: list[PageResult] = yield from call_all(
        ctx, [(PAGES[progress["reading"]], each) for each in payloads]
    )
    for payload, result in zip(payloads, results, strict=True):
        progress["last_pages"] = progress["pages"]
        progress["pages"] = with_page(progress["pages"], result.get("digest", UNREAD))
        if "fault" in result:
            progress["faults"] += 1
            progress["fault"] = result["fault"]
            progress["seam"] = UNKNOWN
            yield from record_unread(ctx, payload, result["fault"])
            continue
        apart = payload["page"] > 0 and progress["seam"] not in (UNKNOWN, result.get("first", ""))
        progress["torn"] = progress["torn"] or apart or result.get("torn", False)
        progress["seam"] = result.get("next", "")
        progress["last"] = result.get("listed", 0)
        progress["last_first"] = result.get("first", "")
        progress["listed"] += progress["last"]
    progress["first"] = stop
    ctx.set_custom_status({"done": progress["listed"], "total": max(progress["before"], progress["listed"])})


def anew(progress: ListingProgress, counted: int) -> ListingProgress:
    """Where to read again: from the last page when the list only grew at its end, else from the beginning."""
    grown = not progress["torn"] and counted > progress["listed"] and progress["first"] > 0
    fresh = begun(ref_of(progress))
    fresh["attempt"] = progress["attempt"] + 1
    if grown:
        fresh["before"] = counted
        fresh["first"] = progress["first"] - 1
        fresh["seam"] = progress["last_first"]
        fresh["listed"] = progress["listed"] - progress["last"]
        fresh["pages"] = progress["last_pages"]
    return fresh


def again(ctx: task.OrchestrationContext, progress: ListingProgress) -> ListingResult:
    """Go on in a new run with an empty history; the result so far is not the last word."""
    ctx.continue_as_new({**progress}, save_events=True)
    return ListingResult(
        **ref_of(progress),
        recorded=time_of(ctx),
        pages=progress["first"],
        digest=progress["pages"],
        count=-1,
        listed=progress["listed"],
        settled=False,
    )
