"""One downloaded bag for all of these modules."""

import uuid
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from steward.archive.download import download
from steward.archive.store import ArchiveStore
from tests.bag_pages.photographs import photographed
from tests.conftest import Azurites


@pytest.fixture(scope="session")
def bag(azurites: Azurites, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes there. A folder's name may have what means something in an address."""
    bag = tmp_path_factory.mktemp("pages") / "a bag #1 100%"
    service = BlobServiceClient.from_connection_string(azurites.young().connection_string)
    with service, service.get_container_client(f"test-{uuid.uuid4().hex}") as container:
        container.create_container()
        export = photographed(ArchiveStore(container))
        download(export.store, export.bag, bag)
    return bag
