"""The ledger against a real store: many writers, processes that die at any request, lists, and what can be forgotten."""

import contextlib
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.ledger.chain import ChainBroken
from steward.ledger.details import Details
from steward.ledger.ledger import Conflict, DetailsAltered, Ledger, LedgerMissing, find, list_requests
from steward.ledger.state import ENDED_STATES, EndedState
from tests.conftest import Azurite
from tests.ledger.conftest import new_account
from tests.ledger.store import ConnectionDied, WatchedTransport, die_at, lose_answer_of, nothing, watched

DOCUMENT = {
    "account": "default",
    "scope": {
        "projects": [{"name": "Jane Doe", "images": {"metadata": {"subject": "jane.doe@example.org"}}}]
    },
    "purpose": "data-subject",
    "ticket": {"system": "jira", "key": "JANE-DOE/Ü 7"},
    "dryRun": True,
}
ID = "erasure-dry-run-ticket-0123456789"

type Dying = Callable[[int], contextlib.AbstractContextManager[tuple[ContainerClient, WatchedTransport]]]


def test_a_request_is_accepted_once(container: ContainerClient) -> None:
    ledger = Ledger(container, "default", ID)
    first = ledger.create("erasure", DOCUMENT)
    assert (first.state, first.kind, first.purpose, first.dry_run) == (
        "accepted",
        "erasure",
        "data-subject",
        True,
    )
    assert Ledger(container, "default", ID).create("erasure", dict(DOCUMENT)) == first
    assert [event.type for event in ledger.read()] == ["accepted"]
    assert (details := ledger.details())
    assert details.document == DOCUMENT


def test_another_body_under_the_same_id_is_a_conflict(container: ContainerClient) -> None:
    ledger = Ledger(container, "default", ID)
    accepted = ledger.create("erasure", DOCUMENT)
    with pytest.raises(Conflict):
        ledger.create("erasure", DOCUMENT | {"purpose": "off-boarding"})
    assert ledger.state() == accepted


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
    wishes = [[f"page-{number}" for number in range(first, first + 20)] for first in (0, 10, 20, 30)]
    context = multiprocessing.get_context("spawn")
    arguments = [(azurite.connection_string, store.container_name, account, ids) for ids in wishes]
    processes = [context.Process(target=append_many, args=found) for found in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]

    written = [event.id for event in Ledger(store, account, ID).read()[1:]]
    assert sorted(written) == sorted({f"page-{number}" for number in range(50)})
    for ids in wishes:
        own = [event_id for event_id in ids if sum(event_id in others for others in wishes) == 1]
        assert [event_id for event_id in written if event_id in own] == own


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(st.sampled_from(ENDED_STATES), min_size=2, max_size=5))
def test_a_request_ends_once(store: ContainerClient, ends: list[EndedState]) -> None:
    account = new_account()
    Ledger(store, account, ID).create("erasure", DOCUMENT)

    def end(state: EndedState) -> str:
        return Ledger(store, account, ID).end(state, reason=f"because {state}").data["state"]

    with ThreadPoolExecutor(len(ends)) as pool:
        told = set(pool.map(end, ends))
    state = Ledger(store, account, ID).state()
    assert told == {state.state}
    assert state.reason == f"because {state.state}"
    Ledger(store, account, ID).append("ended", "another", {"state": "failed"})
    Ledger(store, account, ID).append("running", "running")
    assert Ledger(store, account, ID).state().state == state.state


def test_the_state_is_what_the_events_come_to(container: ContainerClient) -> None:
    ledger = Ledger(container, "default", ID)
    ledger.create("erasure", DOCUMENT)
    assert ledger.start("hub").data == {"hub": "hub", "instance": ID}
    assert ledger.start("other").data["hub"] == "hub"
    ledger.append("queued", "queued-behind-x", {"behind": "x"})
    assert (ledger.state().state, ledger.state().behind) == ("queued", "x")
    ledger.append("restarted", "restarted-1")
    ledger.append("restarted", "restarted-2")
    assert ledger.state().restarts == 2
    ledger.append("running", "running")
    ledger.append("phase", "phase-export", {"phase": "export"})
    ledger.append("sealed", "sealed", {"bag": "default/exports/x/"})
    state = ledger.state()
    assert (state.state, state.behind, state.hub, state.restarts) == ("running", None, "hub", 0)
    assert (state.phase, state.bag) == ({"phase": "export"}, "default/exports/x/")
    ledger.append("waiting-for-approval", "waiting-for-approval")
    assert ledger.state().state == "waiting-for-approval"
    ledger.end("completed-with-gaps", totals={"images": 3})
    ended = ledger.state()
    assert (ended.state, ended.totals, ended.has_ended) == ("completed-with-gaps", {"images": 3}, True)


def test_a_list_reads_only_the_ledgers_whose_index_fell_behind(
    azurite: Azurite, container: ContainerClient
) -> None:
    for number in range(5):
        Ledger(container, "default", f"export-{number}").create("export", DOCUMENT | {"purpose": "backup"})
    Ledger(container, "default", "export-3").end("refused")
    Ledger(container, "other", "export-9").create("export", DOCUMENT)
    before = list(list_requests(container, "default"))
    assert [(found.id, found.state) for found in before] == [
        (f"export-{number}", "refused" if number == 3 else "accepted") for number in range(5)
    ]
    blob = container.get_blob_client("default/requests/export-3/ledger.jsonl")
    blob.set_blob_metadata(
        before_end := {**blob.get_blob_properties().metadata, "state": "accepted", "length": "1"}
    )
    assert before_end["ticket"]

    with watched(azurite.connection_string, container.container_name) as (counted, transport):
        assert list(list_requests(counted, "default")) == before
        mending = transport.requests
        assert list(list_requests(counted, "default")) == before
    assert (mending > 1, transport.requests - mending) == (True, 1)


def test_what_is_personal_can_be_deleted_and_the_chain_stands(container: ContainerClient) -> None:
    ledger = Ledger(container, "default", ID)
    ledger.create("erasure", DOCUMENT)
    ledger.append("phase", "phase-plan", {"phase": "plan"})
    ledger.end("planned")
    head = ledger.head()
    assert "jane" in everything_in(container)

    ledger.delete_details()
    ledger.delete_details()
    assert "jane" not in everything_in(container)
    assert ledger.details() is None
    assert len(ledger.verify(head)) == 3
    assert [(found.state, found.ticket) for found in list_requests(container, "default")] == [
        ("planned", None)
    ]
    with pytest.raises(Conflict):
        ledger.create("erasure", DOCUMENT)
    assert "jane" not in everything_in(container)


def test_details_that_are_not_those_accepted_are_not_believed(container: ContainerClient) -> None:
    ledger = Ledger(container, "default", ID)
    ledger.create("erasure", DOCUMENT)
    blob = container.get_blob_client(f"default/requests/{ID}/details.json")
    blob.upload_blob(Details("00" * 32, DOCUMENT | {"scope": "account"}).to_bytes(), overwrite=True)
    with pytest.raises(DetailsAltered):
        ledger.details()


def test_a_broken_ledger_is_told_and_does_not_hide_the_others(container: ContainerClient) -> None:
    for number in range(3):
        Ledger(container, "default", f"export-{number}").create("export", DOCUMENT)
    container.get_blob_client("default/requests/export-1/ledger.jsonl").append_block(b'{"id": "forged"}\n')
    assert [found.state for found in list_requests(container, "default")] == [
        "accepted",
        "unreadable",
        "accepted",
    ]
    with pytest.raises(ChainBroken, match="line 2: is not an event"):
        Ledger(container, "default", "export-1").append("running", "running")


def test_what_was_never_accepted_is_not_there(container: ContainerClient) -> None:
    assert find(container, "default", ID) is None
    assert find(container, "default", "../../x") is None
    with pytest.raises(LedgerMissing):
        Ledger(container, "default", ID).append("running", "running")
    assert Ledger(container, "default", ID).has_ended()
    Ledger(container, "default", ID).create("erasure", DOCUMENT)
    assert (ledger := find(container, "default", ID))
    assert not ledger.has_ended()


def test_a_missing_container_is_not_a_missing_request(container: ContainerClient) -> None:
    container.delete_container()
    with pytest.raises(ResourceNotFoundError, match="container"):
        find(container, "default", ID)


def everything_in(container: ContainerClient) -> str:
    """All blobs' names, metadata and content, as a person who searches for a name would."""
    found = [
        f"{blob.name} {blob.metadata} {container.download_blob(blob.name).readall().decode()}"
        for blob in container.list_blobs(include=["metadata"])
    ]
    return " ".join(found).lower()
