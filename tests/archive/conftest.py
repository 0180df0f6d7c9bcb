"""A store of its own for each test of the archive."""

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore


@pytest.fixture
def store(container: ContainerClient) -> ArchiveStore:
    return ArchiveStore(container)
