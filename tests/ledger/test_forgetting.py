"""What is forgotten of requests that ended long ago, and what never is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from steward.ledger.forgetting import Forgotten, forget
from steward.ledger.ledger import Ledger
from steward.ledger.state import PLAN
from tests.ledger.subject import everything_in

ACCEPTED = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEEP = timedelta(days=30)
LATER = ACCEPTED + timedelta(days=31)
EXPIRES = ACCEPTED + timedelta(days=3)


def _ledger(
    container: ContainerClient,
    name: str,
    plan: str = "",
    *,
    dry_run: bool = False,
    names: str = "",
    expires: datetime = EXPIRES,
) -> Ledger:
    """An erasure that was accepted on the first of November, with a blob of its plan if it has one of its own.

    `plan`: the request whose plan it carries out; `names`: the one whose plan it asked for.
    """
    ledger = Ledger(container, "default", name, clock=lambda: ACCEPTED)
    document: dict[str, Any] = {
        "purpose": "data-subject",
        "dryRun": dry_run,
        "scope": {"projects": [{"name": "Hats", "images": {"metadata": {"subject": "Ann Example"}}}]},
        "ticket": {"system": "jira", "key": "PRIV-7"},
    }
    if names:
        document["plan"] = {"request": names, "hash": "0" * 64}
    ledger.create("erasure", document)
    if plan:
        ledger.append(
            PLAN, PLAN, {"request": plan, "hash": "0" * 64, "expires": expires.isoformat(), "counts": {}}
        )
    if plan == name:
        container.upload_blob(f"default/plans/{name}/plan.json", b"ids of Ann's images")
    return ledger


def _names(container: ContainerClient) -> set[str]:
    return set(container.list_blob_names(name_starts_with="default/"))


def _forget(container: ContainerClient, now: datetime = LATER) -> dict[str, str]:
    """Requests of which something went, each with what kept it from that."""
    return {each.request: each.error for each in forget(container, "default", keep=KEEP, now=now)}


def test_details_and_plan_go_and_the_ledger_still_verifies(container: ContainerClient) -> None:
    ledger = _ledger(container, "erasure-old", "erasure-old")
    ledger.end("completed")
    head = ledger.head()
    assert list(forget(container, "default", keep=KEEP, now=LATER)) == [Forgotten("erasure-old")]
    assert _names(container) == {"default/requests/erasure-old/ledger.jsonl"}
    assert ledger.verify(head)[-1].type == "ended"
    assert ledger.details() is None
    assert ledger.summary().ticket is None
    blob = container.download_blob("default/requests/erasure-old/ledger.jsonl").readall()
    assert b"Ann" not in blob
    assert b"PRIV" not in blob
    assert _forget(container) == {}


def test_what_ended_lately_and_what_has_not_ended_stays(container: ContainerClient) -> None:
    _ledger(container, "erasure-lately", "erasure-lately").end("completed")
    _ledger(container, "erasure-open", "erasure-open")
    before = _names(container)
    assert _forget(container, ACCEPTED + timedelta(days=29)) == {}
    assert _names(container) == before
    assert _forget(container) == {"erasure-lately": ""}
    assert "default/plans/erasure-open/plan.json" in _names(container)
    assert "default/requests/erasure-open/details.json" in _names(container)


@pytest.mark.parametrize("taken_up", [True, False], ids=["taken up", "not yet taken up"])
def test_a_dry_runs_plan_stays_while_an_erasure_carries_it_out(
    container: ContainerClient, *, taken_up: bool
) -> None:
    dry_run = "erasure-dry-run-old"
    _ledger(container, dry_run, dry_run, dry_run=True).end("planned")
    plan, names = (dry_run, "") if taken_up else ("", dry_run)
    taking = _ledger(container, "erasure-taking", plan, names=names)
    assert _forget(container) == {dry_run: ""}
    assert f"default/plans/{dry_run}/plan.json" in _names(container)
    assert _forget(container) == {}
    taking.end("completed")
    assert _forget(container) == {dry_run: "", "erasure-taking": ""}
    assert f"default/plans/{dry_run}/plan.json" not in _names(container)


def test_a_dry_run_stays_whole_while_its_plan_may_be_taken_up(container: ContainerClient) -> None:
    dry_run = "erasure-dry-run-long"
    _ledger(container, dry_run, dry_run, dry_run=True, expires=LATER).end("planned")
    before = _names(container)
    assert _forget(container, LATER - timedelta(minutes=1)) == {}
    assert _names(container) == before
    assert _forget(container) == {dry_run: ""}


def test_plans_stay_while_a_record_cannot_be_read_and_names_go_all_the_same(
    container: ContainerClient,
) -> None:
    """A broken record does not say whose plan it carries out; once it is put back, the request goes on."""
    _ledger(container, "erasure-old", "erasure-old").end("completed")
    _ledger(container, "erasure-broken")
    ledger = container.get_blob_client("default/requests/erasure-broken/ledger.jsonl")
    whole = ledger.download_blob().readall()
    ledger.append_block(b'{"id": "forged"}\n')
    assert _forget(container) == {"erasure-old": ""}
    assert "default/plans/erasure-old/plan.json" in _names(container)
    assert "default/requests/erasure-old/details.json" not in _names(container)
    ledger.delete_blob()
    ledger.create_append_blob()
    ledger.append_block(whole)
    assert _forget(container) == {"erasure-old": ""}
    assert "default/plans/erasure-old/plan.json" not in _names(container)


def test_a_request_that_cannot_be_looked_at_keeps_nothing_from_the_others(
    container: ContainerClient,
) -> None:
    for name in ("erasure-a", "erasure-b"):
        _ledger(container, name).end("completed")
    # As long as before, so that its index still says that it has ended.
    ledger = container.get_blob_client("default/requests/erasure-a/ledger.jsonl")
    content, metadata = ledger.download_blob().readall(), ledger.get_blob_properties().metadata
    ledger.delete_blob()
    ledger.create_append_blob()
    ledger.append_block(content.replace(b"accepted", b"ACCEPTED"))
    ledger.set_blob_metadata(metadata)
    assert _forget(container) == {"erasure-a": "ChainBroken", "erasure-b": ""}


@pytest.mark.parametrize("empty", [True, False], ids=["an empty ledger", "no ledger"])
def test_details_that_nobody_ever_accepted_go_with_their_time(
    container: ContainerClient, *, empty: bool
) -> None:
    """Their writer died between them and the first line."""
    _ledger(container, "erasure-unaccepted")
    container.delete_blob("default/requests/erasure-unaccepted/ledger.jsonl")
    if empty:
        container.get_blob_client("default/requests/erasure-unaccepted/ledger.jsonl").create_append_blob()
    written = datetime.now(UTC)
    assert _forget(container, written + KEEP - timedelta(minutes=1)) == {}
    assert "ann example" in everything_in(container)
    assert _forget(container, written + KEEP + timedelta(minutes=1)) == {"erasure-unaccepted": ""}
    assert "ann example" not in everything_in(container)
    # It may still come again.
    assert _ledger(container, "erasure-unaccepted").summary().ticket == ("jira", "PRIV-7")


def test_a_ticket_that_a_crash_left_in_the_index_goes_the_next_day(container: ContainerClient) -> None:
    _ledger(container, "erasure-old").end("completed")
    # The details are deleted first; the app died right after.
    container.delete_blob("default/requests/erasure-old/details.json")
    assert "priv-7" in everything_in(container)
    assert _forget(container) == {"erasure-old": ""}
    assert "priv-7" not in everything_in(container)
    assert _forget(container) == {}
