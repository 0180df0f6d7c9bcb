"""What is forgotten of requests that ended long ago, and what never is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob import ContainerClient

from steward.ledger.forgetting import forget
from steward.ledger.ledger import Ledger
from steward.ledger.state import PLAN

ACCEPTED = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEEP = timedelta(days=30)
LATER = ACCEPTED + timedelta(days=31)


def _ledger(container: ContainerClient, name: str, plan: str = "", *, dry_run: bool = False) -> Ledger:
    """An erasure that was accepted on the first of November, with a blob of its plan if it has one of its own."""
    ledger = Ledger(container, "default", name, clock=lambda: ACCEPTED)
    document: dict[str, Any] = {
        "purpose": "data-subject",
        "dryRun": dry_run,
        "scope": {"projects": [{"name": "Hats", "images": {"metadata": {"subject": "Ann Example"}}}]},
        "ticket": {"system": "jira", "key": "PRIV-7"},
    }
    ledger.create("erasure", document)
    if plan:
        ledger.append(PLAN, PLAN, {"request": plan, "hash": "0" * 64, "expires": "", "counts": {}})
    if plan == name:
        container.upload_blob(f"default/plans/{name}/plan.json", b"ids of Ann's images")
    return ledger


def _names(container: ContainerClient) -> set[str]:
    return set(container.list_blob_names(name_starts_with="default/"))


def test_details_and_plan_go_and_the_ledger_still_verifies(container: ContainerClient) -> None:
    ledger = _ledger(container, "erasure-old", "erasure-old")
    ledger.end("completed")
    head = ledger.head()
    assert list(forget(container, "default", keep=KEEP, now=LATER)) == ["erasure-old"]
    assert _names(container) == {"default/requests/erasure-old/ledger.jsonl"}
    assert ledger.verify(head)[-1].type == "ended"
    assert ledger.details() is None
    assert ledger.summary().ticket is None
    blob = container.download_blob("default/requests/erasure-old/ledger.jsonl").readall()
    assert b"Ann" not in blob
    assert b"PRIV" not in blob
    assert list(forget(container, "default", keep=KEEP, now=LATER)) == []


def test_what_ended_lately_and_what_has_not_ended_stays(container: ContainerClient) -> None:
    _ledger(container, "erasure-lately", "erasure-lately").end("completed")
    _ledger(container, "erasure-open", "erasure-open")
    before = _names(container)
    assert list(forget(container, "default", keep=KEEP, now=ACCEPTED + timedelta(days=29))) == []
    assert _names(container) == before
    assert list(forget(container, "default", keep=KEEP, now=LATER)) == ["erasure-lately"]
    assert "default/plans/erasure-open/plan.json" in _names(container)
    assert "default/requests/erasure-open/details.json" in _names(container)


def test_a_dry_runs_plan_stays_while_an_erasure_carries_it_out(container: ContainerClient) -> None:
    _ledger(container, "erasure-dry-run-old", "erasure-dry-run-old", dry_run=True).end("planned")
    taking = _ledger(container, "erasure-taking", "erasure-dry-run-old")
    list(forget(container, "default", keep=KEEP, now=LATER))
    assert "default/plans/erasure-dry-run-old/plan.json" in _names(container)
    taking.end("completed")
    list(forget(container, "default", keep=KEEP, now=LATER))
    assert "default/plans/erasure-dry-run-old/plan.json" not in _names(container)
