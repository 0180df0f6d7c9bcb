"""Asking the app for exports as its callers do, and what tests need around it: programs of their own, an archive each."""

import json
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests
from azure.storage.blob import ContainerClient

from stack.processes import Program, start_emulator, start_host
from tests.export.archive_side import ArchiveSide
from tests.export.inventory import Inventory, take_inventory
from tests.export.record import Json, Record
from tests.export.service_side import ServiceSide, training_client

ENDED = {
    *("completed", "completed-with-gaps", "refused", "cancelled", "failed"),
    *("planned", "rejected", "incomplete"),
}
# Seconds: a third of a small export's work was to say how far it is.
SELDOM = 0.3
WHOLE: Json = {"scope": "account"}


@dataclass
class Emulator:
    """A running emulator and its admin route."""

    program: Program

    @property
    def endpoint(self) -> str:
        return self.program.facts["endpoint"]

    @property
    def key(self) -> str:
        return self.program.facts["trainingKey"]

    def counters(self) -> Json:
        return self._admin("GET", "counters")

    def calls(self) -> list[Json]:
        """The call log, oldest first."""
        return self._admin("GET", "calls")

    def forget_calls(self) -> None:
        requests.delete(f"{self.endpoint}/.emulator/calls", timeout=10).raise_for_status()

    def options(self, **options: Any) -> None:
        self._admin("PUT", "options", options)

    def fault(self, **rule: Any) -> None:
        """From now on; emulator/faults.py says what a rule may be."""
        self._admin("POST", "faults", rule)

    def faults(self) -> list[Json]:
        """The rules, each with how often it `fired`."""
        return self._admin("GET", "faults")

    def no_faults(self) -> None:
        requests.delete(f"{self.endpoint}/.emulator/faults", timeout=10).raise_for_status()

    def service(self) -> ServiceSide:
        return ServiceSide(self.endpoint, self.key)

    def _admin(self, method: str, place: str, body: object = None) -> Any:
        answer = requests.request(method, f"{self.endpoint}/.emulator/{place}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()


@contextmanager
def new_emulator(folder: Path, *options: str, seed: str = "small") -> Generator[Emulator]:
    """An emulator in a process of its own."""
    program = start_emulator(folder, *options, seed=seed)
    try:
        yield Emulator(program)
    finally:
        program.stop()


@dataclass
class Archive:
    """An archive container, there or not."""

    connection_string: str
    container: ContainerClient

    def bag(self, document: Json) -> ArchiveSide:
        return ArchiveSide(self.container, document["account"], document["id"])

    def bags(self) -> list[str]:
        """Requests that have left a sealed bag."""
        names = [name.split("/") for name in self.container.list_blob_names()]
        return [parts[2] for parts in names if parts[-1] == "tagmanifest-sha256.txt"]


@contextmanager
def new_archive(connection_string: str) -> Generator[Archive]:
    """A new, empty container."""
    name = f"test-{uuid.uuid4().hex}"
    with ContainerClient.from_connection_string(connection_string, name) as container:
        container.create_container()
        yield Archive(connection_string, container)


def settings(emulator: Emulator, archive: Archive, *accounts: str, endpoint: str = "") -> dict[str, str]:
    """The app's settings for these two, at a pace that keeps tests short.

    `accounts`: names that all stand for the emulator's one account, each with its own bags, ledgers and turn.
    `endpoint`: of a proxy before the emulator.
    """
    account = {
        "endpoint": endpoint or emulator.endpoint,
        "keySetting": "CUSTOM_VISION_TRAINING_KEY",
        "archive": {"connection": "ARCHIVE_STORAGE", "container": archive.container.container_name},
    }
    return {
        "AzureWebJobsStorage": archive.connection_string,
        "ARCHIVE_STORAGE": archive.connection_string,
        "CUSTOM_VISION_ACCOUNTS": json.dumps(dict.fromkeys(accounts or ("default",), account)),
        "CUSTOM_VISION_TRAINING_KEY": emulator.key,
        "CUSTOM_VISION_CALLS_PER_SECOND": "1000",
    }


class Host:
    """The app on its local host, and its HTTP interface; may be killed and started again."""

    def __init__(self, folder: Path, values: Mapping[str, str], *options: str) -> None:
        self._folder = folder
        # The key that signs statements is this test's own, not the user's.
        self._values = {**values, "EVIDENCE_KEY": str(folder / "signing-key.pem")}
        self._options = options
        self.program = self.start()

    def start(self) -> Program:
        self.program = start_host(self._folder, self._values, *self._options)
        return self.program

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.stop()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        facts = self.program.facts
        return requests.request(
            method,
            facts["functionsUrl"] + path,
            json=body,
            headers={"x-functions-key": facts["functionKey"], **headers},
            timeout=30,
        )

    def ask(self, body: object = None, **headers: str) -> str:
        """The id of an export that was accepted."""
        answer = self.call("POST", "/api/exports", body or WHOLE, **headers)
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/api/requests/{answer.json()['id']}"
        return answer.json()["id"]

    def request(self, name: str) -> Json:
        answer = self.call("GET", f"/api/requests/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, name: str, seconds: float = 90) -> Json:
        """The request document once the request has ended."""
        return wait(lambda: self.request(name), lambda document: document["state"] in ENDED, seconds, SELDOM)

    def export(self, body: object = None, seconds: float = 90) -> Json:
        return self.wait(self.ask(body), seconds)


class Account:
    """An account on an emulator of its own, the app that exports it, and the client of a person who works in it."""

    def __init__(self, emulator: Emulator, archive: Archive, host: Host) -> None:
        self.emulator = emulator
        self.archive = archive
        self.host = host
        self.client = training_client(emulator.endpoint, emulator.key)


@dataclass
class Exported:
    """Everything running, and the document of a first export of the whole account."""

    emulator: Emulator
    archive: Archive
    host: Host
    document: Json


def wait[T](read: Callable[[], T], done: Callable[[T], bool], seconds: float = 30, pause: float = 0.05) -> T:
    """What `read` gives as soon as it is `done`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done(value := read()):
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(pause)
    return value


def inventory(
    emulator: Emulator,
    archive: Archive,
    document: Json,
    wanted: Callable[[Record], bool] = lambda _: True,
) -> Inventory:
    """Both sides compared: what the emulator has now, and the bag of the request with this document."""
    return take_inventory(emulator.service(), archive.bag(document), wanted)
