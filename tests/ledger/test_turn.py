"""The turn, over every order in which processes may come between each other's requests to a real store."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Literal

from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.ledger.ledger import Ledger
from steward.ledger.turn import Held, Over, Queued, Turn
from tests.conftest import Azurite
from tests.ledger.conftest import new_account
from tests.ledger.store import watched

REQUESTS = ["export-a", "export-b", "export-c", "export-d"]
DOCUMENT = {"purpose": "backup", "scope": "account"}

type Step = tuple[Literal["take", "end"], str]
steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(["take", "take", "end"]), st.sampled_from(REQUESTS)
)
# A step, and steps of other processes that come right before one of its requests to the store.
overtaken = st.tuples(steps, st.dictionaries(st.integers(0, 4), steps, max_size=2))


class Account:
    """An account's turn and what was seen of it: who came when, and who has ended."""

    def __init__(self, store: ContainerClient) -> None:
        self.store = store
        self.name = new_account()
        self.arrived: list[str] = []
        self.ended: set[str] = set()
        for request in REQUESTS:
            Ledger(store, self.name, request).create("export", DOCUMENT)

    def do(self, step: Step, connection: ContainerClient | None = None) -> None:
        action, request = step
        if action == "end":
            # From here on, others may already see the end.
            self.ended.add(request)
            Ledger(self.store, self.name, request).end("completed")
            return
        over = request in self.ended
        outcome = Turn(connection or self.store, self.name).take(request)
        if isinstance(outcome, Over):
            assert request in self.ended
            return
        assert not over
        if request not in self.arrived:
            self.arrived.append(request)
        self.check(request, outcome)

    def check(self, request: str, outcome: Held | Queued) -> None:
        ahead = self.arrived[: self.arrived.index(request)]
        if isinstance(outcome, Held):
            assert self.ended.issuperset(ahead), "nobody who came before is still at work"
        else:
            assert outcome.behind in ahead, "the one waited for came before"

    def first_in_line(self) -> str | None:
        return next((request for request in self.arrived if request not in self.ended), None)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=st.lists(overtaken, max_size=8))
def test_one_request_works_at_a_time_in_the_order_of_arrival(
    azurite: Azurite, store: ContainerClient, run: list[tuple[Step, dict[int, Step]]]
) -> None:
    account = Account(store)
    for step, between in run:
        pending = dict(between)

        def come_between(number: int, pending: dict[int, Step] = pending) -> None:
            if number in pending:
                account.do(pending.pop(number))

        with watched(azurite.connection_string, store.container_name, before=come_between) as (connection, _):
            account.do(step, connection)
    # Nobody is left out for good: whoever asks first in line has the turn, and keeps it.
    if first := account.first_in_line():
        turn = Turn(store, account.name)
        assert turn.take(first) == turn.take(first) == Held()
        assert all(
            turn.take(other) == Queued(behind=first)
            for other in account.arrived
            if other not in {first, *account.ended}
        )


def test_many_processes_share_a_turn_without_meeting(store: ContainerClient) -> None:
    name = new_account()
    requests = [f"export-{number}" for number in range(12)]
    for request in requests:
        Ledger(store, name, request).create("export", DOCUMENT)
    at_work: list[str] = []
    met: list[str] = []
    lock = Lock()

    def run(request: str) -> int:
        asked = 1
        while Turn(store, name).take(request) != Held():
            asked += 1
        with lock:
            at_work.append(request)
            met.extend(at_work[:-1])
        Turn(store, name).take(request)
        with lock:
            at_work.remove(request)
        Ledger(store, name, request).end("completed")
        return asked

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(run, requests))
    assert met == []


def test_time_frees_nothing_and_a_restarted_holder_keeps_its_turn(container: ContainerClient) -> None:
    for request in REQUESTS[:2]:
        Ledger(container, "default", request).create("export", DOCUMENT)
    assert Turn(container, "default").take("export-a") == Held()
    assert Turn(container, "default").take("export-b") == Queued(behind="export-a")
    assert Turn(container, "default").take("export-a") == Held()
    Ledger(container, "default", "export-a").end("failed", reason="was started again too often")
    assert Turn(container, "default").take("export-a") == Over()
    assert Turn(container, "default").take("export-b") == Held()


def test_a_waiting_request_that_was_cancelled_holds_nobody_up(container: ContainerClient) -> None:
    for request in REQUESTS[:3]:
        Ledger(container, "default", request).create("export", DOCUMENT)
        Turn(container, "default").take(request)
    Ledger(container, "default", "export-b").end("cancelled")
    Ledger(container, "default", "export-a").end("completed")
    assert Turn(container, "default").take("export-c") == Held()


def test_a_holder_whose_ledger_is_broken_keeps_its_turn_and_fails_nobody(container: ContainerClient) -> None:
    for request in REQUESTS[:2]:
        Ledger(container, "default", request).create("export", DOCUMENT)
        Turn(container, "default").take(request)
    container.get_blob_client("default/requests/export-a/ledger.jsonl").append_block(b"{}\n")
    assert Turn(container, "default").take("export-b") == Queued(behind="export-a")


def test_each_account_has_a_turn_of_its_own(container: ContainerClient) -> None:
    for account in ("default", "other"):
        Ledger(container, account, "export-a").create("export", DOCUMENT)
        assert Turn(container, account).take("export-a") == Held()
