"""One container for all examples of a law, each with an account of its own."""

import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient
from hypothesis import settings

from tests.conftest import Azurite

# Laws are not timed: a busy machine is no counterexample.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def store(azurite: Azurite) -> Iterator[ContainerClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client(f"ledgers-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client


def new_account() -> str:
    """An account's name that no other test has."""
    return f"a-{uuid.uuid4().hex[:20]}"
