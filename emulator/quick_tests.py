"""Asking a model: quick tests of the Training API, and the Prediction API."""

from emulator.bodies import ImageUrl
from emulator.call import Call, Reply, answer_figures
from emulator.domains import CATALOGUE
from emulator.errors import ServiceError
from emulator.figures import ask
from emulator.sources import PREDICTION_BYTES, RefusedPictureError, fetch, prediction_picture
from emulator.state import Iteration


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
