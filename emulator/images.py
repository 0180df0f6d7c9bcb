"""Lists and counts of images, of the workspace or of a snapshot."""

import random
from collections.abc import Sequence

from emulator.call import Call, Reply, answer, answer_figures
from emulator.errors import ServiceError
from emulator.metadata_filter import metadata_filter
from emulator.projects import missing
from emulator.workspace import StoredImage, Workspace


def get_images(call: Call) -> Reply:
    return _page(call, _chosen(call))


def get_image_count(call: Call) -> Reply:
    return answer(len(_chosen(call)))


def get_tagged_images(call: Call) -> Reply:
    return _page(call, _tagged(call.workspace(), call.query["tagIds"]))


def get_tagged_image_count(call: Call) -> Reply:
    return answer(len(_tagged(call.workspace(), call.query["tagIds"])))


def get_untagged_images(call: Call) -> Reply:
    return _page(call, _untagged(call.workspace()))


def get_untagged_image_count(call: Call) -> Reply:
    return answer(len(_untagged(call.workspace())))


def get_images_by_ids(call: Call) -> Reply:
    """Backwards from the ids asked (recording GetImagesByIds)."""
    workspace, image_ids = call.workspace(), call.query["imageIds"]
    found = [workspace.images[image_id] for image_id in image_ids if image_id in workspace.images]
    if len(found) < len(image_ids) and call.options.missing_images == "refuse":
        raise ServiceError("NotFoundImage")
    if call.options.images_by_ids == "reversed":
        found.reverse()
    return _written(call, workspace, found)


def delete_images(call: Call) -> Reply:
    """By ids from the workspace: 204. allImages or allIterations: 202, and done by and by (OpenAPI, DeleteImages)."""
    project = call.project()
    every, everywhere = call.query.get("allImages"), call.query.get("allIterations")
    image_ids: list[str] = call.query["imageIds"]
    if bool(every) == bool(image_ids):
        raise ServiceError("BadRequestInvalidIds", "Expected imageIds or allImages, one of them.")
    if every and everywhere and call.options.all_images_of_all_iterations == "refuse":
        raise ServiceError("BadRequestNotSupported")
    workspaces = [project.workspace]
    if everywhere or call.options.delete_images_reaches_iterations:
        workspaces += [iteration.snapshot for iteration in project.iterations.values()]
    if every:
        image_ids = list(dict.fromkeys(image_id for workspace in workspaces for image_id in workspace.images))
    elif not any(image_id in workspace.images for workspace in workspaces for image_id in image_ids):
        return missing(call, "NotFoundImage")
    if (every or everywhere) and call.options.asynchronous_delete == "all":
        _delete_later(call, workspaces, image_ids)
        return Reply(202)
    _remove(workspaces, image_ids)
    return Reply(204)


def _delete_later(call: Call, workspaces: Sequence[Workspace], image_ids: Sequence[str]) -> None:
    """In ten steps, so that counts are seen to fall."""
    steps = 10
    for step in range(steps):
        part = image_ids[step::steps]
        delay = call.options.delete_seconds * (step + 1) / steps
        call.account.after(delay, lambda part=part: _remove(workspaces, part))


def _remove(workspaces: Sequence[Workspace], image_ids: Sequence[str]) -> None:
    for workspace in workspaces:
        for image_id in image_ids:
            workspace.remove_image(image_id)


def _chosen(call: Call) -> Sequence[StoredImage]:
    """By tagging status, tags and metadata (v3.3 on)."""
    workspace, status = call.workspace(), call.query["taggingStatus"]
    tag_ids: list[str] = call.query["tagIds"]
    if status == "Untagged":
        images = _untagged(workspace)
    elif status == "Tagged" or tag_ids:
        images = _tagged(workspace, tag_ids)
    else:
        images = workspace.newest_first()
    if expression := call.query["$filter"]:
        fits = metadata_filter(expression)
        return [image for image in images if fits(image.metadata)]
    return images


def _tagged(workspace: Workspace, tag_ids: Sequence[str]) -> Sequence[StoredImage]:
    """Images with any of these tags, or with any tag (reference 2.2: "or")."""
    if not tag_ids:
        return [image for image in workspace.newest_first() if image.tags]
    wanted = set(tag_ids)
    return [image for image in workspace.newest_first() if any(tag.tag_id in wanted for tag in image.tags)]


def _untagged(workspace: Workspace) -> Sequence[StoredImage]:
    return [image for image in workspace.newest_first() if not image.tags]


def in_order(call: Call, newest_first: Sequence[StoredImage]) -> Sequence[StoredImage]:
    """The page that orderBy, skip and take name."""
    if call.options.equal_times == "at-random":
        shuffled = random.sample(newest_first, len(newest_first))
        newest_first = sorted(shuffled, key=lambda image: -image.created)
    ordered = newest_first[::-1] if call.query["orderBy"] == "Oldest" else newest_first
    skip: int = call.query["skip"]
    return ordered[skip : skip + call.query["take"]]


def _page(call: Call, newest_first: Sequence[StoredImage]) -> Reply:
    return _written(call, call.workspace(), in_order(call, newest_first))


def _written(call: Call, workspace: Workspace, images: Sequence[StoredImage]) -> Reply:
    project, wire = call.project(), call.wire
    written = [wire.image(project, image, workspace.tags) for image in images]
    return answer_figures(written) if any(map(_has_tiny_figures, images)) else answer(written)


def _has_tiny_figures(image: StoredImage) -> bool:
    """Whether a figure of a region is written with an exponent; looking is cheaper than rewriting every page."""
    return any(
        0 < figure < 1e-4
        for region in image.regions
        for figure in (region.box.left, region.box.top, region.box.width, region.box.height)
    )
