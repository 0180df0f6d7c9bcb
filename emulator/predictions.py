"""Stored predictions: queries, page by page, and deletion."""

from collections.abc import Mapping
from operator import attrgetter

from emulator.bodies import PredictionQuery
from emulator.call import NO_CONTENT, Call, Reply, answer_figures
from emulator.errors import NotEmulatedError, ServiceError
from emulator.options import Options
from emulator.projects import missing
from emulator.state import Project, StoredPrediction
from emulator.times import PER_DAY, parse
from emulator.wire import Json


def live_predictions(project: Project, options: Options, now: int) -> Mapping[str, StoredPrediction]:
    """Those that the service still keeps; older ones are dropped for good."""
    if options.prediction_days:
        oldest = now - round(options.prediction_days * PER_DAY)
        for prediction_id in [one.id for one in project.predictions.values() if one.created < oldest]:
            del project.predictions[prediction_id]
    return project.predictions


def query_predictions(call: Call) -> Reply:
    """A page and the token for the next; the last page's continuation is null (recording QueryPredictionResults)."""
    project, query = call.project(), call.body_as(PredictionQuery)
    _check(call, query)
    # The session is the time of the first page, in the recorded form of two numbers.
    session = query.session or f"1:{call.now}"
    start, end = _time("startTime", query.start_time), _time("endTime", query.end_time)
    fitting = [
        one
        for one in live_predictions(project, call.options, call.now).values()
        if _fits(one, query)
        and (start is None or one.created >= start)
        and (end is None or one.created <= end)
        and (not call.options.session_is_snapshot or one.created <= _session_start(session))
    ]
    fitting.sort(key=_position, reverse=query.order_by == "Newest")
    if query.continuation:
        position, newest = _read_continuation(query.continuation), query.order_by == "Newest"
        fitting = [
            one for one in fitting if (_position(one) < position if newest else _position(one) > position)
        ]
    size = query.max_count or call.options.predictions_page
    page = fitting[:size]
    last = "" if call.options.last_continuation == "empty" else None
    continuation = _continuation(page[-1]) if len(fitting) > size else last
    token = _token(query, session, continuation)
    return answer_figures(
        {"token": token, "results": [call.wire.stored_prediction(project, one) for one in page]}
    )


def delete_prediction(call: Call) -> Reply:
    project, ids = call.project(), call.query["ids"]
    kept = live_predictions(project, call.options, call.now)
    if not any(prediction_id in kept for prediction_id in ids):
        return missing(call, "NotFound")
    for prediction_id in ids:
        project.predictions.pop(prediction_id, None)
    return NO_CONTENT


def _check(call: Call, query: PredictionQuery) -> None:
    if query.order_by == "Suggested":
        raise NotEmulatedError("QueryPredictions ordered by Suggested")
    if query.max_count > call.options.predictions_most:
        raise ServiceError(
            "BadRequestPredictionResultsExceededCount",
            f"maxCount: expected {call.options.predictions_most} at most.",
        )
    # "Limited to combining 2 tags" (OpenAPI, QueryPredictions).
    if len(query.tags or ()) > 2:
        raise ServiceError("BadRequestPredictionTagsExceededCount")


def _fits(prediction: StoredPrediction, query: PredictionQuery) -> bool:
    probabilities = {result.tag_id: result.probability for result in reversed(prediction.results)}
    tags_fit = all(
        tag.min_threshold <= probabilities.get(tag.id, -1) <= tag.max_threshold for tag in query.tags or ()
    )
    return (
        tags_fit
        and query.iteration_id in {None, prediction.iteration_id}
        and query.application in {None, "", prediction.application}
    )


def _time(name: str, text: str | None) -> int | None:
    try:
        return parse(text) if text else None
    except ValueError:
        raise ServiceError(
            "BadRequestPredictionInvalidQueryParameters", f"{name}: expected an ISO 8601 time."
        ) from None


def _session_start(session: str) -> int:
    number = session.partition(":")[2]
    if not number.isdigit():
        raise ServiceError(
            "BadRequestPredictionInvalidQueryParameters", "session: expected one that a page gave."
        )
    return int(number)


_position = attrgetter("created", "id")


def _continuation(last: StoredPrediction) -> str:
    return f"{last.created}!{last.id}"


def _read_continuation(continuation: str) -> tuple[int, str]:
    created, _, prediction_id = continuation.partition("!")
    if not (created.isdigit() and prediction_id):
        raise ServiceError(
            "BadRequestPredictionInvalidQueryParameters", "continuation: expected one that a page gave."
        )
    return int(created), prediction_id


def _token(query: PredictionQuery, session: str, continuation: str | None) -> Json:
    """Echoes every field, nulls included (recording QueryPredictionResults)."""
    tags = [
        {"id": tag.id, "minThreshold": tag.min_threshold, "maxThreshold": tag.max_threshold}
        for tag in query.tags or ()
    ]
    return {
        "session": session,
        "continuation": continuation,
        "maxCount": query.max_count,
        "orderBy": query.order_by,
        "tags": tags or None,
        "iterationId": query.iteration_id,
        "startTime": query.start_time,
        "endTime": query.end_time,
        "application": query.application,
    }
