"""Schedules on the local host: what a timer starts runs once, is not doubled, and old bags and histories go."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from starting.scheduled import EXPORT, RETENTION
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.ledger.ledger import Ledger, ledger_blob
from steward.requests_api.contract import parse_export
from steward.requests_api.identity import Occurrence, is_of_schedule, request_id
from tests.app.indexed import SAMPLE
from tests.conftest import Azurite
from tests.export.exporting import ENDED, WHOLE, Archive, Emulator, Host, new_archive, settings, wait
from tests.export.record import Json

TIMERS = ("export_accounts", "retain_accounts", "forget_histories")
# The schedules' own times do not come while this runs.
YEARLY = "0 0 0 1 1 *"
VALUES = {
    **{f"AzureWebJobs__{name}__Disabled": "false" for name in TIMERS},
    "EXPORT_SCHEDULE": YEARLY,
    "RECONCILE_SCHEDULE": YEARLY,
    "RETENTION_SCHEDULE": YEARLY,
    "FORGET_SCHEDULE": YEARLY,
    "RETENTION_RUNS": "1",
    # A moment, so that what has ended has ended long ago.
    "DETAILS_DAYS": "0.000001",
}


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    with new_archive(azurite.connection_string) as found:
        yield found


@pytest.fixture(scope="module")
def host(emulator: Emulator, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with Host(tmp_path_factory.mktemp("host"), settings(emulator, archive) | VALUES) as running:
        yield running


def fire(host: Host, timer: str) -> None:
    """As its schedule would."""
    key = {"x-functions-key": host.program.facts["masterKey"]}
    answer = host.call("POST", f"/admin/functions/{timer}", {}, **key)
    assert answer.status_code == 202, answer.text


def requests_of(host: Host, kind: str) -> list[Json]:
    return host.call("GET", f"/api/requests?kind={kind}").json()["requests"]


def one(host: Host, kind: str) -> Json:
    """The only request of a kind, once it has ended."""

    def found() -> list[Json]:
        return requests_of(host, kind)

    (document,) = wait(found, lambda each: bool(each) and each[0]["state"] in ENDED, 120, 0.5)
    return document


def told(host: Host, text: str) -> None:
    wait(host.program.output.read_text, lambda log: text in log)


def test_schedules(host: Host, archive: Archive) -> None:
    """One story: each part begins where the one before it ended."""
    store = ArchiveStore(archive.container)
    earlier = earlier_run(archive, 2020, SAMPLE["TASK_HUB_NAME"])
    fire(host, "export_accounts")
    told(host, f"request {earlier.id} still goes on")
    assert [each["id"] for each in requests_of(host, "export")] == [earlier.id]
    earlier.end("failed", reason="a test's own")

    # Two that may never end, for all that this hub can do: the schedule does not end with them.
    foreign, broken = (earlier_run(archive, year, "AnotherHub") for year in (2021, 2022))
    archive.container.get_blob_client(ledger_blob("default", broken.id)).append_block(b"forged\n")
    before = {earlier.id, foreign.id}

    # Twice at once, and again: one request.
    for _ in range(2):
        fire(host, "export_accounts")
    wait(lambda: requests_of(host, "export"), lambda found: len(found) == 3)
    (scheduled,) = {each["id"] for each in requests_of(host, "export")} - before
    told(host, f"request {foreign.id}: has not ended, and is task hub AnotherHub's")
    told(host, f"request {broken.id}: its record cannot be believed")
    assert host.wait(scheduled)["state"].startswith("completed")
    fire(host, "export_accounts")
    told(host, f"request {scheduled} is completed")
    assert is_of_schedule(scheduled, "export", "default", EXPORT)
    assert len(requests_of(host, "export")) == 3

    # A second one makes the first one old.
    newer = host.wait(host.ask(WHOLE))["id"]
    fire(host, "retain_accounts")
    told(host, "retention of account default: no bag is to go")
    # A person puts away what nobody can say of who relied on which bag.
    archive.container.delete_blob(ledger_blob("default", broken.id))
    fire(host, "retain_accounts")
    kept = one(host, "retention")
    assert kept["state"] == "completed", kept
    assert is_of_schedule(kept["id"], "retention", "default", RETENTION)
    assert host.request(kept["id"])["retained"]["bags"] == 1
    assert archive.bags() == [newer]
    document = host.request(scheduled)
    assert ("bag" in document, document["expired"]["retention"]) == (False, kept["id"])
    assert verify(store, "default", newer).problems == []
    fire(host, "retain_accounts")
    told(host, f"request {kept['id']} is completed")

    # Histories go, and the ledgers tell the same.
    assert instance(host, newer) == 200
    fire(host, "forget_histories")
    told(host, "histories of instances")
    assert (instance(host, newer), host.request(newer)["state"]) == (404, "completed")


def earlier_run(archive: Archive, year: int, hub: str) -> Ledger:
    """A run of the schedule that was due years before, and has not ended."""
    request = parse_export({"account": "default", "scope": "account"}, ["default"])
    due = Occurrence(EXPORT, datetime(year, 1, 1, tzinfo=UTC))
    ledger = Ledger(archive.container, "default", request_id(request, due))
    ledger.create("export", request.to_document())
    ledger.start(hub)
    return ledger


def instance(host: Host, request: str) -> int:
    """The status with which the engine answers for it."""
    key = {"x-functions-key": host.program.facts["masterKey"]}
    path = f"/runtime/webhooks/durabletask/instances/{request}"
    return host.call("GET", path, **key).status_code
