"""What differs between readings of the same lists: which activity takes a page in, and what becomes of one that cannot be read."""

from collections.abc import Sequence

from durabletask import task

from activities.payloads import (
    Fault,
    Listing,
    ListingKind,
    ListingResult,
    PageRef,
    PredictionPageRef,
    Reading,
    RequestRef,
)
from orchestrator import names
from orchestrator.calls import Steps, children
from orchestrator.gaps import record_gap
from steward.archive.names import page_path, prediction_page_path

PAGES: dict[Reading, str] = {
    "export": names.EXPORT_PAGE,
    "plan": names.LIST_PAGE,
    "read-back": names.LIST_PAGE,
}
PREDICTION_PAGES: dict[Reading, str] = {
    "export": names.EXPORT_PREDICTION_PAGE,
    "plan": names.LIST_PREDICTION_PAGE,
    "read-back": names.LIST_PREDICTION_PAGE,
}


def read_lists(
    ctx: task.OrchestrationContext,
    request: RequestRef,
    reading: Reading,
    project: str,
    iteration: str,
    kinds: Sequence[ListingKind],
    *,
    whole: bool,
) -> Steps[list[ListingResult]]:
    """Read several lists of an iteration at the same time."""
    listings = listings_of(request, reading, project, iteration, kinds, whole=whole)
    return (yield from children(ctx, names.READ_LISTING, listings))


def listings_of(
    request: RequestRef,
    reading: Reading,
    project: str,
    iteration: str,
    kinds: Sequence[ListingKind],
    *,
    whole: bool,
) -> dict[str, Listing]:
    """Lists of one place, by their kind."""
    return {
        kind: Listing(
            **request, reading=reading, project=project, iteration=iteration, kind=kind, whole=whole
        )
        for kind in kinds
    }


def record_unread(ctx: task.OrchestrationContext, page: PageRef, fault: Fault) -> Steps[None]:
    """A bag has a gap at the page's place; a plan or a read back is not made of such a list at all."""
    if page["reading"] == "export":
        path = page_path(page["project"], page["iteration"], page["kind"], page["page"])
        yield from record_gap(ctx, page, path, fault)


def record_unread_predictions(
    ctx: task.OrchestrationContext, page: PredictionPageRef, fault: Fault
) -> Steps[None]:
    """As `record_unread`."""
    if page["reading"] == "export":
        yield from record_gap(ctx, page, prediction_page_path(page["project"], page["page"]), fault)
