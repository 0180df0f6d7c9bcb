"""Activities that the engine delivers twice, and whose twin is late: a bag that has been sealed stays as it is."""

from types import SimpleNamespace
from typing import Any

import pytest

from activities import requests, sealed
from activities.payloads import PAGE
from steward.archive.bag import seal
from steward.archive.closing import close_project
from steward.archive.names import page_path
from steward.ledger.ledger import Ledger
from tests.orchestrator.listings import ACTIVITIES, ITERATION, PROJECT, Archive, MovingList


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has looked before the seal does so no more."""
    monkeypatch.setattr(sealed, "_TRUSTED_SECONDS", 1e9)


def page_of(archive: Archive, number: int) -> dict[str, Any]:
    return {
        "request": archive.bag.request, "account": archive.name, "reading": "export", "project": PROJECT,
        "iteration": ITERATION, "kind": "image-performance", "whole": True, "page": number,
    }  # fmt: skip


def blobs(archive: Archive) -> list[tuple[str, str]]:
    return [(blob.name, blob.etag) for blob in archive.store.list(archive.bag.prefix)]


@pytest.mark.usefixtures("trusting")
def test_what_looked_before_the_seal_replaces_nothing_after_it(archive: Archive) -> None:
    moving = MovingList(5, seed=1, changes=0, quiet_after=0)
    archive.read(moving)
    seal(archive.store, archive.bag, about={}, date="2026-11-24")
    before = blobs(archive)
    moving.delete(0)
    with pytest.raises(sealed.BagSealed):
        ACTIVITIES["export_page"](page_of(archive, 0))
    gap = {"path": page_path(PROJECT, ITERATION, "image-performance", 0), "fault": {"code": "a", "reason": "b"}}  # fmt: skip
    with pytest.raises(sealed.BagSealed):
        ACTIVITIES["record_gap"]({**page_of(archive, 0), **gap})
    assert blobs(archive) == before


@pytest.mark.usefixtures("trusting")
def test_a_page_is_replaced_while_the_bag_is_open(archive: Archive) -> None:
    """A list that is read again, and a request that is started again, write over what stands there."""
    moving = MovingList(PAGE, seed=1, changes=0, quiet_after=0)
    archive.read(moving)
    moving.delete(0)
    ACTIVITIES["export_page"](page_of(archive, 0))
    assert archive.exported == moving.items


def test_the_end_of_a_request_takes_what_a_late_twin_left_in_its_work_area(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had looked before the seal, and added the project up once more."""
    archive.read(MovingList(5, seed=1, changes=0, quiet_after=0))
    seal(archive.store, archive.bag, about={}, date="2026-11-24")
    close_project(archive.store, archive.bag, PROJECT)
    assert list(archive.store.list(archive.bag.work))
    home = SimpleNamespace(container=archive.container, name=archive.name, store=archive.store)
    ledger = Ledger(archive.container, archive.name, archive.bag.request)
    ledger.create("export", {"purpose": "backup"})

    def of(_: str) -> Any:
        return home

    monkeypatch.setattr(requests, "account", of)
    builder: Any = requests.end_request
    ending = {"request": archive.bag.request, "account": archive.name, "state": "completed", "reason": ""}
    builder._function.get_user_function()(ending)
    assert ledger.state().state == "completed"
    assert not list(archive.store.list(archive.bag.work))
