"""`--chaos SEED`: what at-least-once delivery may do, it does."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest

from localhost.chaos import Chaos
from localhost.worker import first_line
from tests.localhost.running_host import APPS, RunningHost, wait_until


@pytest.fixture(scope="module")
def host() -> Iterator[RunningHost]:
    host = RunningHost.start(APPS / "durable", "--chaos", "1")
    yield host
    assert host.stop() == 0


def test_every_activity_runs_twice_and_counts_once(host: RunningHost) -> None:
    instance = host.begin("fan_out", {"count": 20, "key": "twice"})
    assert host.end(instance)["output"] == {"count": 20}
    wait_until(lambda: host.call("GET", "/api/calls/twice").json()["calls"] == 40)
    events = host.manage("GET", f"instances/{instance}?showHistory=true").json()["historyEvents"]
    assert sum(event["EventType"] == "TaskCompleted" for event in events) == 20


def test_some_run_twice_at_the_same_time(host: RunningHost) -> None:
    """Six slots, each with up to two deliveries."""
    host.run("fan_out", {"activity": "sleep", "count": 18, "seconds": 0.3})
    assert host.call("GET", "/api/calls/x").json()["busiest"] > 6


def test_orchestrations_end_as_ever(host: RunningHost) -> None:
    assert host.run("many_children", {"count": 8}) == {"count": 64}
    answer = host.call("POST", "/api/start_and_raise/collect?events=3", json={"count": 3})
    assert host.end(answer.json()["id"])["output"] == {"events": [0, 1, 2]}
    assert host.run("stale", {"run": 1})["waited"] >= 3


def test_orchestrator_that_is_not_deterministic_is_found_out(host: RunningHost) -> None:
    state = host.end(host.begin("not_deterministic"))
    assert state["runtimeStatus"] == "Failed"
    assert "Two replays of not_deterministic did not do the same" in state["output"]


def deliveries(seed: int) -> list[tuple[str, ...]]:
    """What happens, in which order, to twenty activities."""
    happened: list[list[str]] = []

    async def deliver_all() -> None:
        for task_id in range(20):
            events: list[str] = []
            happened.append(events)
            await Chaos(seed).deliver("instance", task_id, partial(run, events), partial(report, events))

    async def run(events: list[str]) -> None:
        events.append("begin")
        await asyncio.sleep(0)
        events.append("end")

    def report(events: list[str], _result: None) -> None:
        events.append("report")

    asyncio.run(deliver_all())
    return [tuple(events) for events in happened]


def test_seed_decides_which_way_each_is_delivered() -> None:
    assert deliveries(1) == deliveries(1) != deliveries(2)
    assert set(deliveries(1)) == {
        ("begin", "begin", "end", "end", "report"),
        ("begin", "end", "begin", "end", "report"),
        ("begin", "end", "report", "begin", "end"),
    }


@pytest.mark.parametrize(
    ("stack", "line"),
    [
        (
            'Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nValueError: a\nb\n',
            "ValueError: a",
        ),
        (
            "Traceback (most recent call last):\n  File\nKeyError: 1\n\nTraceback (most recent call last):\n  F\nmodule.Own: 2\n",
            "module.Own: 2",
        ),
        ("Traceback (most recent call last):\n  File\nValueError\n", "ValueError"),
        ("", "shown"),
    ],
)
def test_first_line_of_a_failure(stack: str, line: str) -> None:
    assert first_line("shown", stack) == line
