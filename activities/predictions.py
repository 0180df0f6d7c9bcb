"""Stored predictions: results and pictures. The service keeps them for 30 days and lists them nowhere else."""

import functools
from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.moving import Wanted, move_pictures, picture_or_gap
from activities.outcome import outcome
from activities.payload_files import without_addresses, write_lines
from activities.payloads import Fault, PredictionPageRef, PredictionPageResult
from activities.scope import scoped_project
from steward.accounts import account
from steward.archive.documents import encode
from steward.archive.names import (
    prediction_page_path,
    prediction_picture_path,
    prediction_pictures_prefix,
)
from steward.archive.page_digests import page_digest
from steward.customvision.answers import PredictionQueryToken, StoredPrediction
from steward.customvision.errors import AnswerTooLarge, BadRequest

bp = df.Blueprint()

# No maximum is documented; where this is over it, the service's own page (0) is taken.
PAGE = 256
# Ten million predictions: tokens that lead in a circle would go on for ever.
MOST_PAGES = 40_000
ENDLESS = Fault(code="TooManyPages", reason="the service's pages do not end")


@bp.activity_trigger(input_name="page")
@outcome
def export_prediction_page(page: PredictionPageRef) -> Mapping[str, Any]:
    """Write one page of JSON lines, its pictures first, and give the token of the next page."""
    home, project = account(page["account"]), page["project"]
    if page["page"] >= MOST_PAGES:
        return PredictionPageResult(fault=ENDLESS)
    results, token = read_prediction_page(page)
    scoped = scoped_project(page, project)
    chosen = [each for each in results if scoped.selects_prediction(each)]

    def fresh_uris(_: list[str]) -> dict[str, str]:
        return {each["id"]: each["originalImageUri"] for each in read_prediction_page(page)[0]}

    prefix = prediction_pictures_prefix(home.name, project)
    wanted = [Wanted(each["id"], each["originalImageUri"]) for each in chosen]
    moved = move_pictures(
        home, project, prefix, wanted, page["request"], fresh_uris, last=page.get("last", False)
    )
    lines = [
        encode(
            {
                "prediction": without_addresses(each),
                **picture_or_gap(
                    result,
                    functools.partial(prediction_picture_path, project, each["id"]),
                    prefix + each["id"],
                ),
            }
        )
        for each, result in zip(chosen, moved, strict=True)
    ]
    write_lines(page, prediction_page_path(project, page["page"]), lines)
    return PredictionPageResult(
        listed=len(results),
        digest=page_digest(each["id"] for each in chosen),
        token=cast(dict[str, object], token or {}),
    )


def read_prediction_page(
    page: PredictionPageRef,
) -> tuple[list[StoredPrediction], PredictionQueryToken | None]:
    """A page, and the token of the next; None after the last. A stored prediction has a line a tag, so that 256 of some
    hundred tags may be longer than an answer is allowed to be: then it is fewer at a time."""
    client = account(page["account"]).client
    token = cast(PredictionQueryToken, page["token"])
    # It repeats the size of the page before, so that one that fits is found once.
    size = min(token.get("maxCount", PAGE), PAGE)
    while True:
        try:
            return client.page_predictions(page["project"], token or None, max_count=size)
        except AnswerTooLarge:
            if size == 1:
                raise
            # The service's own page, where that was asked for, is one of nobody knows how many.
            size = (size or PAGE) // 2
        except BadRequest as error:
            if error.code != "BadRequestPredictionResultsExceededCount" or size < 2:
                raise
            size = 0 if size == PAGE else size // 2
