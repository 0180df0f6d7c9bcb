"""Asking a model: quick tests of the Training API, and the Prediction API."""

from emulator.bodies import ImageUrl
from emulator.call import Call, Reply, answer_figures
from emulator.domains import CATALOGUE, DomainType
from emulator.errors import ServiceError
from emulator.figures import ask
from emulator.operation import Handler
from emulator.sources import PREDICTION_BYTES, RefusedPictureError, fetch, prediction_picture
from emulator.state import Iteration


async def quick_test(call: Call) -> Reply:
    """QuickTestImage and QuickTestImageUrl."""
    iteration = _iteration_to_test(call)
    return _predict(call, iteration, await _picture(call), store=call.query.get("store", True))


def asking_published(kind: DomainType, *, store: bool) -> Handler:
    """An operation of the Prediction API: asks the published iteration of a project of this kind."""

    async def ask_published(call: Call) -> Reply:
        iteration = _published(call, kind)
        return _predict(call, iteration, await _picture(call), store=store)

    return ask_published


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


async def _picture(call: Call) -> bytes:
    """What the body's URL names, else what was uploaded."""
    if not isinstance(call.body, ImageUrl):
        if not call.uploads:
            raise ServiceError("BadRequestImageStream")
        return call.uploads[0].content
    try:
        return await fetch(call.body.url, PREDICTION_BYTES)
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


def _published(call: Call, kind: DomainType) -> Iteration:
    project = call.project()
    if CATALOGUE[project.domain_id].type != kind:
        raise ServiceError("BadRequestNotSupported", "Invalid project type for operation.")
    name = call.ids["publishedName"]
    found = [one for one in project.iterations.values() if one.publish_name == name]
    if not found:
        raise ServiceError("NotFoundIteration", f"No iteration is published as {name!r}.")
    return found[0]
