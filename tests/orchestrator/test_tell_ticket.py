"""When a ticket that cannot be reached is tried again, and when it is given up; nothing of it is the request's."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from orchestrator import names, tell_ticket
from orchestrator.tell_ticket import pause_after
from tests.export.exporting import wait
from tests.orchestrator.engine import Activity, engine

TELLER = {"request": "r", "account": "a", "place": "jira"}
ENDING = {"state": "completed", "reason": ""}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's schedule, a day in a second."""
    for name, seconds in (("FIRST_PAUSE", 0.01), ("LONGEST_PAUSE", 0.04), ("PATIENCE", 0.3)):
        monkeypatch.setattr(tell_ticket, name, timedelta(seconds=seconds))


def scripted(outcomes: Iterator[dict[str, Any]]) -> tuple[Activity, list[bool]]:
    """An activity that answers so, and what it was told of `last`."""
    last: list[bool] = []

    def tell(telling: dict[str, Any]) -> dict[str, Any]:
        assert {key: telling[key] for key in TELLER} == TELLER
        last.append(telling["last"])
        return next(outcomes)

    return tell, last


def said(outcome: str, retry_after: float = 0.0) -> dict[str, Any]:
    return {"outcome": outcome, "retry_after": retry_after}


def test_pauses_double_from_seconds_to_an_hour_and_end_after_a_day() -> None:
    pauses = [pause_after(failures, 0, "r:told-jira") for failures in range(60)]
    doubled = [*(2**power for power in range(1, 12)), *[3600] * 49]
    for pause, seconds in zip(pauses, doubled, strict=True):
        assert seconds <= pause.total_seconds() < 1.5 * seconds
    tried, waited = 0, timedelta()
    while waited < tell_ticket.PATIENCE:
        waited += pauses[tried]
        tried += 1
    assert timedelta(hours=24) <= waited < timedelta(hours=25.5)
    assert 26 <= tried <= 34


def test_those_who_wait_for_one_place_come_back_each_in_their_own_time_and_the_same_in_each_replay() -> None:
    tellers = [f"export-ticket-{number}:told-jira" for number in range(1000)]
    for failures in (0, 5, 30):
        pauses = [pause_after(failures, 0, each).total_seconds() for each in tellers]
        assert pauses == [pause_after(failures, 0, each).total_seconds() for each in tellers]
        tenths = Counter(int(20 * (pause / min(pauses) - 1)) for pause in pauses)
        assert len(tenths) >= 10
        assert max(tenths.values()) < 200


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [(0, 17, 17), (5, 17, 64), (0, 86_400, 3600), (0, 0, 2), (10_000, 0, 3600)],
)
def test_who_asks_for_a_pause_is_given_it_but_not_for_ever(
    failures: int, asked: float, seconds: float
) -> None:
    pause = pause_after(failures, asked, "r:told-jira").total_seconds()
    assert seconds <= pause < 1.5 * seconds


@pytest.mark.usefixtures("quick")
def test_a_dead_place_is_given_up_change_by_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over many runs of the orchestration, each with a short history."""
    monkeypatch.setattr(tell_ticket, "LOOKS_PER_RUN", 3)
    given_up: list[int] = []
    last: list[bool] = []

    def tell(telling: dict[str, Any]) -> dict[str, Any]:
        last.append(telling["last"])
        if len(given_up) == 2:
            return said("over")
        if telling["last"]:
            given_up.append(len(last))
            return said("told")
        return said("again")

    with engine({names.TELL_CHANGE: tell}) as running:
        state = running.run(names.TELL_TICKET, TELLER, "r:told-jira")
        assert not running.live()
    assert state.runtime_status.name == "COMPLETED", state
    # 0.01 + 0.02 + 0.04 + … is 0.3 or more after seven to nine; then one more is the last. The next change begins anew.
    assert 8 <= given_up[0] <= 10
    assert given_up[1] == 2 * given_up[0]
    assert last.count(True) == 2


@pytest.mark.usefixtures("quick")
def test_what_is_told_at_last_sets_the_patience_back() -> None:
    tries = [*(said("again") for _ in range(5)), said("told")]
    tell, last = scripted(iter([*tries, *tries, said("over")]))
    with engine({names.TELL_CHANGE: tell}) as running:
        running.run(names.TELL_TICKET, TELLER, "r:told-jira")
    assert last == [False] * 13


def test_news_wakes_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell_ticket, "LOOKS_PER_RUN", 2)
    changes, told = ["accepted"], list[str]()

    def tell(_: dict[str, Any]) -> dict[str, Any]:
        if len(told) < len(changes):
            told.append(changes[len(told)])
            return said("told")
        return said("over" if told[-1] == "ended" else "waits")

    with engine({names.TELL_CHANGE: tell}) as running:
        client = running.client
        client.schedule_new_orchestration(names.TELL_TICKET, input=TELLER, instance_id="r:told-jira")
        for change in ("waiting-for-approval", "again", "and again", "ended"):
            wait(lambda: len(told), lambda count: count == len(changes))
            changes.append(change)
            client.raise_orchestration_event("r:told-jira", names.NEWS)
        state = client.wait_for_orchestration_completion("r:told-jira", timeout=20)
    assert state is not None
    assert state.runtime_status.name == "COMPLETED", state
    assert told == changes


def test_news_that_comes_while_it_is_busy_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins a new run right afterwards."""
    monkeypatch.setattr(tell_ticket, "LOOKS_PER_RUN", 1)
    outcomes = iter(["told", "waits", "over"])

    def tell(_: dict[str, Any]) -> dict[str, Any]:
        outcome = next(outcomes)
        if outcome == "told":
            running.client.raise_orchestration_event("r:told-jira", names.NEWS)
        return said(outcome)

    with engine({names.TELL_CHANGE: tell}) as running:
        state = running.run(names.TELL_TICKET, TELLER, "r:told-jira", seconds=10)
    assert state.runtime_status.name == "COMPLETED", state


@pytest.mark.parametrize(("untold", "woken"), [(True, 1), (False, 0)])
def test_a_request_wakes_who_tells_of_its_end_and_minds_no_failure_there(untold: bool, woken: int) -> None:
    def away(_: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionError("the engine is away")

    scripts: dict[str, Activity] = {
        names.TAKE_TURN: lambda _: {"held": True, "behind": "", "over": False},
        names.BEGIN_EXPORT: lambda _: {"sealed": True},
        names.SEAL_BAG: lambda _: {"gaps": 0},
        names.VERIFY_BAG: lambda _: {"problems": 0, "first": ""},
        names.END_REQUEST: lambda ending: {"state": ending["state"], "untold": untold},
        names.WAKE_TELLERS: away,
    }
    with engine(scripts) as running:
        state = running.run(names.EXPORT_ACCOUNT, {"request": "r", "account": "a"}, "r")
    assert state.runtime_status.name == "COMPLETED", state
    assert state.get_output() == ENDING
    assert running.calls.count(names.WAKE_TELLERS) == woken
