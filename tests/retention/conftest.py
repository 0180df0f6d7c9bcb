"""An account whose bags are to go."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from tests.conftest import Azurite
from tests.retention.retaining import Retaining, retaining


@pytest.fixture
def account(azurite: Azurite, container: ContainerClient, tmp_path: Path) -> Retaining:
    return retaining(azurite, container, tmp_path)
