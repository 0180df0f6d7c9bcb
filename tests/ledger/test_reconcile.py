"""The reconciler: what it does for each state of a request and its instance, over real ledgers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from azure.storage.blob import ContainerClient

from steward.ledger.ledger import Ledger, list_requests
from steward.ledger.reconcile import Action, Decision, InstanceStatus, decide, reconcile
from steward.ledger.state import RequestState
from tests.ledger.conftest import new_account

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOCUMENT = {"purpose": "backup", "scope": "account"}
STATUSES: list[InstanceStatus] = ["missing", "live", "completed", "failed", "terminated"]


class Hub:
    """A task hub as its client shows it: instances by id, lost when it is lost."""

    def __init__(self) -> None:
        self.instances: dict[str, InstanceStatus] = {}
        self.starts: list[str] = []

    def status(self, instance: str) -> InstanceStatus:
        return self.instances.get(instance, "missing")

    def start(self, request: RequestState) -> None:
        self.starts.append(request.id)
        self.instances[request.id] = "live"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Requests:
    """Requests of one account and a reconciler for hub "ours"."""

    def __init__(self, store: ContainerClient) -> None:
        self.store = store
        self.account = new_account()
        self.clock = Clock()
        self.hub = Hub()

    def ledger(self, request: str) -> Ledger:
        return Ledger(self.store, self.account, request, clock=self.clock)

    def accept(self, request: str, hub: str | None = None) -> Ledger:
        ledger = self.ledger(request)
        ledger.create("export", DOCUMENT)
        if hub:
            ledger.start(hub)
        return ledger

    def reconcile(self, most_restarts: int = 3) -> list[Action]:
        found = reconcile(
            self.store,
            self.account,
            hub="ours",
            instance_status=self.hub.status,
            start=self.hub.start,
            clock=self.clock,
            most_restarts=most_restarts,
        )
        return list(found)


@pytest.fixture
def requests(store: ContainerClient) -> Requests:
    return Requests(store)


@pytest.mark.parametrize(
    ("hub", "ended", "expected"),
    [
        ("ours", False, ["start again", "leave", "start again", "fail", "fail"]),
        ("theirs", False, ["leave"] * 5),
        (None, False, ["start"] * 5),
        ("ours", True, ["leave"] * 5),
    ],
)
def test_what_to_do_follows_from_the_ledger_and_the_instance(
    hub: str | None, ended: bool, expected: list[Decision]
) -> None:
    accepted = NOW - timedelta(minutes=1)
    state = RequestState(id="x", account="a", accepted=accepted, hub=hub, ended=NOW if ended else None)
    assert [decide(state, status, hub="ours", now=NOW) for status in STATUSES] == expected


def test_what_was_lost_with_the_hub_is_started_again_under_its_id(requests: Requests) -> None:
    for request in ("lost", "running"):
        requests.accept(request, "ours")
    requests.accept("theirs", "theirs")
    requests.accept("over", "ours").end("completed")
    requests.hub.instances["running"] = "live"

    assert requests.reconcile() == [Action("lost", "start again")]
    assert requests.reconcile() == []
    assert requests.hub.starts == ["lost"]
    assert [event.type for event in requests.ledger("lost").read()] == ["accepted", "started", "restarted"]
    assert [event.type for event in requests.ledger("theirs").read()] == ["accepted", "started"]


def test_a_request_whose_starter_died_is_named_and_started(requests: Requests) -> None:
    requests.accept("new")
    assert requests.reconcile() == []
    requests.clock.now += timedelta(minutes=1)
    assert requests.reconcile() == [Action("new", "start")]
    assert requests.hub.starts == ["new"]
    assert [(found.id, found.hub) for found in list_requests(requests.store, requests.account)] == [
        ("new", "ours")
    ]
    assert requests.reconcile() == []


def test_another_hub_that_names_a_request_first_keeps_it(requests: Requests) -> None:
    ledger = requests.accept("new")
    requests.clock.now += timedelta(minutes=1)

    def status(instance: str) -> InstanceStatus:
        ledger.start("theirs")
        return "missing"

    requests.hub.status = status
    assert requests.reconcile() == []
    assert requests.hub.starts == []
    assert ledger.state().hub == "theirs"


@pytest.mark.parametrize(
    ("status", "reason"),
    [("failed", "its orchestration has failed"), ("terminated", "its orchestration was terminated")],
)
def test_an_instance_that_failed_fails_its_request(
    requests: Requests, status: InstanceStatus, reason: str
) -> None:
    requests.accept("x", "ours")
    requests.hub.instances["x"] = status
    assert requests.reconcile() == [Action("x", "fail")]
    assert (requests.ledger("x").state().state, requests.ledger("x").state().reason) == ("failed", reason)
    assert requests.reconcile() == []


def test_an_end_that_comes_while_the_instance_is_asked_stands(requests: Requests) -> None:
    ledger = requests.accept("x", "ours")

    def status(instance: str) -> InstanceStatus:
        ledger.end("completed")
        return "completed"

    requests.hub.status = status
    assert requests.reconcile() == []
    assert ledger.state().state == "completed"


def test_it_gives_up_only_after_restarts_without_progress(requests: Requests) -> None:
    ledger = requests.accept("x", "ours")
    for number in range(10):
        assert requests.reconcile() == [Action("x", "start again")]
        ledger.append("progress", f"progress-project-{number}")
        requests.hub.instances.clear()
    for _ in range(3):
        assert requests.reconcile() == [Action("x", "start again")]
        requests.hub.instances.clear()
    assert requests.reconcile() == [Action("x", "give up")]
    state = ledger.state()
    assert (state.state, state.reason) == ("failed", "was started again 3 times without progress")
    assert requests.reconcile() == []


def test_one_that_waits_for_its_turn_is_never_given_up(requests: Requests) -> None:
    """It has nothing to make progress with, however often the process dies under the one that it waits for."""
    ledger = requests.accept("x", "ours")
    ledger.append("queued", "queued-behind-y", {"behind": "y"})
    for _ in range(5):
        assert requests.reconcile() == [Action("x", "start again")]
        requests.hub.instances.clear()


def test_a_start_that_takes_its_process_down_is_counted(requests: Requests) -> None:
    requests.accept("x", "ours")

    def crash(request: RequestState) -> None:
        raise ConnectionAbortedError

    requests.hub.start = crash
    for _ in range(3):
        assert requests.reconcile() == [Action("x", "error", "ConnectionAbortedError")]
    assert requests.reconcile() == [Action("x", "give up")]


def test_two_reconcilers_at_once_record_one_restart(requests: Requests) -> None:
    ledger = requests.accept("x", "ours")
    both_asked = Barrier(2)

    def status(instance: str) -> InstanceStatus:
        both_asked.wait(10)
        return "missing"

    requests.hub.status = status
    with ThreadPoolExecutor(2) as pool:
        done = [run.result() for run in [pool.submit(requests.reconcile) for _ in range(2)]]
    assert [Action("x", "start again")] in done
    assert set(requests.hub.starts) == {"x"}
    assert [event.type for event in ledger.read()] == ["accepted", "started", "restarted"]


def a_line_of_no_use(requests: Requests) -> None:
    blob = requests.store.get_blob_client(f"{requests.account}/requests/b/ledger.jsonl")
    blob.append_block(b"{}\n")


def an_index_of_no_use(requests: Requests) -> None:
    blob = requests.store.get_blob_client(f"{requests.account}/requests/b/ledger.jsonl")
    blob.set_blob_metadata({"length": str(blob.get_blob_properties().size)})


def an_id_of_no_use(requests: Requests) -> None:
    blob = requests.store.get_blob_client(f"{requests.account}/requests/b?/ledger.jsonl")
    blob.create_append_blob()
    blob.append_block(b"{}\n")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (a_line_of_no_use, [Action("b", "error", "ChainBroken")]),
        (an_index_of_no_use, [Action("b", "start again")]),
        (an_id_of_no_use, [Action("b", "start again"), Action("b?", "error", "LedgerMissing")]),
    ],
)
def test_a_broken_request_is_told_and_the_others_are_helped(
    requests: Requests, damage: Callable[[Requests], None], told: list[Action]
) -> None:
    for request in ("a", "b", "c"):
        requests.accept(request, "ours")
    damage(requests)
    assert requests.reconcile() == [Action("a", "start again"), *told, Action("c", "start again")]
    assert {"a", "c"} <= set(requests.hub.starts)


def test_a_request_that_the_engine_refuses_keeps_no_other_from_its_start(requests: Requests) -> None:
    for request in ("a", "b", "c"):
        requests.accept(request, "ours")

    def status(instance: str) -> InstanceStatus:
        if instance == "b":
            raise ConnectionAbortedError
        return "missing"

    requests.hub.status = status
    assert requests.reconcile() == [
        Action("a", "start again"),
        Action("b", "error", "ConnectionAbortedError"),
        Action("c", "start again"),
    ]
