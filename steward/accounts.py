"""The connections of an account, made once a process: the service's client, the pictures' source, the archive store."""

import functools
import logging
from dataclasses import dataclass

from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob import ContainerClient

from steward.account_settings import AccountSettings, ContainerSettings
from steward.archive.store import ArchiveStore
from steward.connections import Connections
from steward.customvision.budget import CallBudget
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.pictures import PictureSource
from steward.settings import Settings, current_settings

# Azurite's published account, which this connection string stands for in every Azure tool.
_DEVELOPMENT = "UseDevelopmentStorage=true"
_DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_DEVELOPMENT_STORE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    f"AccountKey={_DEVELOPMENT_KEY};BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)

# The storage client logs every request and its headers at INFO.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Account:
    """One account with everything that speaks for it; threads may share it."""

    name: str
    settings: AccountSettings
    client: CustomVisionClient
    pictures: PictureSource
    container: ContainerClient
    store: ArchiveStore


@functools.cache
def account(name: str) -> Account:
    """The account of that name in this process's settings; raises KeyError for a name that they do not have."""
    return connect(current_settings(), name)


def connect(settings: Settings, name: str) -> Account:
    """New connections to an account."""
    chosen = settings.accounts[name]
    container = container_of(settings, chosen.archive)
    shared = container_of(settings, chosen.budget) if chosen.budget else container
    credential, deleting = credentials_of(settings, chosen)
    client = CustomVisionClient(
        chosen.endpoint,
        credential,
        deleting_credential=deleting,
        version=chosen.api_version,
        budget=CallBudget(shared.get_blob_client(f"{name}/budget"), settings.calls_per_second),
        pool_size=settings.picture_threads * 2,
    )
    pictures = PictureSource(
        client,
        settings.picture_hosts,
        # Only an account on this machine may have its pictures on this machine.
        allow_http=chosen.endpoint.startswith("http://"),
        pool_size=settings.picture_threads * 2,
    )
    return Account(name, chosen, client, pictures, container, ArchiveStore(container))


def reader_of(chosen: AccountSettings) -> TokenCredential:
    """The identity that reads what the service and the management plane have of an account."""
    return identity(chosen.reader_client_id)


def identity(client_id: str | None) -> TokenCredential:
    """A user-assigned identity of the app, or what the environment gives."""
    return ManagedIdentityCredential(client_id=client_id) if client_id else DefaultAzureCredential()


def credentials_of(
    settings: Settings, chosen: AccountSettings
) -> tuple[TrainingKey | TokenCredential, TokenCredential | None]:
    """What the account's service is called with; and to delete, where that is another."""
    reading = TrainingKey(settings.secret(chosen.key_setting)) if chosen.key_setting else reader_of(chosen)
    deleting = chosen.contributor_client_id
    return reading, identity(deleting) if deleting else None


def container_of(settings: Settings, chosen: ContainerSettings) -> ContainerClient:
    """A container, by connection string or by an identity of the app."""
    name = chosen.connection
    read = settings.environment.get
    transport = RequestsTransport(
        session=Connections(settings.picture_threads * 2, block=False), session_owner=False
    )
    if text := read(name):
        return ContainerClient.from_connection_string(
            written_out(text), chosen.container, transport=transport
        )
    url = read(f"{name}__blobServiceUri") or f"https://{read(f'{name}__accountName')}.blob.core.windows.net"
    credential = identity(read(f"{name}__clientId"))
    return ContainerClient(url, chosen.container, credential=credential, transport=transport)


def written_out(connection_string: str) -> str:
    """What the storage libraries read; they do not know the short form of Azurite's."""
    short = connection_string.strip().rstrip(";") == _DEVELOPMENT
    return _DEVELOPMENT_STORE if short else connection_string
