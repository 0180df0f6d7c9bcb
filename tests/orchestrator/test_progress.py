"""How far an export says that it has come, and how many of its projects are under way at once."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

from http_start.request_documents import progress_of
from orchestrator import names
from orchestrator.projects import PROJECTS_AT_ONCE
from tests.export.exporting import wait
from tests.orchestrator.engine import Activity, engine

REF = {"request": "r", "account": "a"}
OPTIONS = {"iterations": True, "predictions": True, "models": True, "image_performance": True}
PROJECTS = [str(uuid.UUID(int=number)) for number in range(PROJECTS_AT_ONCE + 4)]


def test_projects_count_as_they_end_and_the_next_one_begins() -> None:
    """One project is slow: all others end meanwhile, and none waits for it."""
    slow, go_on, sealing = PROJECTS[1], threading.Event(), threading.Event()
    lock, under_way, most = threading.Lock(), set[str](), 0

    def begin(project: dict[str, Any]) -> dict[str, Any]:
        nonlocal most
        with lock:
            under_way.add(project["project"])
            most = max(most, len(under_way))
        if project["project"] == slow:
            assert go_on.wait(20)
        return {"whole": True}

    def close(closing: dict[str, Any]) -> dict[str, Any]:
        with lock:
            under_way.remove(closing["project"])
        return {"gaps": 0, "unlisted": 0}

    scripts: dict[str, Activity] = {
        names.TAKE_TURN: lambda _: {"held": True, "behind": "", "over": False},
        names.BEGIN_EXPORT: lambda _: {"projects": len(PROJECTS), "options": OPTIONS},
        names.READ_PLAN: lambda part: {"projects": PROJECTS[part["first"] : part["first"] + part["count"]]},
        names.EXPORT_PROJECT_DETAILS: begin,
        names.CLOSE_PROJECT: close,
        names.SEAL_BAG: lambda _: {"gaps": 0} if sealing.wait(20) else {},
        names.VERIFY_BAG: lambda _: {"problems": 0, "first": ""},
        names.END_REQUEST: lambda ending: {"state": ending["state"]},
    }
    with engine(scripts) as running:
        running.client.schedule_new_orchestration(names.EXPORT_ACCOUNT, input=REF, instance_id="r")

        def said() -> Any:
            return progress_of(running.client, "r")  # pyright: ignore[reportArgumentType] - the app's client is one of these

        all_but_one = {"done": len(PROJECTS) - 1, "total": len(PROJECTS)}
        wait(said, is_(projects=all_but_one), 20)
        assert under_way == {slow}
        go_on.set()
        # No project is sealed, and nothing of it is counted: no figure stands there, and so none that is wrong.
        wait(said, is_(phase="seal"), 20)
        assert said() == {"phase": "seal"}
        sealing.set()
        running.client.wait_for_orchestration_completion("r", timeout=20)
    assert 4 < most <= PROJECTS_AT_ONCE


def is_(**expected: object) -> Callable[[Any], bool]:
    return lambda found: {key: found.get(key) for key in expected} == expected


def test_account_information_that_stays_away_is_written_as_far_as_it_is_there() -> None:
    """After the last try it is asked for once more, to write down what can be had."""
    asked: list[bool] = []

    def information(payload: dict[str, Any]) -> dict[str, Any]:
        asked.append(payload["last"])
        return {"written": True} if payload["last"] else {"fault": {"code": "Away", "reason": "away"}}

    scripts: dict[str, Activity] = {
        names.TAKE_TURN: lambda _: {"held": True, "behind": "", "over": False},
        names.BEGIN_EXPORT: lambda _: {"projects": 0, "options": OPTIONS},
        names.READ_PLAN: lambda _: {"projects": []},
        names.EXPORT_ACCOUNT_INFORMATION: information,
        names.SEAL_BAG: lambda _: {"gaps": 1},
        names.VERIFY_BAG: lambda _: {"problems": 0, "first": ""},
        names.END_REQUEST: lambda ending: {"state": ending["state"]},
    }
    with engine(scripts) as running:
        state = running.run(names.EXPORT_ACCOUNT, REF, "r")
    assert asked == [False, True]
    assert "completed-with-gaps" in str(state.serialized_output)
