"""Tags, regions and metadata that are put on images and taken off them."""

from collections.abc import Sequence
from dataclasses import replace

from emulator.bodies import ImageTagBatch, ImageTagEntry, Metadata, Region, RegionBatch, RegionEntry
from emulator.call import NO_CONTENT, Call, Reply, answer
from emulator.domains import CATALOGUE
from emulator.errors import ServiceError
from emulator.projects import missing
from emulator.state import Project
from emulator.wire import PREVIEW, Json, region_json
from emulator.workspace import Box, ImageRegion, StoredImage, Workspace, new_id

TAGS_AN_IMAGE = 100
REGIONS_AN_IMAGE = 300
# Pairs, characters of a key, of a value: OpenAPI v3.3 and v3.4-preview differ (UpdateImageMetadata).
_METADATA_LIMITS = {PREVIEW: (10, 128, 256)}
_STABLE_METADATA_LIMITS = (50, 256, 512)


def create_image_tags(call: Call) -> Reply:
    """At most 128 pairs; `duplicated` and `exceeded` are lists, empty too (recording ImageTagManipulation)."""
    project, batch = call.project(), call.body_as(ImageTagBatch)
    check_batch(len(batch.tags), 128)
    for entry in batch.tags:
        _check_known(project.workspace, entry.image_id, entry.tag_id)
    created: list[Json] = []
    duplicated: list[Json] = []
    exceeded: list[Json] = []
    changed: dict[str, StoredImage] = {}
    for entry in batch.tags:
        image = changed.get(entry.image_id) or project.workspace.images[entry.image_id]
        if image.has_tag(entry.tag_id):
            duplicated.append(_pair(entry))
            continue
        if call.options.second_multiclass_tag == "replace" and one_tag_only(project):
            image = replace(image, tags=())
        if not room_for_tag(project, image, entry.tag_id):
            exceeded.append(_pair(entry))
        else:
            changed[image.id] = image.with_tag(entry.tag_id, call.now)
            created.append(_pair(entry))
    for image in changed.values():
        project.workspace.put_image(image)
    return answer({"created": created, "duplicated": duplicated, "exceeded": exceeded})


def delete_image_tags(call: Call) -> Reply:
    """Every one of the tags from every one of the images; regions with a tag go with it."""
    project = call.project()
    image_ids: list[str] = call.query["imageIds"]
    tag_ids: list[str] = call.query["tagIds"]
    if not any(image_id in project.workspace.images for image_id in image_ids):
        return missing(call, "NotFoundImage")
    for image_id in image_ids:
        if image := project.workspace.images.get(image_id):
            for tag_id in tag_ids:
                image = image.without_tag(tag_id)
            project.workspace.put_image(image)
    return NO_CONTENT


def create_image_regions(call: Call) -> Reply:
    """At most 64; a region brings its tag to the image (recording RegionManipulation)."""
    project, batch = call.project(), call.body_as(RegionBatch)
    check_batch(len(batch.regions), 64)
    for entry in batch.regions:
        _check_known(project.workspace, entry.image_id, entry.tag_id)
    check_regions(project, batch.regions)
    created: list[Json] = []
    duplicated: list[Json] = []
    exceeded: list[Json] = []
    for entry in batch.regions:
        image = project.workspace.images[entry.image_id]
        if any(one.tag_id == entry.tag_id and one.box == entry.box() for one in image.regions):
            duplicated.append(_entry_json(entry))
        elif len(image.regions) >= REGIONS_AN_IMAGE:
            exceeded.append(_entry_json(entry))
        else:
            region = ImageRegion(new_id(), entry.tag_id, call.now, entry.box())
            project.workspace.put_image(image.with_region(region))
            created.append({"imageId": image.id, **region_json(region, None)})
    # 207 where a region was not created (OpenAPI v3.3, CreateImageRegions).
    partly = bool(exceeded) and call.version in {"3.3", PREVIEW}
    return answer(
        {"created": created, "duplicated": duplicated, "exceeded": exceeded}, 207 if partly else 200
    )


def delete_image_regions(call: Call) -> Reply:
    workspace = call.project().workspace
    wanted = set(call.query["regionIds"])
    having = [
        image for image in workspace.images.values() if any(region.id in wanted for region in image.regions)
    ]
    if not having:
        # The service has no code of its own for regions.
        return missing(call, "NotFound")
    for image in having:
        changed = image
        for region in image.regions:
            changed = changed.without_region(region.id) if region.id in wanted else changed
        workspace.put_image(changed)
    return NO_CONTENT


def update_image_metadata(call: Call) -> Reply:
    """Sets these pairs and keeps the others; 207 where an image is not there (OpenAPI v3.3)."""
    workspace = call.project().workspace
    metadata = call.body_as(Metadata).root
    check_metadata(call.version, metadata)
    most = _limits(call.version)[0]
    results: list[Json] = []
    for image_id in call.query["imageIds"]:
        image = workspace.images.get(image_id)
        merged = dict(image.metadata) if image and call.options.metadata_update == "merge" else {}
        merged |= metadata
        if image is None:
            results.append({"imageId": image_id, "status": "ErrorImageNotFound"})
        elif len(merged) > most:
            results.append({"imageId": image_id, "status": "ErrorLimitExceed"})
        else:
            workspace.put_image(replace(image, metadata=merged))
            results.append({"imageId": image_id, "status": "OK", "metadata": merged})
    successful = all(result["status"] == "OK" for result in results)
    return answer({"isBatchSuccessful": successful, "images": results}, 200 if successful else 207)


def check_batch(size: int, most: int) -> None:
    if size > most:
        raise ServiceError("BadRequestExceededBatchSize", f"{size} items; expected {most} at most.")


def check_metadata(version: str, metadata: dict[str, str]) -> None:
    most, key_length, value_length = _limits(version)
    if len(metadata) > most or any(not 0 < len(key) <= key_length for key in metadata):
        raise ServiceError(
            "BadRequestImageMetadataKey", f"Expected {most} keys of 1 to {key_length} characters at most."
        )
    if any(len(value) > value_length for value in metadata.values()):
        raise ServiceError(
            "BadRequestImageMetadataValue", f"Expected values of {value_length} characters at most."
        )


def check_regions(project: Project, regions: Sequence[Region]) -> None:
    """Regions are for detection projects, and within the picture (0 to 1, OpenAPI definition Region)."""
    if regions and CATALOGUE[project.domain_id].type != "ObjectDetection":
        raise ServiceError("BadRequestImageRegions")
    if not all(_inside(region.box()) for region in regions):
        raise ServiceError("BadRequestImageRegions")


def room_for_tag(project: Project, image: StoredImage, tag_id: str) -> bool:
    """Whether the image can have one tag more. 400 where a Negative and another tag would meet."""
    tags = project.workspace.tags
    negative = [tags[tag.tag_id].type == "Negative" for tag in image.tags]
    if any(negative) or (image.tags and tags[tag_id].type == "Negative"):
        raise ServiceError("BadRequestNegativeAndRegularTagOnSameImage")
    return len(image.tags) < (1 if one_tag_only(project) else TAGS_AN_IMAGE)


def one_tag_only(project: Project) -> bool:
    """Whether each image has one tag: Multiclass, which says nothing in detection."""
    return (
        project.classification_type == "Multiclass" and CATALOGUE[project.domain_id].type == "Classification"
    )


def _inside(box: Box) -> bool:
    # Single floats do not add up exactly.
    slack = 1e-5
    within = (
        box.left >= 0
        and box.top >= 0
        and box.left + box.width <= 1 + slack
        and box.top + box.height <= 1 + slack
    )
    return within and box.width > 0 and box.height > 0


def _check_known(workspace: Workspace, image_id: str, tag_id: str) -> None:
    if image_id not in workspace.images:
        raise ServiceError("NotFoundImage", f"The image {image_id} does not exist.")
    if tag_id not in workspace.tags:
        raise ServiceError("NotFoundTag", f"The tag {tag_id} does not exist.")


def _limits(version: str) -> tuple[int, int, int]:
    return _METADATA_LIMITS.get(version, _STABLE_METADATA_LIMITS)


def _pair(entry: ImageTagEntry) -> Json:
    return {"imageId": entry.image_id, "tagId": entry.tag_id}


def _entry_json(entry: RegionEntry) -> Json:
    box = entry.box()
    return {
        "imageId": entry.image_id,
        "tagId": entry.tag_id,
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
    }
