"""One request's ledger in a real store: its events, its state, its place in lists, and what can be forgotten."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.archive.errors import ContainerMissing
from steward.ledger.chain import ChainBroken
from steward.ledger.details import Details, DetailsAltered
from steward.ledger.ledger import Conflict, Ledger, LedgerMissing, find, list_requests
from steward.ledger.state import ENDED_STATES, EndedState
from tests.conftest import Azurite
from tests.ledger.conftest import new_account
from tests.ledger.store import watched
from tests.ledger.subject import DOCUMENT, ID, everything_in


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
    assert [event.type for event in Ledger(store, account, ID).read()] == ["accepted", "ended", "running"]


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
    ledger.append("waiting-for-approval", "waiting-for-approval", {"until": "2026-12-01T00:00:00+00:00"})
    assert ledger.state().state == "waiting-for-approval"
    totals = {"images": {"exported": 3, "verified": 3, "gaps": 1}}
    ledger.end("completed-with-gaps", totals=totals)
    ended = ledger.state()
    assert (ended.state, ended.totals, ended.has_ended) == ("completed-with-gaps", totals, True)


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
    with pytest.raises(ContainerMissing, match=container.container_name):
        find(container, "default", ID)
