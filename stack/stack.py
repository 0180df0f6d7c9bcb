"""The three programs together, wired to each other."""

import json
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from stack.processes import Program, start_azurite, start_emulator, start_host

CONTAINER = "archive"
QUEUE = "privacy-requests"


@dataclass(frozen=True)
class Ports:
    """0 is any free one."""

    functions: int = 0
    emulator: int = 0
    blob: int = 0
    queue: int = 0


@dataclass
class Stack:
    """Running programs, and what a caller needs to use them."""

    azurite: Program
    emulator: Program
    host: Program

    @property
    def facts(self) -> dict[str, str]:
        """The line that `make up` prints."""
        return {
            "functionsUrl": self.host.facts["functionsUrl"],
            "functionKey": self.host.facts["functionKey"],
            "customVisionEndpoint": self.emulator.facts["endpoint"],
            "trainingKey": self.emulator.facts["trainingKey"],
            "storageConnectionString": self.azurite.facts["connectionString"],
            "archiveContainer": CONTAINER,
        }


def host_settings(azurite: Program, emulator: Program) -> dict[str, str]:
    """The app's settings for these two; all others stand in local.settings.sample.json."""
    account = {
        "endpoint": emulator.facts["endpoint"],
        "keySetting": "CUSTOM_VISION_TRAINING_KEY",
        "archive": {"connection": "ARCHIVE_STORAGE", "container": CONTAINER},
    }
    return {
        "AzureWebJobsStorage": azurite.facts["connectionString"],
        "ARCHIVE_STORAGE": azurite.facts["connectionString"],
        "CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account}),
        "CUSTOM_VISION_TRAINING_KEY": emulator.facts["trainingKey"],
    }


def create_container(connection_string: str, name: str = CONTAINER) -> None:
    """The archive container, which the app never makes; one that is there already is as good."""
    with BlobServiceClient.from_connection_string(connection_string) as service:
        try:
            service.create_container(name)
        except ResourceExistsError:
            return


def create_queue(connection_string: str) -> None:
    """The queue that tickets come by, which the app never makes either."""
    with QueueClient.from_connection_string(connection_string, QUEUE) as queue:
        try:
            queue.create_queue()
        except ResourceExistsError:
            return


@contextmanager
def running_stack(
    folder: Path,
    *,
    seed: str = "small",
    ports: Ports = Ports(),
    images: Path | None = None,
    log: TextIO | None = None,
) -> Generator[Stack]:
    """Azurite, emulator and host; stopped in reverse order, whatever happens. Raises StartError.

    Their output goes to files in `folder`; to `log`, where it is given, the app's log.
    """
    with ExitStack() as running:
        azurite = start_azurite(folder, ports.blob, ports.queue)
        running.callback(azurite.stop)
        create_container(azurite.facts["connectionString"])
        create_queue(azurite.facts["connectionString"])
        options = ["--images", str(images)] if images else []
        emulator = start_emulator(
            folder,
            *options,
            port=ports.emulator,
            seed="none" if images else seed,
            key="emulator-training-key",
        )
        running.callback(emulator.stop)
        host = start_host(folder, host_settings(azurite, emulator), port=ports.functions, log=log)
        running.callback(host.stop)
        yield Stack(azurite, emulator, host)
