"""Azurite, an emulated account and the app on its local host, as one part of the bench wants them."""

import json
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from azure.storage.blob import ContainerClient

from stack.processes import ROOT, Program, first_json_line, start, start_azurite, start_emulator, start_host
from stack.stack import create_container
from steward.ledger.ledger import Ledger
from steward.ledger.state import APPROVED, WAITING

KEY = "emulator-training-key"
# Far above what one machine can make, so that the budget of calls never is what is measured.
UNBOUNDED = {"CUSTOM_VISION_CALLS_PER_SECOND": "1000"}
_BETWEEN_POLLS = 2.0
_PATIENCE = 900.0


class RequestFailed(Exception):  # noqa: N818 - it names what happened
    """An export or an erasure did not end as completed, so its figures would mean nothing."""


@dataclass
class Source:
    """Where requests read and erase, and where they write."""

    azurite: Program
    emulator: Program

    @property
    def endpoint(self) -> str:
        return str(self.emulator.facts["endpoint"])

    @property
    def storage(self) -> str:
        return str(self.azurite.facts["connectionString"])

    def new_container(self, name: str) -> str:
        create_container(self.storage, name)
        return name

    def counters(self) -> dict[str, Any]:
        return requests.get(f"{self.endpoint}/.emulator/counters", timeout=30).json()

    def forget_calls(self) -> None:
        requests.delete(f"{self.endpoint}/.emulator/calls", timeout=30).raise_for_status()

    def change_options(self, changes: Mapping[str, Any]) -> None:
        requests.put(f"{self.endpoint}/.emulator/options", json=changes, timeout=30).raise_for_status()


@dataclass(frozen=True)
class Completed:
    """A request that completed: `seconds` from the call to its end, bar those that it waited for an approval; `polls`: how
    often it was asked for meanwhile."""

    seconds: float
    polls: int


@contextmanager
def running_source(
    folder: Path, *, seed: str = "", recipe: str = "", options: Sequence[str] = ()
) -> Generator[Source]:
    """Azurite, and an emulator with one of its own seeds or with an account of bench/accounts.py."""
    with ExitStack() as running:
        azurite = start_azurite(folder)
        running.callback(azurite.stop)
        if seed:
            emulator = start_emulator(folder, *options, seed=seed, key=KEY)
        else:
            command = [sys.executable, "-m", "bench.emulated", recipe, KEY]
            emulator = start("emulator", command, folder, first_json_line("endpoint"))
        running.callback(emulator.stop)
        yield Source(azurite, emulator)


@dataclass
class Host:
    """The app on its local host; `archives`: container clients by account."""

    program: Program
    archives: Mapping[str, ContainerClient]

    def export(self, account: str) -> Completed:
        """Export the whole account; raises RequestFailed."""
        return self._complete("exports", {"account": account, "purpose": "backup", "scope": "account"})

    def erase(self, account: str) -> Completed:
        """Erase the whole account with no export to fall back on, approved as soon as that is asked for; raises RequestFailed."""
        waiver = {"reason": "the account is the bench's own"}
        body = {"account": account, "purpose": "off-boarding", "scope": "account", "waiveExport": waiver}
        return self._complete("erasures", {**body, "dryRun": False})

    def _complete(self, route: str, body: Mapping[str, Any]) -> Completed:
        """The ledger's own times count: asking more often would cost what is measured."""
        with requests.Session() as session:
            session.headers["x-functions-key"] = self.program.facts["functionKey"]
            begun, polls = time.time(), 0
            answer = session.post(self._url(f"/api/{route}"), json=body, timeout=60)
            answer.raise_for_status()
            while True:
                time.sleep(_BETWEEN_POLLS)
                document = session.get(self._url(answer.headers["Location"]), timeout=60).json()
                polls += 1
                if "ended" in document:
                    break
                if document["state"] == "waiting-for-approval" and "decision" not in document:
                    self._approve(session, document)
                if time.time() - begun > _PATIENCE:
                    raise RequestFailed(f"the request has not ended within {_PATIENCE:.0f} s")
        if document["state"] != "completed":
            raise RequestFailed(f"the request ended as {document['state']}: {document.get('reason', '')}")
        ended = datetime.fromisoformat(document["ended"]).timestamp()
        waited = self._waited(body["account"], document["id"])
        return Completed(ended - begun - waited, polls)

    def _approve(self, session: requests.Session, document: Mapping[str, Any]) -> None:
        decision = {"planHash": document["plan"]["hash"]}
        url = self._url(f"/api/requests/{document['id']}/approve")
        session.post(url, json=decision, timeout=60).raise_for_status()

    def _waited(self, account: str, request: str) -> float:
        """Seconds from asking for an approval to the approval; none for what needs no approval."""
        at = {event.type: event.at for event in Ledger(self.archives[account], account, request).read()}
        return (at[APPROVED] - at[WAITING]).total_seconds() if APPROVED in at else 0.0

    def _url(self, path: str) -> str:
        return f"{self.program.facts['functionsUrl']}{path}"

    def peak_megabytes(self) -> float:
        """The largest resident memory of the host's process so far (proc(5), VmHWM), in 10^6 bytes."""
        status = Path(f"/proc/{self.program.process.pid}/status").read_text()
        (kibibytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kibibytes) * 1024 / 1e6


@contextmanager
def running_host(
    folder: Path,
    source: Source,
    accounts: Sequence[str],
    *,
    settings: Mapping[str, str] = UNBOUNDED,
    endpoint: str = "",
    storage: str = "",
    latency_ms: float = 0,
) -> Generator[Host]:
    """The app with these accounts, all of the one emulated account, each with a new archive of its own.

    `endpoint` and `storage` lead elsewhere than straight to the source, such as through something that counts.
    """
    archives = {name: source.new_container(f"archive-{name}") for name in accounts}
    described = {
        name: {
            "endpoint": endpoint or source.endpoint,
            "keySetting": "CUSTOM_VISION_TRAINING_KEY",
            "archive": {"connection": "ARCHIVE_STORAGE", "container": container},
        }
        for name, container in archives.items()
    }
    wired = {
        "AzureWebJobsStorage": source.storage,
        "ARCHIVE_STORAGE": storage or source.storage,
        "CUSTOM_VISION_ACCOUNTS": json.dumps(described),
        "CUSTOM_VISION_TRAINING_KEY": KEY,
        **settings,
    }
    if latency_ms:
        command = [
            *(sys.executable, "-m", "bench.delayed_host", str(latency_ms)),
            *("--port", "0", "--settings", str(ROOT / "local.settings.sample.json")),
        ]
        program = start("host", command, folder, first_json_line("functionsUrl", "functionKey"), wired)
    else:
        program = start_host(folder, wired)
    try:
        clients = {
            name: ContainerClient.from_connection_string(source.storage, container)
            for name, container in archives.items()
        }
        yield Host(program, clients)
    finally:
        program.stop()
