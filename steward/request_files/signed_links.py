"""A link that lets whoever has it read one blob, for minutes: made when it is asked for, and kept nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, ContainerClient, generate_blob_sas

from steward.archive.errors import ArchiveUnavailable
from steward.archive.store import ArchiveStore
from steward.archive.store_errors import store_errors

LIFETIME = timedelta(minutes=5)
# The store's clock may be behind this machine's; a key that begins later than now signs nothing.
_CLOCKS_APART = timedelta(minutes=5)


def signed_link(
    container: ContainerClient, blob: str, *, saved_as: str, lifetime: timedelta = LIFETIME
) -> str:
    """The blob's address with a shared access signature: read only, this blob only.

    `saved_as` is the name under which a browser saves it: ASCII, with no quotation mark. Raises ArchiveError, also where the
    app's own way to the store cannot sign.
    """
    now = datetime.now(UTC)
    address = ArchiveStore(container).url(blob)
    signature = generate_blob_sas(
        _account(container),
        str(container.container_name),
        blob,
        permission=BlobSasPermissions(read=True),
        expiry=now + lifetime,
        # Azurite answers over http on this machine, nothing else does.
        protocol="https" if address.startswith("https://") else "https,http",
        content_disposition=f'attachment; filename="{saved_as}"',
        cache_control="no-store",
        **_signing_key(container, now, now + lifetime),
    )
    return f"{address}?{signature}"


def _account(container: ContainerClient) -> str:
    """The host names it, or the first part of the path where the host is an address or a name of the customer's own."""
    parts = urlsplit(container.url).path.strip("/").split("/")
    name = container.account_name or (parts[0] if len(parts) > 1 else "")
    if not name:
        raise ArchiveUnavailable(
            f"container {container.container_name}: no link can be signed, since its address does not name the storage account"
        )
    return str(name)


def _signing_key(container: ContainerClient, now: datetime, until: datetime) -> dict[str, Any]:
    """The connection string's key; else one that the store lends to the app's identity for as long as the link lives."""
    credential: Any = container.credential
    if key := getattr(credential, "account_key", None):
        return {"account_key": key}
    if not hasattr(credential, "get_token"):
        raise ArchiveUnavailable(
            f"container {container.container_name}: no link can be signed with a SharedAccessSignature; expected a "
            "connection string with AccountKey, or an identity"
        )
    account_url = container.url.partition("?")[0].rpartition("/")[0]
    with (
        store_errors(str(container.container_name)),
        BlobServiceClient(account_url, cast("TokenCredential", credential)) as service,
    ):
        return {"user_delegation_key": service.get_user_delegation_key(now - _CLOCKS_APART, until)}
