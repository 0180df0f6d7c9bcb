"""An orchestration that fails: nothing of it goes on once the request has ended."""

import threading
from typing import Any

import pytest

from orchestrator import calls, names
from tests.orchestrator.engine import Activity, engine

REF = {"request": "r", "account": "a"}
OPTIONS = {"iterations": True, "predictions": True, "models": True, "image_performance": True}
BROKEN, WHOLE = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.mark.parametrize("slow", [BROKEN, WHOLE], ids=["its own predictions", "another project"])
def test_a_request_that_fails_ends_after_everything_that_writes_into_its_bag(slow: str) -> None:
    """A step of one project fails for good while something else is under way."""
    failed, ended = threading.Event(), threading.Event()
    live_at_the_end: list[str] = []

    def gap(_: dict[str, Any]) -> dict[str, Any]:
        failed.set()
        raise OSError("the archive store is away")

    def under_way(page: dict[str, Any]) -> dict[str, Any]:
        assert failed.wait(20)
        if page["project"] == slow:
            # Nothing else is left to wait for: a request that does not wait for this ends meanwhile.
            ended.wait(2)
        return {"count": 0, "listed": 0}

    def end(ending: dict[str, Any]) -> dict[str, Any]:
        live_at_the_end.extend(running.live())
        ended.set()
        return {"state": ending["state"]}

    scripts: dict[str, Activity] = {
        names.TAKE_TURN: lambda _: {"held": True, "behind": "", "over": False},
        names.BEGIN_EXPORT: lambda _: {"projects": 2, "options": OPTIONS},
        names.READ_PLAN: lambda _: {"projects": [BROKEN, WHOLE]},
        names.EXPORT_PROJECT_DETAILS: lambda ref: {
            "whole": ref["project"] == BROKEN,
            "with_predictions": True,
        },
        names.EXPORT_TAGS: lambda _: {"fault": {"code": "gone", "reason": "gone"}},
        names.CLOSE_PROJECT: lambda _: {"gaps": 0, "unlisted": 0},
        names.RECORD_GAP: gap,
        names.EXPORT_PREDICTION_PAGE: under_way,
        names.END_REQUEST: end,
    }
    with engine(scripts) as running:
        state = running.run(names.EXPORT_ACCOUNT, REF, "r")
    assert state.serialized_output is not None
    assert "the archive store is away" in state.serialized_output
    assert live_at_the_end == ["r"]
    assert running.calls[-1] == names.END_REQUEST
    assert names.SEAL_BAG not in running.calls
    assert running.calls.count(names.EXPORT_PREDICTION_PAGE) == 2


def test_tags_that_cannot_be_asked_for_are_gaps_and_end_no_request() -> None:
    """The service stays away: the reason goes where the tags should stand, and the project is added up with it."""
    closings = iter([{"gaps": 0, "unlisted": 2}, {"gaps": 2, "unlisted": 0}])
    recorded: list[dict[str, Any]] = []

    def away(_: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionError("the service is away")

    scripts: dict[str, Activity] = {
        names.CLOSE_PROJECT: lambda _: next(closings),
        names.EXPORT_UNLISTED_TAGS: away,
        names.RECORD_UNLISTED_TAGS: lambda missing: recorded.append(missing) or {"tags": 2},
    }
    project = {**REF, "project": WHOLE, "options": OPTIONS}
    with engine(scripts) as running:
        state = running.run(names.EXPORT_PROJECT, project, "p")
    assert state.runtime_status.name == "COMPLETED", state
    assert next(closings, None) is None
    assert [each["fault"]["reason"] for each in recorded] == ["the service is away"]


@pytest.mark.parametrize(
    ("completed", "code", "gap"),
    [
        (False, "NotFoundIterationPerformance", False),
        (False, "BadRequestIterationIsNotTrained", False),
        (False, "Forbidden", True),
        (True, "NotFoundIterationPerformance", True),
    ],
)
def test_an_iteration_of_another_status_may_have_no_performance(
    completed: bool, code: str, gap: bool
) -> None:
    """It is asked for all the same, and the service's refusal is its answer."""
    scripts: dict[str, Activity] = {
        names.EXPORT_ITERATION_DETAILS: lambda _: {"trained": True, "completed": completed, "selected": True},
        names.EXPORT_PERFORMANCE: lambda _: {"fault": {"code": code, "reason": "refused"}},
        names.COUNT_LISTING: lambda _: {"count": 0},
        names.EXPORT_PAGE: lambda _: {"listed": 0},
    }
    iteration = {**REF, "project": WHOLE, "iteration": BROKEN, "options": OPTIONS}
    with engine(scripts) as running:
        state = running.run(names.EXPORT_ITERATION, iteration, "i")
    assert state.runtime_status.name == "COMPLETED", state
    assert names.EXPORT_MODELS in running.calls
    assert (names.RECORD_GAP in running.calls) is gap


def test_a_page_is_told_when_nobody_will_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service asks for one pause after the other: at last the page is written with what can be had of it."""
    monkeypatch.setattr(calls, "PAUSES", 3)
    asked: list[bool] = []

    def page(payload: dict[str, Any]) -> dict[str, Any]:
        asked.append(payload.get("last", False))
        return {"listed": 0} if payload.get("last") else {"wait": 0.01}

    scripts: dict[str, Activity] = {
        names.COUNT_LISTING: lambda _: {"count": 0},
        names.EXPORT_PAGE: page,
    }
    listing = {**REF, "reading": "export", "project": WHOLE, "iteration": "", "kind": "tagged", "whole": True}
    with engine(scripts) as running:
        state = running.run(names.READ_LISTING, listing, "l")
    assert state.runtime_status.name == "COMPLETED", state
    assert asked == [False, False, True]
    assert names.RECORD_GAP not in running.calls


def test_the_end_is_written_when_the_archive_is_back() -> None:
    """Later than any other step is tried again: a bag that is sealed and verified must not be told as failed."""
    refusals = iter(range(5))

    def end(ending: dict[str, Any]) -> dict[str, Any]:
        if next(refusals, None) is not None:
            raise OSError("the archive store is away")
        return {"state": ending["state"]}

    scripts: dict[str, Activity] = {
        names.TAKE_TURN: lambda _: {"held": True, "behind": "", "over": False},
        names.BEGIN_EXPORT: lambda _: {"sealed": True},
        names.SEAL_BAG: lambda _: {"gaps": 0},
        names.VERIFY_BAG: lambda _: {"problems": 0, "first": ""},
        names.END_REQUEST: end,
    }
    with engine(scripts) as running:
        state = running.run(names.EXPORT_ACCOUNT, REF, "r")
    assert state.runtime_status.name == "COMPLETED", state
    assert running.calls.count(names.END_REQUEST) == 6
