"""A store of its own for each test of the archive, and a bag in it for those that want one."""

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore
from tests.archive.exports import Export, Project


@pytest.fixture
def store(container: ContainerClient) -> ArchiveStore:
    return ArchiveStore(container)


@pytest.fixture
def export(store: ArchiveStore) -> Export:
    """Sealed."""
    export = Export(store)
    export.write([Project()])
    export.seal()
    return export
