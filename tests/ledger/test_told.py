"""What a ledger says of whom has been told what, and what the reconciler makes of it."""

import pytest
from azure.storage.blob import ContainerClient

from steward.ledger.index import Summary
from steward.ledger.ledger import Ledger, list_requests
from steward.ledger.reconcile import reconcile
from steward.ledger.state import DOWNLOADED, PLAN_READ, RESTARTED, TOLD, WAITING, told_id
from tests.ledger.conftest import new_account

DOCUMENT = {"purpose": "backup", "scope": "account", "ticket": {"system": "jira", "key": "PRIV-7"}}
UNTIL = {"until": "2026-11-29T00:00:00+00:00"}


def accepted(store: ContainerClient, account: str, name: str, hub: str = "ours") -> Ledger:
    ledger = Ledger(store, account, name)
    ledger.create("export", DOCUMENT, tell=["jira", "callback"])
    if hub:
        ledger.start(hub)
    return ledger


def tell(ledger: Ledger, change: str, *places: str) -> None:
    for place in places:
        ledger.append(TOLD, told_id(change, place), {"change": change, "place": place})


def untold(store: ContainerClient, account: str) -> dict[str, tuple[str, ...]]:
    return {each.id: each.untold for each in list_requests(store, account)}


def test_the_index_says_who_has_not_been_told(store: ContainerClient) -> None:
    account = new_account()
    ledger = accepted(store, account, "x")
    Ledger(store, account, "of-nobody").create("export", DOCUMENT)
    assert untold(store, account) == {"x": ("jira", "callback"), "of-nobody": ()}
    tell(ledger, "accepted", "jira", "callback")
    assert untold(store, account)["x"] == ()
    ledger.append(WAITING, WAITING, UNTIL)
    tell(ledger, WAITING, "callback")
    assert untold(store, account)["x"] == ("jira",)
    ledger.end("completed")
    tell(ledger, WAITING, "jira")
    assert untold(store, account)["x"] == ("jira", "callback")
    tell(ledger, "ended", "callback", "jira")
    assert untold(store, account)["x"] == ()
    assert ledger.state().state == "completed"


def test_an_index_that_fell_behind_is_mended(store: ContainerClient) -> None:
    account = new_account()
    ledger = accepted(store, account, "x")
    tell(ledger, "accepted", "jira", "callback")
    blob = store.get_blob_client(f"{account}/requests/x/ledger.jsonl")
    before = blob.get_blob_properties().metadata
    ledger.end("completed")
    blob.set_blob_metadata(before)
    assert untold(store, account) == {"x": ("jira", "callback")}


def test_what_comes_after_the_end_is_no_change_of_the_request(store: ContainerClient) -> None:
    ledger = accepted(store, new_account(), "x")
    ledger.end("failed")
    ledger.append(WAITING, WAITING, UNTIL)
    assert ledger.state().changes == ("accepted", "ended")


@pytest.mark.parametrize("deed", [TOLD, DOWNLOADED, PLAN_READ])
def test_what_is_given_away_of_a_request_is_no_progress_of_it(store: ContainerClient, deed: str) -> None:
    ledger = accepted(store, new_account(), "x")
    ledger.append(RESTARTED, "restarted-after-2")
    before = ledger.state()
    ledger.append(deed, f"{deed}-accepted-jira")
    after = ledger.state()
    assert (after.restarts, after.updated) == (1, before.updated)


@pytest.mark.parametrize(
    ("hub", "told"), [("ours", ["x"]), ("", ["x"]), ("theirs", [])], ids=["ours", "nobodys", "theirs"]
)
def test_the_reconciler_has_the_untold_changes_of_ended_requests_told(
    store: ContainerClient, hub: str, told: list[str]
) -> None:
    account = new_account()
    accepted(store, account, "x", hub).end("completed")
    done = accepted(store, account, "y", hub)
    done.end("completed")
    for change in ("accepted", "ended"):
        tell(done, change, "jira", "callback")
    started: list[Summary] = []

    def start_tellers(request: Summary) -> bool:
        started.append(request)
        return True

    def nothing_starts(_: object) -> None:
        raise AssertionError("an ended request is not started")

    found = reconcile(
        store,
        account,
        hub="ours",
        instance_status=lambda _: "missing",
        start=nothing_starts,
        tell=start_tellers,
    )
    assert [(each.request_id, each.decision) for each in found] == [(name, "tell") for name in told]
    assert [each.id for each in started] == told
