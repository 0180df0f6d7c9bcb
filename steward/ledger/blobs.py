"""Reading a small blob whole, and telling a lost race or a missing blob from a fault of the store."""

from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient, StorageErrorCode


@dataclass(frozen=True, slots=True)
class Content:
    """A blob as one read found it."""

    data: bytes
    etag: str
    metadata: dict[str, str]


def read(blob: BlobClient) -> Content | None:
    """The whole blob, None where there is none; a missing container is an error."""
    try:
        stream = blob.download_blob()
        data = stream.readall()
    except ResourceNotFoundError as error:
        if code_of(error) == StorageErrorCode.BLOB_NOT_FOUND:
            return None
        raise
    return Content(data, str(stream.properties.etag), dict(stream.properties.metadata))


def code_of(error: HttpResponseError) -> str:
    """The store's own word for what happened, such as BlobNotFound; azure-storage-blob sets it on the errors that it raises."""
    return str(getattr(error, "error_code", ""))


def lost_race(error: HttpResponseError) -> bool:
    """Whether another writer was first: a condition that no longer holds, or a blob that is there already."""
    return error.status_code == 412 or code_of(error) == StorageErrorCode.BLOB_ALREADY_EXISTS
