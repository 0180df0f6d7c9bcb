"""Programs that the tests of this folder share: one emulator with the small seed, and an archive for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Azurite, running_azurite
from tests.export.exporting import Archive, Emulator, Exported, Host, new_archive, new_emulator, settings

type StartEmulator = Callable[..., Emulator]


@pytest.fixture(scope="package")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The small seed, for tests that leave it as it is."""
    with new_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def own_emulator(tmp_path: Path) -> Iterator[StartEmulator]:
    """Starts an emulator for one test: its options, and its seed."""
    with ExitStack() as running:

        def start(*options: str, seed: str = "small") -> Emulator:
            return running.enter_context(new_emulator(tmp_path, *options, seed=seed))

        yield start


@pytest.fixture(scope="package")
def exported(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """A host that has exported the whole small seed, and goes on running."""
    with (
        running_azurite(tmp_path_factory.mktemp("azurite")) as azurite,
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive)) as host,
    ):
        yield Exported(emulator, archive, host, host.export())


@pytest.fixture
def archive(azurite: Azurite) -> Iterator[Archive]:
    """A new, empty archive."""
    with new_archive(azurite.connection_string) as found:
        yield found
