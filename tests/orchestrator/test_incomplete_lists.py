"""Lists of which something is missing that no count betrays: each such list is named as a gap."""

from typing import Any

import pytest

from activities import selection
from activities.payloads import PAGE
from orchestrator import read_listing
from steward.archive.closing import close_project
from steward.customvision.errors import BadRequest, Forbidden
from tests.orchestrator.listings import ACTIVITIES, ITERATION, PROJECT, Archive, MovingList


class Ties(MovingList):
    """Four items of one time on both sides of a page's end, in another order in each answer; the list itself never changes."""

    def page_image_performances(self, *of: str, skip: int, take: int, limit: int | None) -> Any:
        part = self.items[253:257]
        self.random.shuffle(part)
        self.items[253:257] = part
        return super().page_image_performances(*of, skip=skip, take=take, limit=limit)


class Refusing(MovingList):
    """Refuses one page, until it is told not to."""

    refuses = True

    def page_image_performances(self, *of: str, skip: int, take: int, limit: int | None) -> Any:
        if self.refuses and skip == PAGE:
            raise Forbidden("GetImagePerformances", 403, "Forbidden", "not now")
        return super().page_image_performances(*of, skip=skip, take=take, limit=limit)


class Uncounted(MovingList):
    def count_image_performances(self, *_: str) -> int:
        raise BadRequest("GetImagePerformanceCount", 400, "BadRequestInvalid", "no count today")


def choose(monkeypatch: pytest.MonkeyPatch, *chosen: str) -> None:
    """Let selectors have chosen these images of the snapshot."""

    def given(*_: str) -> frozenset[str]:
        return frozenset(chosen)

    monkeypatch.setattr(selection, "_images_given", given)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "selected"])
def test_items_that_the_service_gave_twice_hide_others(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """Also where the item that stands twice is none that selectors chose: the one it hides may be."""
    hidden = 0
    for seed in range(12):
        moving = Ties(258, seed, changes=0, quiet_after=0)
        subject = [moving.items[10], moving.items[253]]
        choose(monkeypatch, *subject)
        archive.read(moving, whole=whole)
        if not set(moving.items if whole else subject) <= set(archive.exported):
            hidden += 1
            assert "ItemsRepeated" in archive.gaps
    assert hidden


def test_a_page_that_was_a_gap_and_is_empty_later_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slower twin of the page's activity succeeds, and writes a page on which selectors choose nothing."""
    moving = Refusing(3 * PAGE, 1, changes=0, quiet_after=0)
    choose(monkeypatch, moving.items[0])
    archive.read(moving, whole=False)
    assert archive.gaps == ["Forbidden"]
    moving.refuses = False
    ACTIVITIES["export_page"]({
        "request": archive.bag.request, "account": archive.name, "reading": "export", "project": PROJECT,
        "iteration": ITERATION, "kind": "image-performance", "whole": False, "page": 1,
    })  # fmt: skip
    close_project(archive.store, archive.bag, PROJECT)
    assert archive.gaps == ["PageOverwritten"]


@pytest.mark.prove
def test_a_list_without_a_count_is_read_to_its_end(archive: Archive) -> None:
    moving = Uncounted(60 * PAGE + 7, 1, changes=0, quiet_after=0)
    archive.read(moving)
    assert archive.exported == moving.items
    assert archive.gap_reasons["ListNotCounted"].startswith(
        "GetImagePerformanceCount: 400 BadRequestInvalid: no count today; "
    )


def test_what_lies_behind_an_unread_page_is_named_where_no_count_says_that_nothing_does(
    archive: Archive,
) -> None:
    class Broken(Refusing, Uncounted):
        pass

    archive.read(Broken(3 * PAGE, 1, changes=0, quiet_after=0))
    assert sorted(archive.gap_reasons) == ["Forbidden", "ListNotCounted"]


@pytest.mark.prove
def test_a_list_that_never_ends_is_given_up(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that forgets where a page begins gives its first items for ever."""

    class Endless(Uncounted):
        def page_image_performances(self, *of: str, **asked: Any) -> Any:
            return super().page_image_performances(*of, **{**asked, "skip": 0})

    monkeypatch.setattr(read_listing, "MOST_PAGES", 60)
    archive.read(Endless(2 * PAGE, 1, changes=0, quiet_after=0))
    assert "ListNotCounted" in archive.gaps
