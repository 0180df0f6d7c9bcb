"""ExportProject and ImportProject: a project copied by a token. Tags and iterations get new ids (recording ImportProject)."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from emulator.account import Account
from emulator.call import Call, Reply, answer
from emulator.errors import BlobError, ServiceError
from emulator.projects import PROJECT_QUOTA
from emulator.state import Iteration, Project
from emulator.wire import Json
from emulator.workspace import StoredImage, Workspace, bare, new_id

_FILE = "project-export-info"


def export_project(call: Call) -> Reply:
    """Counts over workspace and iterations (recording ImportExportProject), and a signed URL that is the token."""
    project = call.project()
    if any(iteration.status == "Training" for iteration in project.iterations.values()):
        raise ServiceError("BadRequestExportWhileTraining")
    path = f"/prjexp-{bare(project.id)}/{_FILE}"
    call.account.project_exports[path] = _frozen(project)
    workspaces = [project.workspace, *(iteration.snapshot for iteration in project.iterations.values())]
    # v3.2 counted one iteration more than it listed: the workspace's (recording ImportProject).
    extra = 1 if call.version == "3.2" else 0
    counts: Json = {
        "iterationCount": len(project.iterations) + extra,
        "imageCount": len(project.workspace.images),
        "tagCount": sum(len(workspace.tags) for workspace in workspaces),
        "regionCount": sum(len(image.regions) for image in project.workspace.images.values()),
        "estimatedImportTimeInMS": round(call.options.import_seconds * 1000),
    }
    query = call.signer.query(path, call.signer.expiry(call.options.sas_lifetime))
    return answer(counts | {"token": f"{call.base}{path}?{query}"})


def import_project(call: Call) -> Reply:
    """Importing, and Succeeded a while later (recording ImportExportProject)."""
    source = _source(call, call.query["token"])
    if len(call.account.projects) >= PROJECT_QUOTA[call.options.tier]:
        raise ServiceError("BadRequestExceedProjectLimit")
    project = call.account.add_project(
        call.query["name"] or _free_name(call.account, source.name),
        created=call.now,
        domain_id=source.domain_id,
        classification_type=source.classification_type,
        status="Importing",
    )
    project.target_export_platforms = source.target_export_platforms
    project.augmentation_methods = source.augmentation_methods
    version = call.version

    def finish() -> None:
        _fill(project, source, call.account.clock.now())
        # v3.2 shows "" from now on (recording ImportProject), later versions null.
        project.detection_parameters = "" if version == "3.2" else None

    call.account.after(call.options.import_seconds, finish)
    return answer(call.wire.project(project))


def _source(call: Call, token: str) -> Project:
    parts = urlsplit(token)
    try:
        call.signer.check(parts.path, parts.query)
    except (BlobError, ValueError):
        raise ServiceError("BadRequestInvalidImportToken") from None
    if source := call.account.project_exports.get(parts.path):
        return source
    raise ServiceError("BadRequestInvalidImportToken")


def _free_name(account: Account, name: str) -> str:
    """The name with ` (1)` (recording ImportExportProject), or the first number that is free."""
    taken = {project.name for project in account.projects.values()}
    number = 1
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _frozen(project: Project) -> Project:
    """The project as it is now, without predictions."""
    iterations = {
        iteration.id: replace(iteration, snapshot=iteration.snapshot.copy())
        for iteration in project.iterations.values()
        if iteration.status == "Completed"
    }
    return replace(project, workspace=project.workspace.copy(), iterations=iterations, predictions={})


def _fill(project: Project, source: Project, now: int) -> None:
    workspaces = [source.workspace, *(iteration.snapshot for iteration in source.iterations.values())]
    new_ids = {old: new_id() for workspace in workspaces for old in (*workspace.tags, *workspace.images)}
    project.workspace = _renamed(source.workspace, new_ids)
    project.iterations_made = source.iterations_made
    for iteration in source.iterations.values():
        copy = _iteration_copy(iteration, _renamed(iteration.snapshot, new_ids), project.created, now)
        project.iterations[copy.id] = copy
    project.status, project.last_modified = "Succeeded", now


def _iteration_copy(iteration: Iteration, snapshot: Workspace, created: int, now: int) -> Iteration:
    return replace(
        iteration,
        id=new_id(),
        snapshot=snapshot,
        created=created,
        last_modified=now,
        publish_name=None,
        original_publish_resource_id=None,
        exports=[],
    )


def _renamed(workspace: Workspace, new_ids: Mapping[str, str]) -> Workspace:
    twin = Workspace()
    for tag in workspace.tags.values():
        twin.put_tag(replace(tag, id=new_ids[tag.id]))
    for image in workspace.images.values():
        twin.put_image(_image_copy(image, new_ids))
    return twin


def _image_copy(image: StoredImage, new_ids: Mapping[str, str]) -> StoredImage:
    return replace(
        image,
        id=new_ids[image.id],
        tags=tuple(replace(tag, tag_id=new_ids[tag.tag_id]) for tag in image.tags),
        regions=tuple(
            replace(region, id=new_id(), tag_id=new_ids[region.tag_id]) for region in image.regions
        ),
    )
