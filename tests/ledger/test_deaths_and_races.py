"""The ledger when processes die, are overtaken, or write at once: one chain, nothing twice, nothing lost."""

import contextlib
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from steward.ledger.ledger import Conflict, Ledger, list_requests
from tests.conftest import Azurite
from tests.ledger.conftest import new_account
from tests.ledger.store import ConnectionDied, WatchedTransport, die_at, lose_answer_of, nothing, watched
from tests.ledger.subject import DOCUMENT, ID, everything_in

# The storage library never reads the answer that it is given of an empty blob, and so drops its connection unclosed; a ledger
# is empty between its making and its first line, which only tests like these meet often.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

FIRST: dict[str, Any] = dict(DOCUMENT)

type Dying = Callable[[int], contextlib.AbstractContextManager[tuple[ContainerClient, WatchedTransport]]]


def test_of_two_bodies_at_once_one_is_accepted(store: ContainerClient) -> None:
    for _ in range(5):
        account = new_account()

        def create(purpose: str, account: str = account) -> str:
            try:
                return Ledger(store, account, ID).create("erasure", DOCUMENT | {"purpose": purpose}).purpose
            except Conflict:
                return "conflict"

        with ThreadPoolExecutor(4) as pool:
            outcomes = Counter(pool.map(create, ["backup", "migration"] * 4))
        winner = Ledger(store, account, ID).state().purpose
        assert outcomes == {winner: 4, "conflict": 4}


@pytest.fixture(params=["before", "after"])
def dies(request: pytest.FixtureRequest, azurite: Azurite, store: ContainerClient) -> Dying:
    """The store over a connection that dies before or after the request of a given number."""

    def connect(number: int) -> contextlib.AbstractContextManager[tuple[ContainerClient, WatchedTransport]]:
        hook = {"before": nothing, "after": nothing, request.param: die_at(number)}
        return watched(
            azurite.connection_string, store.container_name, before=hook["before"], after=hook["after"]
        )

    return connect


def test_a_request_whose_creator_dies_at_any_moment_is_accepted_on_the_next_try(
    store: ContainerClient, dies: Dying
) -> None:
    for number in count():
        account = new_account()
        with dies(number) as (dying, transport), contextlib.suppress(ConnectionDied):
            Ledger(dying, account, ID).create("erasure", DOCUMENT)
        state = Ledger(store, account, ID).create("erasure", DOCUMENT)
        events = Ledger(store, account, ID).read()
        assert [event.type for event in events] == ["accepted"]
        assert (details := Ledger(store, account, ID).details())
        assert details.digest == events[0].data["digest"] == state.digest
        assert [(found.id, found.ticket) for found in list_requests(store, account)] == [
            (ID, ("jira", "JANE-DOE/Ü 7"))
        ]
        if transport.requests <= number:
            assert number > 5
            return


def test_a_corrected_body_is_accepted_where_the_creator_of_the_first_died(
    store: ContainerClient, dies: Dying
) -> None:
    """Until the first line of the ledger is written nothing was accepted; then the other body is a conflict."""
    corrected: dict[str, Any] = DOCUMENT | {
        "purpose": "migration",
        "ticket": {"system": "jira", "key": "NEW-1"},
    }
    taken = Counter[str]()
    for number in count():
        account = new_account()
        with dies(number) as (dying, transport), contextlib.suppress(ConnectionDied):
            Ledger(dying, account, ID).create("erasure", DOCUMENT)
        try:
            Ledger(store, account, ID).create("erasure", corrected)
            accepted, other = corrected, FIRST
        except Conflict:
            accepted, other = FIRST, corrected
        taken[accepted["purpose"]] += 1
        ledger = Ledger(store, account, ID)
        assert (details := ledger.details())
        assert details.document == accepted
        assert details.digest == ledger.state().digest
        assert Ledger(store, account, ID).create("erasure", dict(accepted)) == ledger.state()
        with pytest.raises(Conflict):
            ledger.create("erasure", dict(other))
        (listed,) = list_requests(store, account)
        assert listed.ticket == tuple(accepted["ticket"].values())
        ledger.delete_details()
        assert ledger.details() is None
        assert list(store.list_blob_names(name_starts_with=f"{account}/requests/")) == [
            f"{account}/requests/{ID}/ledger.jsonl"
        ]
        if transport.requests <= number:
            assert min(taken.values()) > 1, taken
            return


@pytest.mark.parametrize("at", range(8))
def test_of_a_creator_that_is_overtaken_by_another_body_one_is_accepted(
    azurite: Azurite, store: ContainerClient, at: int
) -> None:
    """The one that was slow has written its details, or not; whoever wrote the first line, its details are those."""
    account, other = new_account(), DOCUMENT | {"purpose": "migration"}

    def overtake(request: int) -> None:
        if request == at:
            with contextlib.suppress(Conflict):
                Ledger(store, account, ID).create("erasure", other)

    outcomes: set[str] = set()
    with watched(azurite.connection_string, store.container_name, before=overtake) as (overtaken, _):
        for ledger, document in (
            (Ledger(overtaken, account, ID), DOCUMENT),
            (Ledger(store, account, ID), other),
        ):
            with contextlib.suppress(Conflict):
                outcomes.add(ledger.create("erasure", document).purpose)
    ledger = Ledger(store, account, ID)
    assert (details := ledger.details())
    assert outcomes == {details.document["purpose"]} == {ledger.state().purpose}


def test_a_writer_that_dies_at_any_moment_leaves_no_event_twice_and_no_list_behind(
    store: ContainerClient, dies: Dying
) -> None:
    for number in count():
        account = new_account()
        Ledger(store, account, ID).create("erasure", DOCUMENT)
        with dies(number) as (dying, transport), contextlib.suppress(ConnectionDied):
            Ledger(dying, account, ID).end("planned")
        (listed,) = list_requests(store, account)
        assert listed.state == Ledger(store, account, ID).state().state
        Ledger(store, account, ID).end("planned")
        assert [event.type for event in Ledger(store, account, ID).read()] == ["accepted", "ended"]
        assert [found.state for found in list_requests(store, account)] == ["planned"]
        if transport.requests <= number:
            assert number > 2
            return


def test_a_creator_that_is_overtaken_wipes_nothing(azurite: Azurite, store: ContainerClient) -> None:
    for number in count():
        account = new_account()

        def overtake(request: int, account: str = account, number: int = number) -> None:
            if request == number:
                Ledger(store, account, ID).create("erasure", DOCUMENT)
                Ledger(store, account, ID).start("hub")

        with watched(azurite.connection_string, store.container_name, before=overtake) as (
            overtaken,
            transport,
        ):
            Ledger(overtaken, account, ID).create("erasure", DOCUMENT)
        if transport.requests <= number:
            assert number > 5
            return
        assert [event.type for event in Ledger(store, account, ID).read()] == ["accepted", "started"]


def test_a_writer_that_is_overtaken_brings_back_nothing_personal(
    azurite: Azurite, container: ContainerClient
) -> None:
    Ledger(container, "default", ID).create("erasure", DOCUMENT)

    def forget_before_the_index_is_set(request: int) -> None:
        if request == 2:
            Ledger(container, "default", ID).delete_details()

    with watched(
        azurite.connection_string, container.container_name, before=forget_before_the_index_is_set
    ) as (overtaken, transport):
        Ledger(overtaken, "default", ID).end("planned")
    assert transport.requests == 3
    assert "jane" not in everything_in(container)
    assert [(found.state, found.ticket) for found in list_requests(container, "default")] == [
        ("planned", None)
    ]


def test_an_append_whose_answer_is_lost_is_written_once(azurite: Azurite, store: ContainerClient) -> None:
    for number in range(6):
        account = new_account()
        Ledger(store, account, ID).create("erasure", DOCUMENT)
        lost = lose_answer_of(number)
        with watched(azurite.connection_string, store.container_name, after=lost, retries=3) as (lossy, _):
            Ledger(lossy, account, ID).append("phase", "phase-plan", {"phase": "plan"})
        assert [event.id for event in Ledger(store, account, ID).read()] == ["accepted", "phase-plan"]


def append_many(connection_string: str, container: str, account: str, ids: list[str]) -> None:
    with ContainerClient.from_connection_string(connection_string, container) as client:
        for event_id in ids:
            Ledger(client, account, ID).append("progress", event_id)


def test_processes_that_write_at_once_keep_one_chain(azurite: Azurite, store: ContainerClient) -> None:
    account = new_account()
    Ledger(store, account, ID).create("erasure", DOCUMENT)
    # Each writes events of its own and events that another writes too, as activities that run twice do.
    wishes = [[f"page-{number}" for number in range(first, first + 12)] for first in (0, 6, 12)]
    context = multiprocessing.get_context("spawn")
    arguments = [(azurite.connection_string, store.container_name, account, ids) for ids in wishes]
    processes = [context.Process(target=append_many, args=found) for found in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    assert [process.exitcode for process in processes] == [0, 0, 0]

    written = [event.id for event in Ledger(store, account, ID).read()[1:]]
    assert sorted(written) == sorted({f"page-{number}" for number in range(24)})
    for ids in wishes:
        own = [event_id for event_id in ids if sum(event_id in others for others in wishes) == 1]
        assert [event_id for event_id in written if event_id in own] == own
