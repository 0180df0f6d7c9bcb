"""A host that takes tickets, with a storage account of its own: every host of one account would take from its queue."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from stack.stack import QUEUE, create_queue
from tests.conftest import Azurite, running_azurite
from tests.events.ticketing import SECRETS, Desk
from tests.export.exporting import Emulator, Host, new_archive, new_emulator, settings
from tests.store_proxy import StoreProxy, store_proxy

# Messages that fail come back at once.
AT_ONCE = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00"}


@contextmanager
def running_desk(
    azurite: Azurite,
    emulator: Emulator,
    folder: Path,
    *,
    accounts: Sequence[str] = ("default", "other"),
    values: Mapping[str, str] | None = None,
) -> Generator[Desk]:
    """`values`: settings of the app beside those of tests."""
    create_queue(azurite.connection_string)
    with (
        new_archive(azurite.connection_string) as archive,
        QueueClient.from_connection_string(azurite.connection_string, QUEUE) as queue,
        QueueClient.from_connection_string(azurite.connection_string, f"{QUEUE}-poison") as poison,
        Host(
            folder,
            {**settings(emulator, archive, *accounts), **SECRETS, **AT_ONCE, **(values or {})},
        ) as host,
    ):
        yield Desk(host, archive, queue, poison)


@pytest.fixture(scope="package")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The small seed, which the tests leave as it is."""
    with new_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="package")
def own_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running_azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite


@pytest.fixture(scope="package")
def store(own_azurite: Azurite) -> Iterator[StoreProxy]:
    """The way to the archive, which may fail; messages do not go by it."""
    with store_proxy(own_azurite) as running:
        yield running


@pytest.fixture(scope="package")
def desk(
    emulator: Emulator, own_azurite: Azurite, store: StoreProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """The platform says that it authenticates callers, so who asks matters."""
    values = {"ARCHIVE_STORAGE": store.connection_string, "WEBSITE_AUTH_ENABLED": "True"}
    with running_desk(own_azurite, emulator, tmp_path_factory.mktemp("host"), values=values) as found:
        yield found
