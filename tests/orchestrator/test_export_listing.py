"""The law of listings: what is said to have held still holds every item that was there all the time, none twice."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.payloads import PAGE
from orchestrator import export_listing as module
from tests.orchestrator.driving import drive

# The decorator leaves a builder in the function's place.
builder: Any = module.export_listing
orchestration: Any = builder._function.get_user_function().orchestrator_function

LISTING = {
    "request": "r",
    "account": "a",
    "project": "11111111-1111-4111-8111-111111111111",
    "iteration": "",
    "kind": "tagged",
}


class MovingList:
    """A list of the service, oldest first, that changes now and then while it is read."""

    def __init__(self, size: int, seed: int, changes: int, quiet_after: int) -> None:
        self.items = [f"item-{number}" for number in range(size)]
        self.always = set(self.items)
        self.random = random.Random(seed)
        self.changes = changes
        self.quiet_after = quiet_after
        self.calls = 0
        self.pages: dict[int, list[str]] = {}
        self.record: dict[str, Any] = {}

    def change(self) -> None:
        self.calls += 1
        if self.calls > self.quiet_after:
            return
        for _ in range(self.random.randrange(self.changes + 1)):
            if self.random.random() < 0.5 and self.items:
                self.always.discard(self.items.pop(self.random.randrange(len(self.items))))
            else:
                self.items.append(f"new-{self.calls}-{self.random.random()}")

    def count(self, _: dict[str, Any]) -> dict[str, Any]:
        self.change()
        return {"count": len(self.items)}

    def page(self, ref: dict[str, Any]) -> dict[str, Any]:
        self.change()
        found = self.items[ref["page"] * PAGE : ref["page"] * PAGE + PAGE + 1]
        self.pages[ref["page"]] = found[:PAGE]
        return {
            "listed": len(found[:PAGE]),
            "first": found[0] if found else "",
            "next": found[PAGE] if len(found) > PAGE else "",
        }

    def end(self, result: dict[str, Any]) -> dict[str, Any]:
        self.record = result
        return {}

    def read(self) -> None:
        activities = {"count_listing": self.count, "export_page": self.page, "record_listing": self.end}
        drive(orchestration, dict(LISTING), activities, self.random.shuffle)

    @property
    def exported(self) -> list[str]:
        return [item for page in range(self.record["pages"]) for item in self.pages[page]]


@given(size=st.integers(0, 1500), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_list_that_holds_still_is_read_once_and_whole(size: int, seed: int) -> None:
    moving = MovingList(size, seed, changes=0, quiet_after=0)
    moving.read()
    assert moving.record["settled"]
    assert moving.exported == moving.items
    assert moving.record["count"] == moving.record["listed"] == size
    # Two counts, and each page once.
    assert moving.calls == 2 + max(1, -(-size // PAGE))


@given(
    size=st.integers(0, 1500),
    seed=st.integers(0, 2**32),
    changes=st.integers(1, 4),
    quiet_after=st.integers(1, 60),
)
@settings(max_examples=300, deadline=None)
def test_a_list_that_moves_is_read_again_or_said_to_have_moved(
    size: int, seed: int, changes: int, quiet_after: int
) -> None:
    moving = MovingList(size, seed, changes, quiet_after)
    moving.read()
    if moving.record["settled"]:
        assert moving.always <= set(moving.exported)
        assert len(moving.exported) == len(set(moving.exported)) == moving.record["listed"]


def test_a_deletion_hidden_by_an_addition_is_noticed() -> None:
    """The counts agree; only the pages that do not join give it away."""
    moving = MovingList(PAGE * 2, seed=1, changes=0, quiet_after=0)
    read = moving.page
    order: list[int] = []

    def page(ref: dict[str, Any]) -> dict[str, Any]:
        result = read(ref)
        if not order:
            moving.items.pop(0)
            moving.items.append("added")
        order.append(ref["page"])
        return result

    moving.page = page
    moving.read()
    assert len(order) > 2
    assert moving.record["settled"]
    assert moving.exported == moving.items
