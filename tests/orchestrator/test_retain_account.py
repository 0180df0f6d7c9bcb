"""A retention holds the account's turn for as long as anything that it has begun may still delete."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orchestrator import names, retain_account
from tests.orchestrator.engine import Activity, engine

REF = {"request": "r", "account": "a"}


def turns(*answers: dict[str, Any]) -> Activity:
    """One answer after the other; the last one for good."""
    waiting = list(answers)

    def take_turn(_: dict[str, Any]) -> dict[str, Any]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return take_turn


HELD = {"held": True, "behind": "", "over": False}
QUEUED = {"held": False, "behind": "export-1", "over": False}
OVER = {"held": False, "behind": "", "over": True}


def scripts(take_turn: Activity, collect: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Activity]:
    return {
        names.TAKE_TURN: take_turn,
        names.FIND_EXPIRING: lambda _: {"count": 0},
        names.COLLECT_COPIES: collect,
        names.CLOSE_RETENTION: lambda _: {"state": "completed", "reason": ""},
        names.END_REQUEST: lambda ending: {"state": ending["state"]},
    }


def nothing_left(_: dict[str, Any]) -> dict[str, Any]:
    return {"last": ""}


@pytest.mark.parametrize("last", [HELD, OVER], ids=["its turn comes", "it is ended meanwhile"])
def test_while_another_has_the_turn_nothing_is_looked_for(last: dict[str, Any]) -> None:
    with engine(scripts(turns(QUEUED, last), nothing_left)) as running:
        state = running.run(names.RETAIN_ACCOUNT, REF, "r")
    assert state.runtime_status.name == "COMPLETED", state
    work = [names.FIND_EXPIRING, names.COLLECT_COPIES, names.CLOSE_RETENTION] if last is HELD else []
    assert running.calls == [names.TAKE_TURN, names.TAKE_TURN, *work, names.END_REQUEST]


@pytest.mark.usefixtures("quick_retries")
def test_it_ends_only_once_no_deletion_can_be_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's answers never come: whatever it was asked for may still arrive."""
    monkeypatch.setattr(retain_account, "ON_ITS_WAY", timedelta(seconds=2))
    tried: list[float] = []
    ended: list[tuple[float, str]] = []

    def collect(_: dict[str, Any]) -> dict[str, Any]:
        tried.append(time.monotonic())
        raise OSError("the archive store does not answer")

    def end(ending: dict[str, Any]) -> dict[str, Any]:
        ended.append((time.monotonic(), ending["state"]))
        return {"state": ending["state"]}

    with engine({**scripts(turns(HELD), collect), names.END_REQUEST: end}) as running:
        running.run(names.RETAIN_ACCOUNT, REF, "r")
    ((at, state),) = ended
    assert state == "failed"
    assert at - tried[-1] > 2
