"""What Azure Blob Storage retains of deleted blobs, as its data plane tells."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient

from steward.archive.errors import ArchiveError
from steward.archive.recovery import Form, KeptBlob, NotAsked, Policies
from steward.archive.store_errors import store_errors

# Soft delete keeps what was overwritten as deleted snapshots. Asked apart, since a store may refuse one of them.
_INCLUDED: dict[Form, list[str]] = {
    "soft-deleted": ["deleted", "snapshots"],
    "version": ["versions", "deleted"],
    "snapshot": ["snapshots"],
}


class AzureRetention:
    """One container; implements `RetainingStore`."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def kept(self, prefix: str, form: Form) -> Iterator[KeptBlob]:
        with self._asking():
            for blob in self._container.list_blobs(name_starts_with=prefix, include=_INCLUDED[form]):
                if _has(blob, form):
                    yield KeptBlob(str(blob.name), form, _until(blob))

    def policies(self) -> Policies:
        with self._asking():
            found = self._container.get_container_properties()
        versions = bool(found.immutable_storage_with_versioning_enabled)
        return Policies(bool(found.has_immutability_policy) or versions, bool(found.has_legal_hold))

    def soft_delete_days(self) -> int | None:
        with self._asking():
            parts = urlsplit(self._container.url)
            account = urlunsplit(parts._replace(path=parts.path.rpartition("/")[0]))
            with BlobServiceClient(account, self._container.credential) as service:
                policy = service.get_service_properties()["delete_retention_policy"]
        return policy.days if policy.enabled else None

    def listing_shows_deleted(self) -> bool:
        with self._asking():
            return not self._container.get_account_information().get("is_hns_enabled")

    @contextmanager
    def _asking(self) -> Generator[None]:
        try:
            with store_errors(str(self._container.container_name)):
                yield
        except ArchiveError as error:
            raise NotAsked(str(error)) from None


def _has(blob: BlobProperties, form: Form) -> bool:
    match form:
        case "soft-deleted":
            return bool(blob.deleted) and not blob.version_id
        case "version":
            return bool(blob.version_id) and not blob.is_current_version
        case "snapshot":
            return bool(blob.snapshot) and not blob.deleted


def _until(blob: BlobProperties) -> datetime | None:
    if not blob.deleted or blob.remaining_retention_days is None:
        return None
    # Whole days are told, the rest of one is not.
    return datetime.now(UTC) + timedelta(days=blob.remaining_retention_days + 1)
