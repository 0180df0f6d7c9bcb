"""A list of the service that the test can change between two given calls, and the bag that it is read into.

The orchestration, its activities, the archive and its adding up are the real ones; only the service is played, since no
real one can be made to change so.
"""

import json
import random
from typing import Any
from uuid import UUID

from azure.storage.blob import ContainerClient

from activities import bag, images, readings
from activities.payloads import PAGE
from orchestrator import read_listing as module
from steward.archive.closing import close_project, fragment
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.customvision.errors import AnswerTooLarge
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
    "record_gap": _activity(bag.record_gap),
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

    def __init__(self, container: ContainerClient) -> None:
        self.container = container
        self.store = ArchiveStore(container)
        self.name = "a"
        self.client = MovingList(0, 0, 0, 0)
        self.requests = 0

    def of(self, *_: str) -> "Archive":
        return self

    def read(self, moving: MovingList, twins: float = 0.0, *, whole: bool = True) -> None:
        """Read the list into a bag of its own and add it up; so many of the activities are delivered a second time."""
        self.client = moving
        self.requests += 1
        self.bag = BagNames(self.name, f"r-{self.requests}")
        listing = {
            "request": self.bag.request, "account": self.name, "reading": "export", "project": PROJECT, "iteration": ITERATION,
            "kind": "image-performance", "whole": whole,
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
        return [gap["code"] for gap in self._gaps()]

    @property
    def gap_reasons(self) -> dict[str, str]:
        """Why, by code."""
        return {gap["code"]: gap["reason"] for gap in self._gaps()}

    def _gaps(self) -> list[dict[str, str]]:
        lines = self.store.read_lines(fragment(self.bag, "gaps", PROJECT))
        return [json.loads(line) for line in lines]

    @property
    def exported(self) -> list[str]:
        return [
            json.loads(line)["performance"]["id"]
            for blob in self.store.list(self.bag.blob("data/"))
            for line in self.store.read_lines(blob.name)
        ]
