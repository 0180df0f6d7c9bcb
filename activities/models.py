"""Exported models: the service's list of them and the files themselves."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, cast

import azure.durable_functions as df

from activities.outcome import fault_of, is_passing, outcome
from activities.payload_files import without_addresses, write_document
from activities.payloads import IterationPart
from steward.accounts import Account, account
from steward.archive.documents import gap
from steward.archive.names import exports_path, model_path, models_prefix, shared_blob
from steward.archive.pictures import PictureConflict, StoredPicture, store_file
from steward.archive.store import StoredBlob
from steward.customvision.answers import ModelExport
from steward.customvision.errors import CustomVisionError
from steward.customvision.pictures import Download

bp = df.Blueprint()

MEDIA_TYPE = "application/zip"
# Small models stay in memory, large ones go through a file.
_IN_MEMORY = 4 * 1024 * 1024


@bp.activity_trigger(input_name="part")
@outcome
def export_models(part: IterationPart) -> Mapping[str, Any]:
    """Write exports.json with every model file that the service has made of the iteration."""
    home, project, iteration = account(part["account"]), part["project"], part["iteration"]
    stored = list(home.store.list(models_prefix(home.name, project, iteration)))
    entries = [_entry(home, part, stored, each) for each in home.client.list_exports(project, iteration)]
    write_document(part, exports_path(project, iteration), {"exports": entries})
    return {"exports": len(entries)}


def _entry(
    home: Account, part: IterationPart, stored: Sequence[StoredBlob], export: ModelExport
) -> dict[str, Any]:
    """An export that is still being made, or failed, has no file to lose."""
    listed = without_addresses(export)
    if export["status"] != "Done":
        return {"export": listed}
    if not (uri := export["downloadUri"]):
        reason = "the service says that it is done, but not where it is"
        return {"export": listed, **gap("ModelHasNoAddress", reason)}

    def path_of(sha256: str) -> str:
        return model_path(
            part["project"], part["iteration"], export["platform"], export.get("flavor"), sha256
        )

    try:
        return {"export": listed, "model": _moved(home, part["project"], uri, stored, path_of)}
    except PictureConflict as error:
        return {"export": listed, **gap("PictureConflict", str(error)[:300])}
    except CustomVisionError as error:
        if is_passing(error):
            raise
        return {"export": listed, "gap": fault_of(error)}


def _moved(
    home: Account, project: str, uri: str, stored: Sequence[StoredBlob], path_of: Callable[[str], str]
) -> dict[str, Any]:
    """The pointer to the file as the service has it now; `path_of` its SHA-256. What is stored is not written again."""
    known = {
        Download(blob.sha256, blob.md5, blob.length)
        for blob in stored
        if blob.sha256 and blob.md5 and not blob.damage
        if blob.name == shared_blob(home.name, path_of(blob.sha256))
    }
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        file = cast(BinaryIO, spooled)
        found = home.pictures.download(uri, project, to=file, known=known)
        path = path_of(found.sha256)
        blob = shared_blob(home.name, path)
        if found in known:
            return StoredPicture(found.sha256, found.md5, found.length, MEDIA_TYPE).pointer(path, blob)
        return store_file(home.store, blob, file, MEDIA_TYPE).pointer(path, blob)
