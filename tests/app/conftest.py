"""What a host stands on, one of each a module: an account with nothing in it, an archive, and a way to it that may fail."""

from collections.abc import Iterator

import pytest

from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, new_archive, new_emulator
from tests.store_proxy import StoreProxy, store_proxy


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with new_emulator(tmp_path_factory.mktemp("emulator"), seed="none") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(azurite: Azurite) -> Iterator[StoreProxy]:
    with store_proxy(azurite) as running:
        yield running


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    with new_archive(azurite.connection_string) as found:
        yield found
