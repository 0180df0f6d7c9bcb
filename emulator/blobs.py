"""The blob store: pictures, thumbnails, models, by path (recordings README; reference 2.4)."""

import json
import re
import uuid
from dataclasses import dataclass

from emulator.account import Account
from emulator.call import Call, Reply
from emulator.errors import BlobError, ServiceError, blob_not_found
from emulator.pictures import RESIZED_SIDE, THUMBNAIL_SIDE, Picture, content_md5, smaller
from emulator.state import Project
from emulator.workspace import bare

_HEX = r"[0-9a-f]{32}"
_IMAGE = re.compile(rf"/i-({_HEX})/([itr])-({_HEX})")
_PREDICTION = re.compile(rf"/(?:predictionimages/([0-9a-f-]{{36}})|e-({_HEX}))/([ot])-({_HEX})")
# By the blob name's prefix; `r` is of the option `resized` only.
_SIDES = {"t": THUMBNAIL_SIDE, "r": RESIZED_SIDE}


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes as Blob Storage gives them; `md5` is the Content-MD5 header."""

    content: bytes
    media_type: str
    md5: str


def find_blob(account: Account, path: str) -> Blob:
    """Raises BlobError, 404, where nothing is stored at the path."""
    if found := _IMAGE.fullmatch(path):
        project = account.with_pictures(_identifier(found[1]))
        picture = project.find_picture(_identifier(found[3])) if project else None
        return _picture_blob(picture, found[2])
    if found := _PREDICTION.fullmatch(path):
        picture = _prediction_picture(account, found[1] or _identifier(found[2]), _identifier(found[4]))
        return _picture_blob(picture, found[3])
    if model := account.models.get(path):
        return Blob(model, "application/zip", content_md5(model))
    if exported := account.project_exports.get(path):
        return _export_blob(exported)
    raise blob_not_found()


def get_artifact(call: Call) -> Reply:
    """The bytes at a path of this project, with or without leading slash (recording GetArtifacts)."""
    project = call.project()
    path = "/" + str(call.query["path"]).lstrip("/")
    if bare(project.id) not in path and project.id not in path:
        raise ServiceError("BadRequestInvalidArtifactUri")
    try:
        blob = find_blob(call.account, path)
    except BlobError:
        raise ServiceError("NotFound", "The artifact does not exist.") from None
    return Reply(200, blob.content, "application/octet-stream")


def _picture_blob(picture: Picture | None, prefix: str) -> Blob:
    if picture is None:
        raise blob_not_found()
    shown = smaller(picture, _SIDES[prefix]) if prefix in _SIDES else picture
    return Blob(shown.content, shown.media_type, shown.md5)


def _prediction_picture(account: Account, project_id: str, prediction_id: str) -> Picture | None:
    if project := account.with_pictures(project_id):
        prediction = project.predictions.get(prediction_id)
        return prediction.picture if prediction else None
    return account.deleted_project_pictures.get(project_id, {}).get(prediction_id)


def _export_blob(project: Project) -> Blob:
    """What an import needs stays in the emulator: the file only names the project."""
    content = json.dumps({"projectId": project.id, "images": len(project.workspace.images)}).encode()
    return Blob(content, "application/octet-stream", content_md5(content))


def _identifier(digits: str) -> str:
    return str(uuid.UUID(digits))
