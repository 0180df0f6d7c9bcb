"""Errors of the storage library as ours: told apart by the store's own code, and without the library's texts."""

from collections.abc import Generator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError, ResourceModifiedError
from azure.storage.blob import StorageErrorCode

from steward.archive.errors import (
    ArchiveError,
    ArchiveUnavailable,
    BlobExists,
    BlobMissing,
    ContainerMissing,
)

# Only these say that another writer was first. A lease or a policy refuses with the same statuses, 409 and 412, and
# whoever tried again would do so for ever.
_LOST_RACES = {StorageErrorCode.BLOB_ALREADY_EXISTS, StorageErrorCode.APPEND_POSITION_CONDITION_NOT_MET}
_CONTAINER_GONE = {StorageErrorCode.CONTAINER_NOT_FOUND, StorageErrorCode.CONTAINER_BEING_DELETED}


@contextmanager
def store_errors(container: str, name: str = "") -> Generator[None]:
    """Raise what the storage library raises as an ArchiveError; `name` is the blob's, or a listing's prefix."""
    try:
        yield
    except AzureError as error:
        # Without the library's error in its context: that of a refused signature quotes what was signed.
        raise _translated(container, name, error) from None


def _translated(container: str, name: str, error: AzureError) -> ArchiveError:
    found = getattr(error, "error_code", None) or type(error).__name__
    code = str(getattr(found, "value", found))
    if code in _CONTAINER_GONE:
        return ContainerMissing(f"container {container}: does not exist in the archive's storage account")
    # Another 404 may be that of a wrong address, and says nothing of the blob.
    if code == StorageErrorCode.BLOB_NOT_FOUND:
        return BlobMissing(f"{name}: is not in container {container}")
    if code in _LOST_RACES or isinstance(error, ResourceModifiedError):
        return BlobExists(f"{name}: {code}")
    answered = error.status_code if isinstance(error, HttpResponseError) else None
    status = f"HTTP {answered} {code}" if answered else code
    return ArchiveUnavailable(f"container {container}: the storage account did not serve us ({status})")
