"""An archive that lists are read into."""

import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient

from activities import images, pages, payload_files, readings, sealed
from tests.conftest import Azurite
from tests.orchestrator.listings import Archive


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with (
        service,
        service.get_container_client(f"listings-{uuid.uuid4().hex}") as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        client.create_container()
        archive = Archive(client)
        for users in (images, pages, payload_files, readings, sealed):
            patched.setattr(users, "account", archive.of)
        # Looks each time whether the bag is sealed.
        patched.setattr(sealed, "_TRUSTED_SECONDS", 1e-9)
        yield archive
