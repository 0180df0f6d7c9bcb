"""Reading a small blob whole, and the store's faults as the archive's errors: nothing of the storage library leaves here."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from azure.storage.blob import BlobClient

from steward.archive.errors import BlobMissing
from steward.archive.store_errors import store_errors


@dataclass(frozen=True, slots=True)
class Content:
    """A blob as one read found it."""

    data: bytes
    etag: str
    metadata: dict[str, str]


def read(blob: BlobClient) -> Content | None:
    """The whole blob, None where there is none; a missing container is an error."""
    try:
        with errors(blob):
            stream = blob.download_blob()
            data = stream.readall()
    except BlobMissing:
        return None
    return Content(data, str(stream.properties.etag), dict(stream.properties.metadata))


def errors(blob: BlobClient) -> AbstractContextManager[None]:
    """Raise what the store refuses as ArchiveErrors: BlobExists where another writer was first."""
    return store_errors(str(blob.container_name), str(blob.blob_name))
