"""Iterations: lists, names, publishing, exports, deletion."""

from emulator.bodies import IterationUpdate
from emulator.call import NO_CONTENT, Call, Reply, answer
from emulator.domains import CATALOGUE
from emulator.errors import ServiceError
from emulator.models import model_path
from emulator.projects import missing, refuse_while_training
from emulator.state import Iteration
from emulator.wire import platforms


def get_iterations(call: Call) -> Reply:
    """Oldest first (recording Export, v1.2: the only list of several); the workspace is not listed (ImportExportProject)."""
    project = call.project()
    ordered = sorted(project.iterations.values(), key=lambda iteration: iteration.created)
    return answer([call.wire.iteration(project, iteration) for iteration in ordered])


def get_iteration(call: Call) -> Reply:
    return answer(call.wire.iteration(call.project(), call.iteration()))


def update_iteration(call: Call) -> Reply:
    """Renames; bumps lastModified, not trainedAt (recording GetIterations)."""
    project, iteration = call.project(), call.iteration()
    name = call.body_as(IterationUpdate).name
    if name is None or not 0 < len(name) <= 128:
        raise ServiceError("BadRequestIterationName")
    if any(other.name == name and other is not iteration for other in project.iterations.values()):
        raise ServiceError("BadRequestIterationNameNotUnique")
    iteration.name = name
    iteration.last_modified = call.now
    return answer(call.wire.iteration(project, iteration))


def delete_iteration(call: Call) -> Reply:
    """Its snapshot and performance go with it; exported models stay, unless the option says otherwise."""
    project = call.project()
    iteration = project.iterations.get(call.ids["iterationId"])
    if iteration is None:
        return missing(call, "NotFoundIteration")
    if iteration.publish_name:
        raise ServiceError(
            call.options.published_code, f"Iteration is published as: {iteration.publish_name}"
        )
    refuse_while_training(call, iteration.status)
    del project.iterations[iteration.id]
    if call.options.models_go_with == "iteration":
        for export in iteration.exports:
            call.account.models.pop(
                model_path(project.id, iteration.id, export.platform, export.flavor), None
            )
    return NO_CONTENT


def publish_iteration(call: Call) -> Reply:
    """Answers `true` (recording TrainAndPublishProject); message of a second publish: reference 4.2."""
    project, iteration = call.project(), call.iteration()
    name: str = call.query["publishName"]
    if iteration.status != "Completed":
        raise ServiceError("BadRequestIterationIsNotTrained")
    if iteration.publish_name:
        raise ServiceError(
            "BadRequestIterationIsPublished", f"Iteration is already published as: {iteration.publish_name}"
        )
    taken = [other for other in project.iterations.values() if other.publish_name == name]
    if taken and not call.query.get("overwrite"):
        raise ServiceError("BadRequestInvalidPublishName", f"The name is taken by iteration {taken[0].id}.")
    for other in taken:
        _unpublish(call, other)
    iteration.publish_name = name
    iteration.original_publish_resource_id = call.query["predictionId"]
    iteration.last_modified = call.now
    return answer(True)


def unpublish_iteration(call: Call) -> Reply:
    iteration = call.iteration()
    if not iteration.publish_name:
        return missing(call, "BadRequestIterationNotPublished")
    if call.options.unpublish == "fails":
        raise ServiceError("BadRequestUnpublishFailed")
    _unpublish(call, iteration)
    return NO_CONTENT


def get_exports(call: Call) -> Reply:
    project, iteration = call.project(), call.iteration()
    return answer([call.wire.export(project, iteration, export) for export in iteration.exports])


def export_iteration(call: Call) -> Reply:
    """Exporting, then Done (recording ExportTests). Once a platform and flavor (reference 10), save to renew it."""
    project, iteration = call.project(), call.iteration()
    platform: str = call.query["platform"]
    flavor: str | None = call.query["flavor"]
    if iteration.status != "Completed" or iteration.domain_id is None:
        raise ServiceError("BadRequestIterationIsNotTrained")
    domain = CATALOGUE[iteration.domain_id]
    if platform not in platforms(domain, call.version):
        raise ServiceError(
            "BadRequestExportValidationFailed", f"{domain.name} does not export to {platform}."
        )
    again = [one for one in iteration.exports if (one.platform, one.flavor) == (platform, flavor)]
    version = call.options.exporter_version
    if any(one.status != "Failed" and one.exporter_version == version for one in again):
        # The words that users report (reference 10).
        raise ServiceError(call.options.export_again_code, f"{iteration.id} is already queued for export")
    for earlier in again:
        iteration.exports.remove(earlier)
    export = call.account.add_export(
        project, iteration, platform, flavor=flavor, status="Exporting", exporter_version=version
    )
    call.account.after(
        call.options.export_seconds, lambda: call.account.finish_export(project, iteration, export)
    )
    return answer(call.wire.export(project, iteration, export))


def _unpublish(call: Call, iteration: Iteration) -> None:
    iteration.publish_name = iteration.original_publish_resource_id = None
    iteration.last_modified = call.now
