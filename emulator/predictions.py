"""Stored predictions, and the ways to make one: quick tests and the Prediction API."""

from collections.abc import Mapping
from operator import attrgetter

from emulator.bodies import ImageUrl, PredictionQuery
from emulator.call import NO_CONTENT, Call, Reply, answer_figures
from emulator.domains import CATALOGUE
from emulator.errors import NotEmulatedError, ServiceError
from emulator.figures import ask
from emulator.options import Options
from emulator.projects import missing
from emulator.sources import PREDICTION_BYTES, RefusedPictureError, fetch, prediction_picture
from emulator.state import Iteration, Project, StoredPrediction
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
    fitting = [
        one
        for one in live_predictions(project, call.options, call.now).values()
        if _fits(one, query)
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


def quick_test_image(call: Call) -> Reply:
    return _predict(call, _iteration_to_test(call), _uploaded(call), store=call.query.get("store", True))


async def quick_test_image_url(call: Call) -> Reply:
    iteration = _iteration_to_test(call)
    return _predict(call, iteration, await _linked(call), store=call.query.get("store", True))


def classify_image(call: Call) -> Reply:
    return _predict(call, _published(call, "Classification"), _uploaded(call), store=True)


def classify_image_without_store(call: Call) -> Reply:
    return _predict(call, _published(call, "Classification"), _uploaded(call), store=False)


async def classify_image_url(call: Call) -> Reply:
    return _predict(call, _published(call, "Classification"), await _linked(call), store=True)


async def classify_image_url_without_store(call: Call) -> Reply:
    return _predict(call, _published(call, "Classification"), await _linked(call), store=False)


def detect_image(call: Call) -> Reply:
    return _predict(call, _published(call, "ObjectDetection"), _uploaded(call), store=True)


def detect_image_without_store(call: Call) -> Reply:
    return _predict(call, _published(call, "ObjectDetection"), _uploaded(call), store=False)


async def detect_image_url(call: Call) -> Reply:
    return _predict(call, _published(call, "ObjectDetection"), await _linked(call), store=True)


async def detect_image_url_without_store(call: Call) -> Reply:
    return _predict(call, _published(call, "ObjectDetection"), await _linked(call), store=False)


def _predict(call: Call, iteration: Iteration, content: bytes, *, store: bool) -> Reply:
    """The prediction's id is the call's Request-Id (recordings README, "Wire")."""
    project = call.project()
    picture = prediction_picture(content, call.options)
    prediction = project.add_prediction(
        picture,
        created=call.now,
        iteration=iteration,
        results=ask(iteration, picture),
        prediction_id=call.request_id,
        application=call.query.get("application"),
    )
    if not store:
        del project.predictions[prediction.id]
    return answer_figures(call.wire.prediction(project, prediction))


def _uploaded(call: Call) -> bytes:
    if not call.uploads:
        raise ServiceError("BadRequestImageStream")
    return call.uploads[0].content


async def _linked(call: Call) -> bytes:
    try:
        return await fetch(call.body_as(ImageUrl).url, PREDICTION_BYTES)
    except RefusedPictureError:
        raise ServiceError("BadRequestImageUrl") from None


def _iteration_to_test(call: Call) -> Iteration:
    """The one named, else the published or the newest one that is trained (OpenAPI: "the default iteration")."""
    if named := call.query["iterationId"]:
        iteration = call.iteration(named)
        if iteration.status != "Completed":
            raise ServiceError("BadRequestIterationIsNotTrained")
        return iteration
    trained = [one for one in call.project().iterations.values() if one.status == "Completed"]
    if not trained:
        raise ServiceError("NotFoundProjectDefaultIteration")
    return max(trained, key=lambda one: (one.publish_name is not None, one.trained_at or 0))


def _published(call: Call, kind: str) -> Iteration:
    project = call.project()
    if CATALOGUE[project.domain_id].type != kind:
        raise ServiceError("BadRequestNotSupported", "Invalid project type for operation.")
    name = call.ids["publishedName"]
    found = [one for one in project.iterations.values() if one.publish_name == name]
    if not found:
        raise ServiceError("NotFoundIteration", f"No iteration is published as {name!r}.")
    return found[0]


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
