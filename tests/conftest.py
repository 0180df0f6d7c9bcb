"""Parts that tests share: one Azurite a session, and a fresh container a test."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from stack.processes import start_azurite


@dataclass(frozen=True)
class Azurite:
    """A running Azurite; the ports are on 127.0.0.1."""

    blob_port: int
    queue_port: int
    connection_string: str


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    program = start_azurite(tmp_path_factory.mktemp("azurite"))
    facts = program.facts
    try:
        yield Azurite(facts["blobPort"], facts["queuePort"], facts["connectionString"])
    finally:
        program.stop()


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """A new, empty container."""
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client(f"test-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client
