"""Connections of queue triggers, by name, as the Functions host finds them."""

import os
from typing import Any

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue import QueueClient

from localhost.functions import Function
from localhost.misconfigured import Misconfigured
from localhost.settings import resolve

POISON_SUFFIX = "-poison"
DEFAULT_CONNECTION = "AzureWebJobsStorage"
# https://learn.microsoft.com/azure/azure-functions/functions-reference#common-properties-for-identity-based-connections
CLIENT_ID = "__clientId"
CREDENTIAL = "__credential"


def queue_client(function: Function, *, poison: bool) -> QueueClient:
    """A client for the queue of a function, or for its poison queue; bodies are passed as they are.

    The connection NAME is the connection string in the setting NAME or AzureWebJobsNAME, or an identity with
    NAME__queueServiceUri or NAME__accountName.

    Raises:
        Misconfigured: no such setting, or one that is no connection.
    """
    where = f"The queue of function {function.name}"
    queue = resolve(str(function.trigger.get("queueName") or ""), where)
    if not queue:
        raise Misconfigured(f"{where} has no name.")
    queue += POISON_SUFFIX if poison else ""
    name = str(function.trigger.get("connection") or DEFAULT_CONNECTION)
    for setting in (name, f"AzureWebJobs{name}"):
        if connection := os.environ.get(setting):
            return _from_connection_string(connection, setting, queue)
        if service := _service(setting):
            return QueueClient(service, queue, credential=_identity(setting))
    raise Misconfigured(
        f"{where} has the connection {name}: set {name} or AzureWebJobs{name} to a connection string, "
        f"or {name}__queueServiceUri or {name}__accountName for an identity."
    )


def _identity(setting: str) -> TokenCredential:
    """A managed identity where `__credential` says so, as it must for a user-assigned one in Azure; else what there is."""
    client_id = os.environ.get(setting + CLIENT_ID)
    if os.environ.get(setting + CREDENTIAL, "").lower() == "managedidentity":
        return ManagedIdentityCredential(client_id=client_id)
    identity: dict[str, Any] = {"managed_identity_client_id": client_id} if client_id else {}
    return DefaultAzureCredential(**identity)


def _from_connection_string(connection: str, setting: str, queue: str) -> QueueClient:
    try:
        return QueueClient.from_connection_string(connection, queue)
    except ValueError:
        # The library's text would show a part of the connection string.
        raise Misconfigured(f"The setting {setting} is not a storage connection string.") from None


def _service(setting: str) -> str | None:
    account = os.environ.get(f"{setting}__accountName")
    return os.environ.get(f"{setting}__queueServiceUri") or (
        f"https://{account}.queue.core.windows.net" if account else None
    )
