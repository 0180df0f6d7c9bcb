"""The law of listings: a bag that names no gap holds every item that was there all the time, none twice."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities import sealed
from activities.payloads import PAGE
from steward.archive.bag import seal
from tests.orchestrator.listings import ACTIVITIES, ITERATION, PROJECT, Archive, MovingList

SIZES = st.integers(0, 4 * PAGE)
# Hypothesis likes small numbers, where a page is in one answer.
LARGEST = st.sampled_from([2, 7, 100, PAGE, PAGE + 1])
SEEDS = st.integers(0, 2**32)


@given(size=SIZES, seed=SEEDS, largest=LARGEST)
@example(size=PAGE, seed=0, largest=PAGE + 1)
@example(size=2 * PAGE, seed=0, largest=PAGE)
@settings(max_examples=6, deadline=None)
def test_a_list_that_holds_still_is_read_once_and_whole(
    archive: Archive, size: int, seed: int, largest: int
) -> None:
    moving = MovingList(size, seed, changes=0, quiet_after=0, largest=largest)
    archive.read(moving)
    assert archive.gaps == []
    assert archive.exported == moving.items
    assert archive.summary["counted"] == archive.summary["exported"] == size
    assert len(moving.pages_read) == len(set(moving.pages_read))
    if largest > PAGE:
        # Two counts, and each page once.
        assert moving.calls == 2 + max(1, -(-size // PAGE))


@given(
    size=SIZES,
    seed=SEEDS,
    changes=st.integers(1, 4),
    quiet_after=st.integers(1, 60),
    largest=LARGEST,
    twins=st.sampled_from([0.0, 0.0, 0.3]),
)
@settings(max_examples=25, deadline=None)
def test_a_list_that_moves_is_read_again_or_said_to_have_moved(
    archive: Archive, size: int, seed: int, changes: int, quiet_after: int, largest: int, twins: float
) -> None:
    moving = MovingList(size, seed, changes, quiet_after, largest)
    archive.read(moving, twins)
    if not archive.gaps:
        exported = archive.exported
        assert moving.always <= set(exported)
        assert len(exported) == len(set(exported)) == archive.summary["counted"]


@pytest.mark.parametrize(("size", "largest"), [(2 * PAGE, PAGE + 1), (PAGE - 5, 100)])
def test_a_deletion_hidden_by_an_addition_is_noticed(archive: Archive, size: int, largest: int) -> None:
    """The counts agree; only pages, or a page's answers, that do not join give it away."""
    moving = MovingList(size, seed=1, changes=0, quiet_after=0, largest=largest)
    read = moving.page_image_performances
    answered: list[int] = []

    def page(*of: str, skip: int, take: int, limit: int | None) -> Any:
        found = read(*of, skip=skip, take=take, limit=limit)
        if not answered:
            moving.delete(0)
            moving.add()
        answered.append(skip)
        return found

    moving.page_image_performances = page
    archive.read(moving)
    assert answered.count(0) == 2
    assert archive.gaps == []
    assert archive.exported == moving.items


def test_a_list_that_grows_at_its_end_is_read_on_from_its_last_page(archive: Archive) -> None:
    moving = MovingList(2 * PAGE, seed=2, changes=0, quiet_after=0)
    count = moving.count_image_performances

    def growing(*of: str) -> int:
        if moving.calls == 3:
            for _ in range(PAGE + 7):
                moving.add()
        return count(*of)

    moving.count_image_performances = growing
    archive.read(moving)
    assert archive.gaps == []
    assert archive.exported == moving.items
    assert moving.pages_read.count(0) == 1


def test_a_twin_that_comes_late_with_other_items_is_named(archive: Archive) -> None:
    """The engine may deliver an activity again after the list has been counted and found unmoved."""
    moving = MovingList(PAGE + 5, seed=1, changes=0, quiet_after=0)
    original = ACTIVITIES["record_listing"]

    def record(result: dict[str, Any]) -> Any:
        moving.delete(0)
        moving.add()
        listing = {
            key: result[key] for key in ("request", "account", "project", "iteration", "kind", "whole")
        }
        ACTIVITIES["export_page"]({**listing, "page": 0})
        return original(result)

    ACTIVITIES["record_listing"] = record
    try:
        archive.read(moving)
    finally:
        ACTIVITIES["record_listing"] = original
    assert "PageOverwritten" in archive.gaps


def test_a_twin_that_comes_after_the_seal_writes_nothing(archive: Archive) -> None:
    moving = MovingList(5, seed=1, changes=0, quiet_after=0)
    archive.read(moving)
    seal(archive.store, archive.bag, about={}, date="2026-11-24")
    before = [(blob.name, blob.etag) for blob in archive.store.list(archive.bag.prefix)]
    moving.delete(0)
    page = {
        "request": archive.bag.request, "account": archive.name, "project": PROJECT, "iteration": ITERATION,
        "kind": "image-performance", "whole": True, "page": 0,
    }  # fmt: skip
    with pytest.raises(sealed.BagSealed):
        ACTIVITIES["export_page"](page)
    assert [(blob.name, blob.etag) for blob in archive.store.list(archive.bag.prefix)] == before
