"""The queue that tickets come by, in the storage account of the Functions host."""

from collections.abc import Mapping

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue import QueueClient

from steward.accounts import written_out
from steward.doctor.findings import Amiss

HOST_STORAGE = "AzureWebJobsStorage"
QUEUE = "privacy-requests"
_ONCE = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 10}


def find_queue(environment: Mapping[str, str]) -> str:
    """Raises Amiss."""
    with _client(environment) as client:
        try:
            waiting = client.get_queue_properties(**_ONCE).approximate_message_count
        except ResourceNotFoundError:
            raise Amiss(
                f"queue {QUEUE}: does not exist in the storage account of {HOST_STORAGE}",
                f"make it, as with az storage queue create --name {QUEUE} --account-name …: no ticket can be sent to it",
            ) from None
        except AzureError as error:
            # Its text may quote what was signed.
            code = getattr(error, "error_code", None) or type(error).__name__
            raise Amiss(
                f"{HOST_STORAGE}: the storage account did not serve us ({getattr(code, 'value', code)})",
                f"see that {HOST_STORAGE} is of the storage account of the Functions host; for an identity, the role Storage "
                "Queue Data Contributor there",
            ) from None
    return f"queue {QUEUE}: {waiting or 0} messages wait"


def _client(environment: Mapping[str, str]) -> QueueClient:
    if text := environment.get(HOST_STORAGE):
        try:
            return QueueClient.from_connection_string(written_out(text), QUEUE)
        except ValueError:
            raise Amiss(f"{HOST_STORAGE}: expected a storage connection string", _EXPECTED) from None
    account = environment.get(f"{HOST_STORAGE}__accountName")
    url = environment.get(f"{HOST_STORAGE}__queueServiceUri") or (
        f"https://{account}.queue.core.windows.net" if account else ""
    )
    if not url:
        raise Amiss(f"{HOST_STORAGE}: is not set", _EXPECTED)
    client_id = environment.get(f"{HOST_STORAGE}__clientId")
    identity = ManagedIdentityCredential(client_id=client_id) if client_id else DefaultAzureCredential()
    return QueueClient(url, QUEUE, credential=identity)


_EXPECTED = f"set it to a connection string of the storage account of the host, or {HOST_STORAGE}__accountName to its name"
