"""Exported models: the service's list of them and the files themselves."""

import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

import azure.durable_functions as df

from activities.outcome import fault_of, outcome
from activities.payload_files import without_addresses, write_document
from activities.payloads import IterationPart
from steward.accounts import Account, account
from steward.archive.names import exports_path, model_path, shared_blob
from steward.archive.pictures import PictureConflict, StoredPicture, store_file
from steward.customvision.answers import ModelExport
from steward.customvision.errors import CustomVisionError

bp = df.Blueprint()

MEDIA_TYPE = "application/zip"
# Small models stay in memory, large ones go through a file.
_IN_MEMORY = 4 * 1024 * 1024


@bp.activity_trigger(input_name="part")
@outcome
def export_models(part: IterationPart) -> Mapping[str, Any]:
    """Write exports.json with every model file that the service has made of the iteration."""
    home = account(part["account"])
    entries = [
        _entry(home, part, each) for each in home.client.list_exports(part["project"], part["iteration"])
    ]
    write_document(part, exports_path(part["project"], part["iteration"]), {"exports": entries})
    return {"exports": len(entries)}


def _entry(home: Account, part: IterationPart, export: ModelExport) -> dict[str, Any]:
    """An export that is still being made, or failed, has no file to lose."""
    listed = without_addresses(export)
    uri = export["downloadUri"]
    if export["status"] != "Done" or not uri:
        return {"export": listed}
    path = model_path(part["project"], part["iteration"], export["platform"], export.get("flavor"))
    blob = shared_blob(home.name, path)
    try:
        return {"export": listed, "model": _moved(home, part["project"], uri, blob).pointer(path, blob)}
    except PictureConflict as error:
        return {"export": listed, "gap": {"code": "PictureConflict", "reason": str(error)[:300]}}
    except CustomVisionError as error:
        if error.transient:
            raise
        return {"export": listed, "gap": fault_of(error)}


def _moved(home: Account, project: str, uri: str, blob: str) -> StoredPicture:
    stored = home.store.find(blob)
    if stored and not stored.damage and stored.sha256 and stored.md5:
        # An export of an iteration is made once; the service refuses to make it again.
        return StoredPicture(stored.sha256, stored.md5, stored.length, MEDIA_TYPE)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        home.pictures.download(uri, project, to=cast(BinaryIO, file))
        return store_file(home.store, blob, cast(BinaryIO, file), MEDIA_TYPE)
