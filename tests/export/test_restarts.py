"""A request that is started again goes on where it was: what fails meanwhile, elsewhere or for a while, does not end it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stack.processes import ROOT
from steward.ledger.ledger import Ledger
from steward.ledger.state import RUNNING
from steward.requests_api.contract import parse_export
from steward.requests_api.identity import kind_of
from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Host, inventory, new_archive, settings, wait

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
LIST_PROJECTS: dict[str, Any] = {"kind": "status", "operation": "GetProjects"}
YEARLY = "0 0 0 1 1 *"
# As often as the client asks before it gives up.
CLIENT_ATTEMPTS = 6


@dataclass
class Started:
    """A host; `folder` has its log. Its first account is one whose store is not there."""

    host: Host
    archive: Archive
    folder: Path
    hub: str


@pytest.fixture(scope="module")
def started(
    emulator: Emulator, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("host")
    with new_archive(azurite.connection_string) as archive:
        values = settings(emulator, archive)
        right = json.loads(values["CUSTOM_VISION_ACCOUNTS"])["default"]
        away = right | {"archive": {"connection": "ARCHIVE_STORAGE", "container": "nowhere"}}
        names = ("crashed", "unplanned", "throttled", "terminated")
        values["CUSTOM_VISION_ACCOUNTS"] = json.dumps({"away": away, **dict.fromkeys(names, right)})
        # The reconciler comes at start-up, and when a test calls it.
        values["RECONCILE_SCHEDULE"] = YEARLY
        with Host(folder, values) as host:
            yield Started(host, archive, folder, SAMPLE["TASK_HUB_NAME"])


@pytest.fixture(autouse=True)
def mended(emulator: Emulator) -> Iterator[None]:
    yield
    emulator.no_faults()
    emulator.options(latency_ms=0)


def test_a_recorded_plan_is_taken_up_without_asking_the_service(emulator: Emulator, started: Started) -> None:
    """Nobody lists the projects any more, and nobody refuses them: the plan was made before the crash.

    The reconciler gets to this account past another one, whose store fails.
    """
    emulator.options(latency_ms=30)
    name = started.host.ask({"account": "crashed", "scope": "account"})
    pictures = emulator.counters()["pictures"]
    wait(lambda: emulator.counters()["pictures"], lambda count: count > pictures)
    started.host.program.kill()
    emulator.options(latency_ms=0)
    emulator.fault(**LIST_PROJECTS, status=503)
    started.host.start()
    document = started.host.wait(name)
    assert document["state"] == "completed", started.archive.bag(document).export()["gaps"]
    assert emulator.faults()[0]["fired"] == 0
    emulator.no_faults()
    assert inventory(emulator, started.archive, document).differences == []
    log = (started.folder / "host.log").read_text()
    assert "account away: " in log
    assert "Traceback" not in log


def test_what_somebody_terminated_is_not_started_again_by_whoever_asks_again(
    emulator: Emulator, started: Started
) -> None:
    """Its instance is dead and its request has not ended yet: only the reconciler may do anything about that."""
    host = started.host
    key = {"x-functions-key": host.program.facts["masterKey"]}
    emulator.options(latency_ms=300)
    body = {"account": "terminated", "scope": "account", "ticket": {"system": "jira", "key": "PRIV-7"}}
    name = host.ask(body)
    instance = f"/runtime/webhooks/durabletask/instances/{name}"

    def status() -> str:
        return host.call("GET", instance, **key).json()["runtimeStatus"]

    wait(lambda: host.request(name)["state"], lambda state: state == "running")
    assert host.call("POST", f"{instance}/terminate", {}, **key).status_code == 202
    wait(status, lambda found: found == "Terminated")
    assert host.ask(body) == name
    assert (status(), host.request(name)["state"]) == ("Terminated", "running")
    assert host.call("POST", "/admin/functions/reconcile_requests", {}, **key).status_code == 202
    document = host.wait(name)
    assert (document["state"], document["reason"]) == ("failed", "its orchestration was terminated")
    assert host.ask(body) == name
    assert status() == "Terminated"


@pytest.mark.prove
def test_a_request_that_was_running_outlasts_an_outage(emulator: Emulator, started: Started) -> None:
    """Killed between its turn and its plan: the plan is still to be made, and now the engine tries again."""
    request = parse_export(json.dumps({"account": "unplanned", "scope": "account"}).encode(), ["unplanned"])
    ledger = Ledger(started.archive.container, "unplanned", "export-new-unplanned")
    started.host.program.kill()
    ledger.create(kind_of(request), request.to_document())
    ledger.start(started.hub)
    ledger.append(RUNNING, RUNNING)
    emulator.fault(**LIST_PROJECTS, status=503, times=CLIENT_ATTEMPTS + 1)
    started.host.start()
    document = started.host.wait(ledger.id)
    assert document["state"] == "completed", document
    assert emulator.faults()[0]["fired"] == CLIENT_ATTEMPTS + 1


@pytest.mark.prove
def test_a_pause_that_the_service_asks_for_ends_no_request(emulator: Emulator, started: Started) -> None:
    emulator.fault(**LIST_PROJECTS, status=429, retryAfter=1, times=CLIENT_ATTEMPTS)
    document = started.host.export({"account": "throttled", "scope": "account"})
    assert emulator.faults()[0]["fired"] == CLIENT_ATTEMPTS
    assert document["state"] == "completed", document
