"""Parts that tests share: one Azurite for many modules, and a fresh container a test."""

import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient
from hypothesis import settings

from stack.processes import start_azurite

# How long an example takes says something of the machine.
settings.register_profile("steward", deadline=None)
settings.load_profile("steward")

# Seconds: no module takes the rest of ten minutes (DEFAULT_GC_INTERVAL_MS in Azurite's source).
YOUNG = 240


@dataclass(frozen=True)
class Azurite:
    """A running Azurite; the ports are on 127.0.0.1."""

    blob_port: int
    queue_port: int
    connection_string: str


@contextmanager
def running_azurite(folder: Path) -> Generator[Azurite]:
    """One of its own, for whoever shares it longer than a module."""
    program = start_azurite(folder)
    facts = program.facts
    try:
        yield Azurite(facts["blobPort"], facts["queuePort"], facts["connectionString"])
    finally:
        program.stop()


class Azurites:
    """One after the other: after ten minutes Azurite collects its garbage, and answers nothing meanwhile."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder
        self._running = ExitStack()
        self._current: Azurite | None = None
        self._started = 0.0

    def young(self) -> Azurite:
        """The one that runs, or a new one in its place."""
        if self._current is None or time.monotonic() - self._started > YOUNG:
            self.stop()
            self._started = time.monotonic()
            self._current = self._running.enter_context(running_azurite(self._new_folder()))
        return self._current

    def stop(self) -> None:
        self._running.close()
        self._current = None


@pytest.fixture(scope="session")
def azurites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurites]:
    found = Azurites(lambda: tmp_path_factory.mktemp("azurite"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def azurite(azurites: Azurites) -> Azurite:
    """The same for many modules, one after the other."""
    return azurites.young()


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """A new, empty container."""
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client(f"test-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client
