"""The law of listings: a bag that names no gap holds every item that was there all the time, none twice.

The orchestration, its activities, the archive and its adding up are the real ones; only the service is played, since no
real one can be made to change between two given calls.
"""

import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from azure.storage.blob import BlobServiceClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities import images, pages, payload_files, readings, sealed
from activities.payloads import PAGE
from orchestrator import read_listing as module
from steward.archive.bag import seal
from steward.archive.closing import close_project, fragment
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.customvision.errors import AnswerTooLarge
from tests.conftest import Azurite
from tests.orchestrator.driving import drive

# The decorators leave builders in the functions' places.
listing_builder: Any = module.read_listing
orchestration: Any = listing_builder._function.get_user_function().orchestrator_function


def _activity(builder: Any) -> Any:
    return builder._function.get_user_function()


ACTIVITIES: dict[str, Any] = {
    "count_listing": _activity(readings.count_listing),
    "export_page": _activity(images.export_page),
    "record_listing": _activity(readings.record_listing),
}

PROJECT = "11111111-1111-4111-8111-111111111111"
ITERATION = "22222222-2222-4222-8222-222222222222"


class MovingList:
    """A list of the service, oldest first, that changes now and then while it is read; also the client that reads it.

    `largest`: how many items fit into one answer.
    """

    def __init__(self, size: int, seed: int, changes: int, quiet_after: int, largest: int = PAGE + 1) -> None:
        self.items = [str(UUID(int=number)) for number in range(size)]
        self.always = set(self.items)
        self.random = random.Random(seed)
        self.changes = changes
        self.quiet_after = quiet_after
        self.largest = largest
        self.calls = 0
        self.pages_read: list[int] = []

    def change(self) -> None:
        self.calls += 1
        if self.calls > self.quiet_after:
            return
        for _ in range(self.random.randrange(self.changes + 1)):
            if self.random.random() < 0.5 and self.items:
                self.delete(self.random.randrange(len(self.items)))
            else:
                self.add()

    def delete(self, place: int) -> None:
        self.always.discard(self.items.pop(place))

    def add(self) -> None:
        self.items.append(str(UUID(int=self.random.getrandbits(128))))

    def count_image_performances(self, *_: str) -> int:
        self.change()
        return len(self.items)

    def page_image_performances(
        self, *_: str, skip: int, take: int, limit: int | None
    ) -> list[dict[str, Any]]:
        if limit is not None and take > self.largest:
            raise AnswerTooLarge("GetImagePerformances", limit)
        self.change()
        self.pages_read.append(skip)
        return [{"id": item} for item in self.items[skip : skip + take]]


class Archive:
    """Both the activities' account and what is read of the bag afterwards; one container, a request each reading."""

    def __init__(self, store: ArchiveStore) -> None:
        self.store = store
        self.name = "a"
        self.client = MovingList(0, 0, 0, 0)
        self.requests = 0

    def of(self, *_: str) -> "Archive":
        return self

    def read(self, moving: MovingList, twins: float = 0.0) -> None:
        """Read the list into a bag of its own and add it up; so many of the activities are delivered a second time."""
        self.client = moving
        self.requests += 1
        self.bag = BagNames(self.name, f"r-{self.requests}")
        listing = {
            "request": self.bag.request, "account": self.name, "reading": "export", "project": PROJECT, "iteration": ITERATION,
            "kind": "image-performance", "whole": True,
        }  # fmt: skip
        late: list[tuple[str, dict[str, Any]]] = []

        def delivered(name: str) -> Any:
            def activity(payload: dict[str, Any]) -> Any:
                result = ACTIVITIES[name](payload)
                if moving.random.random() < twins:
                    late.append((name, payload))
                if late and moving.random.random() < 0.3:
                    self._again(late, moving)
                return result

            return activity

        drive(orchestration, listing, {name: delivered(name) for name in ACTIVITIES}, moving.random.shuffle)
        while late:
            self._again(late, moving)
        self.summary = close_project(self.store, self.bag, PROJECT).summary["listings"][0]

    def _again(self, late: list[tuple[str, dict[str, Any]]], moving: MovingList) -> None:
        name, payload = late.pop(moving.random.randrange(len(late)))
        ACTIVITIES[name](payload)

    @property
    def gaps(self) -> list[str]:
        lines = self.store.read_lines(fragment(self.bag, "gaps", PROJECT))
        return [json.loads(line)["code"] for line in lines]

    @property
    def exported(self) -> list[str]:
        return [
            json.loads(line)["performance"]["id"]
            for blob in self.store.list(self.bag.blob("data/"))
            for line in self.store.read_lines(blob.name)
        ]


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with (
        service,
        service.get_container_client("listings") as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        client.create_container()
        archive = Archive(ArchiveStore(client))
        for users in (images, pages, payload_files, readings, sealed):
            patched.setattr(users, "account", archive.of)
        # Looks each time whether the bag is sealed.
        patched.setattr(sealed, "_TRUSTED_SECONDS", 1e-9)
        yield archive


SIZES = st.integers(0, 4 * PAGE)
# Hypothesis likes small numbers, where a page is in one answer.
LARGEST = st.sampled_from([2, 7, 100, PAGE, PAGE + 1])
SEEDS = st.integers(0, 2**32)


@given(size=SIZES, seed=SEEDS, largest=LARGEST)
@example(size=PAGE, seed=0, largest=PAGE + 1)
@example(size=2 * PAGE, seed=0, largest=PAGE)
@settings(max_examples=30, deadline=None)
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
@settings(max_examples=150, deadline=None)
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
