"""What every reading of the lists does: count a list, and write down how its reading ended, each in its own work area."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import outcome
from activities.payloads import Count, Listing, ListingResult, PredictionsResult, Reading, RequestRef
from activities.sealed import refuse_when_sealed
from activities.snapshots import unless_untrained
from steward.accounts import account
from steward.archive import listings
from steward.archive.names import BagNames

bp = df.Blueprint()


def work_of(ref: RequestRef, reading: Reading) -> str:
    """The prefix of a reading's work area."""
    work = BagNames(ref["account"], ref["request"]).work
    return work if reading == "export" else f"{work}{reading}/"


@bp.activity_trigger(input_name="listing")
@outcome
def count_listing(listing: Listing) -> Mapping[str, Any]:
    """How many items the service says the list has."""
    client, iteration = account(listing["account"]).client, listing["iteration"]
    if listing["kind"] == "image-performance":
        return Count(
            count=unless_untrained(lambda: client.count_image_performances(listing["project"], iteration), 0)
        )
    tagged = listing["kind"] == "tagged"

    def count() -> int:
        return client.count_images(listing["project"], tagged=tagged, iteration_id=iteration or None)

    return Count(count=unless_untrained(count, 0))


@bp.activity_trigger(input_name="result")
def record_listing(result: ListingResult) -> dict[str, bool]:
    """Write down how the reading of a list ended, for whoever adds it up."""
    if result["reading"] == "export":
        refuse_when_sealed(result["account"], result["request"])
    listings.record_listing(
        account(result["account"]).store,
        work_of(result, result["reading"]),
        result["project"],
        result["iteration"],
        result["kind"],
        recorded=result["recorded"],
        pages=result["pages"],
        digest=result["digest"],
        counted=result["count"] if result["count"] >= 0 else None,
        listed=result["listed"],
        settled=result["settled"],
        uncounted=result.get("uncounted", ""),
    )
    return {"recorded": True}


@bp.activity_trigger(input_name="result")
def record_predictions(result: PredictionsResult) -> dict[str, int]:
    """As `record_listing`."""
    if result["reading"] == "export":
        refuse_when_sealed(result["account"], result["request"])
    listings.record_predictions(
        account(result["account"]).store,
        work_of(result, result["reading"]),
        result["project"],
        recorded=result["recorded"],
        pages=result["pages"],
        digest=result["digest"],
        listed=result["listed"],
    )
    return {"pages": result["pages"]}
