"""Tags of the workspace and of snapshots."""

from emulator.bodies import TagUpdate
from emulator.call import NO_CONTENT, Call, Reply, answer
from emulator.domains import CATALOGUE
from emulator.errors import ServiceError
from emulator.projects import missing
from emulator.state import Project
from emulator.wire import tag_json
from emulator.workspace import Tag, TagType, id_order

# Tags a project can have ("Limits and quotas").
TAG_QUOTA = {"F0": 50, "S0": 500}
_ONE_A_PROJECT = {
    "Negative": "BadRequestMultipleNegativeTag",
    "GeneralProduct": "BadRequestMultipleGeneralProductTag",
}


def get_tags(call: Call) -> Reply:
    """In id order, not by name or age (recording TagRetrieval)."""
    workspace = call.workspace()
    tags = sorted(workspace.tags.values(), key=lambda tag: id_order(tag.id))
    return answer([tag_json(tag, workspace) for tag in tags])


def get_tag(call: Call) -> Reply:
    workspace = call.workspace()
    return answer(tag_json(_tag(workspace.tags, call), workspace))


def create_tag(call: Call) -> Reply:
    """An empty description is null (recording TagRetrieval)."""
    project = call.project()
    name: str = call.query["name"]
    kind: TagType = call.query["type"]
    _check_name(project, name, None)
    _check_kind(project, kind, None)
    if len(project.workspace.tags) >= TAG_QUOTA[call.options.tier]:
        raise ServiceError("BadRequestExceedTagPerProjectLimit")
    tag = project.add_tag(name, description=call.query["description"] or None, kind=kind)
    return answer(tag_json(tag, project.workspace))


def update_tag(call: Call) -> Reply:
    """Changes the workspace's tag; snapshots keep the tag as it was."""
    project, update = call.project(), call.body_as(TagUpdate)
    tag = _tag(project.workspace.tags, call)
    kind = update.type or tag.type
    if update.name is not None:
        _check_name(project, update.name, tag)
    _check_kind(project, kind, tag)
    description = tag.description if update.description is None else update.description or None
    changed = Tag(tag.id, update.name or tag.name, description, kind)
    project.workspace.put_tag(changed)
    return answer(tag_json(changed, project.workspace))


def delete_tag(call: Call) -> Reply:
    """Images stay and lose the tag and its regions; snapshots keep it, unless options say otherwise."""
    project, tag_id = call.project(), call.ids["tagId"]
    workspaces = [project.workspace]
    if call.options.delete_tag_reaches_iterations:
        workspaces += [iteration.snapshot for iteration in project.iterations.values()]
    having = [workspace for workspace in workspaces if tag_id in workspace.tags]
    if not having:
        return missing(call, "NotFoundTag")
    for workspace in having:
        if call.options.images_of_a_deleted_tag == "go":
            workspace.remove_images_of_only(tag_id)
        workspace.remove_tag(tag_id)
    return NO_CONTENT


def _tag(tags: dict[str, Tag], call: Call) -> Tag:
    if tag := tags.get(call.ids["tagId"]):
        return tag
    raise ServiceError("NotFoundTag")


def _check_name(project: Project, name: str, itself: Tag | None) -> None:
    if not 0 < len(name) <= 128:
        raise ServiceError("BadRequestTagName")
    if any(tag.name == name and tag is not itself for tag in project.workspace.tags.values()):
        raise ServiceError("BadRequestTagNameNotUnique")


def _check_kind(project: Project, kind: TagType, itself: Tag | None) -> None:
    if kind == "Negative" and CATALOGUE[project.domain_id].type == "ObjectDetection":
        # Code BadRequestDetectionTrainingNotAllowNegativeTag says that detection has no Negative tags.
        raise ServiceError("BadRequestTagType", "A detection project has no Negative tag.")
    others = [tag for tag in project.workspace.tags.values() if tag is not itself]
    if kind in _ONE_A_PROJECT and any(tag.type == kind for tag in others):
        raise ServiceError(_ONE_A_PROJECT[kind])
