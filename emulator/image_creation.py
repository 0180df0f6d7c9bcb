"""Images from data, files, URLs and stored predictions: four ways in, one way of storing."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.bodies import Batch, FileBatch, FileEntry, ImageEntry, PredictionBatch, Region, UrlBatch
from emulator.call import Call, Reply, answer_figures
from emulator.errors import ServiceError
from emulator.image_labels import (
    REGIONS_AN_IMAGE,
    TAGS_AN_IMAGE,
    check_batch,
    check_metadata,
    check_regions,
    one_tag_only,
)
from emulator.pictures import Picture
from emulator.predictions import live_predictions
from emulator.sources import TRAINING_BYTES, RefusedPictureError, fetch, picture_of
from emulator.state import Project
from emulator.wire import PREVIEW, Json
from emulator.workspace import StoredImage

IMAGES_A_BATCH = 64
TAGS_A_BATCH = 20
# Images a project can have ("Limits and quotas").
IMAGE_QUOTA = {"F0": 5_000, "S0": 100_000}


@dataclass(frozen=True)
class _Candidate:
    """An image that may be stored: its picture, or why there is none."""

    source: str
    picture: Picture | RefusedPictureError
    tag_ids: Sequence[str] = ()
    regions: Sequence[Region] = ()


def create_images_from_data(call: Call) -> Reply:
    """Multipart, or one picture as octet-stream; sourceUrl is the file name as sent (recording CreateImagesFromData)."""
    if not call.uploads:
        raise ServiceError("BadRequestImageStream")
    tag_ids: list[str] = call.query["tagIds"]
    candidates = [_Candidate(upload.name, _picture(upload.content, call), tag_ids) for upload in call.uploads]
    return _store(call, candidates, {})


def create_images_from_files(call: Call) -> Reply:
    batch = call.body_as(FileBatch)
    _check(call, batch)
    pictures = [_decoded(entry, call) for entry in batch.images]
    sources = [entry.name or "" for entry in batch.images]
    return _store(call, _candidates(batch, sources, pictures), batch.metadata or {})


async def create_images_from_urls(call: Call) -> Reply:
    batch = call.body_as(UrlBatch)
    _check(call, batch)
    pictures = [await _fetched(entry.url, call) for entry in batch.images]
    return _store(
        call, _candidates(batch, [entry.url for entry in batch.images], pictures), batch.metadata or {}
    )


def create_images_from_predictions(call: Call) -> Reply:
    """sourceUrl is the prediction's id (recording CreateImagesFromPredictions); the prediction stays."""
    batch = call.body_as(PredictionBatch)
    _check(call, batch)
    stored = live_predictions(call.project(), call.options, call.now)
    pictures = [
        stored[entry.id].picture if entry.id in stored else RefusedPictureError("ErrorSource")
        for entry in batch.images
    ]
    return _store(
        call, _candidates(batch, [entry.id for entry in batch.images], pictures), batch.metadata or {}
    )


def _check[Entry: ImageEntry](call: Call, batch: Batch[Entry]) -> None:
    call.project()
    if not batch.images:
        raise ServiceError("BadRequestImageBatch")
    check_batch(len(batch.images), IMAGES_A_BATCH)
    check_batch(len(batch.tag_ids), TAGS_A_BATCH)
    check_metadata(call.version, batch.metadata or {})


def _candidates[Entry: ImageEntry](
    batch: Batch[Entry], sources: Sequence[str], pictures: Sequence[Picture | RefusedPictureError]
) -> list[_Candidate]:
    return [
        _Candidate(source, picture, [*batch.tag_ids, *entry.tag_ids], entry.regions)
        for entry, source, picture in zip(batch.images, sources, pictures, strict=True)
    ]


def _picture(content: bytes, call: Call) -> Picture | RefusedPictureError:
    try:
        return picture_of(content, TRAINING_BYTES, call.options)
    except RefusedPictureError as refused:
        return refused


def _decoded(entry: FileEntry, call: Call) -> Picture | RefusedPictureError:
    try:
        content = base64.b64decode(entry.contents, validate=True)
    except binascii.Error:
        return RefusedPictureError("ErrorImageFormat")
    return _picture(content, call)


async def _fetched(url: str, call: Call) -> Picture | RefusedPictureError:
    try:
        content = await fetch(url, TRAINING_BYTES)
    except RefusedPictureError as refused:
        return refused
    return _picture(content, call)


def _store(call: Call, candidates: Sequence[_Candidate], metadata: Mapping[str, str]) -> Reply:
    """200 where every image was created, 207 otherwise (OpenAPI v3.3; before, 200)."""
    project = call.project()
    check_batch(len(candidates), IMAGES_A_BATCH)
    for candidate in candidates:
        check_regions(project, candidate.regions)
    images = project.workspace.images
    known = (
        {image.picture.md5: image for image in images.values()} if call.options.duplicates == "detect" else {}
    )
    results: list[Json] = []
    for candidate in candidates:
        try:
            image, status = _stored(call, project, candidate, metadata, known)
        except RefusedPictureError as refused:
            results.append({"sourceUrl": candidate.source, "status": refused.status, "image": None})
        else:
            written = call.wire.image(project, image, None)
            results.append({"sourceUrl": candidate.source, "status": status, "image": written})
    # A duplicate makes a batch unsuccessful: the official quickstarts print "Image batch upload failed" for it.
    successful = all(result["status"] == "OK" for result in results)
    status = 207 if not successful and call.version in {"3.3", PREVIEW} else 200
    return answer_figures({"isBatchSuccessful": successful, "images": results}, status)


def _stored(
    call: Call,
    project: Project,
    candidate: _Candidate,
    metadata: Mapping[str, str],
    known: dict[str, StoredImage],
) -> tuple[StoredImage, str]:
    """The image and its status. Raises RefusedPictureError with a status of ImageCreateStatus."""
    if isinstance(candidate.picture, RefusedPictureError):
        raise candidate.picture
    if twin := known.get(candidate.picture.md5):
        return twin, "OKDuplicate"
    if len(project.workspace.images) >= IMAGE_QUOTA[call.options.tier]:
        raise RefusedPictureError("ErrorLimitExceed")
    _check_labels(project, candidate)
    image = project.add_image(
        candidate.picture,
        created=call.account.clock.now(),
        tag_ids=candidate.tag_ids,
        regions=[(region.tag_id, region.box()) for region in candidate.regions],
        metadata=metadata,
    )
    if call.options.duplicates == "detect":
        known[image.picture.md5] = image
    return image, "OK"


def _check_labels(project: Project, candidate: _Candidate) -> None:
    tag_ids = {*candidate.tag_ids, *(region.tag_id for region in candidate.regions)}
    tags = project.workspace.tags
    if not tag_ids <= tags.keys():
        raise RefusedPictureError("ErrorInvalidTag")
    if len(tag_ids) > (1 if one_tag_only(project) else TAGS_AN_IMAGE):
        raise RefusedPictureError("ErrorTagLimitExceed")
    if len(candidate.regions) > REGIONS_AN_IMAGE:
        raise RefusedPictureError("ErrorRegionLimitExceed")
    if len(tag_ids) > 1 and any(tags[tag_id].type == "Negative" for tag_id in tag_ids):
        raise RefusedPictureError("ErrorNegativeAndRegularTagOnSameImage")
