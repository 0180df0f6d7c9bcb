"""The contract of the task hub: one test a trap of the stock backend, and what works in both."""

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.localhost.running_host import RunningHost, wait_until


def test_what_an_earlier_run_left_behind_ends_nothing_in_the_next(durable: RunningHost) -> None:
    assert durable.run("stale", {"run": 1})["waited"] >= 3


def test_scheduled_start_is_kept(durable: RunningHost) -> None:
    started = time.monotonic()
    instance = durable.begin("fan_out", {"count": 1}, delay="2")
    assert durable.state(instance)["runtimeStatus"] == "Pending"
    durable.end(instance)
    assert 2 <= time.monotonic() - started < 4


def test_terminate_ends_children_too(durable: RunningHost) -> None:
    instance = durable.begin("child", {"seconds": 30})
    wait_until(lambda: durable.manage("GET", f"instances/{instance}:child").status_code == 202)
    assert durable.manage("POST", f"instances/{instance}/terminate?reason=enough").status_code == 202
    assert durable.end(instance)["runtimeStatus"] == "Terminated"
    assert durable.end(instance)["output"] == "enough"
    assert durable.end(f"{instance}:child")["runtimeStatus"] == "Terminated"


def test_scheduled_start_that_is_terminated_ends_at_once(durable: RunningHost) -> None:
    instance = durable.begin("fan_out", {"count": 1}, delay="60")
    durable.manage("POST", f"instances/{instance}/terminate")
    assert durable.end(instance, seconds=5)["runtimeStatus"] == "Terminated"


def test_id_of_an_ended_instance_may_be_used_again_but_not_of_a_live_one(durable: RunningHost) -> None:
    durable.run("timer", {"seconds": 0.1}, id="again")
    durable.begin("timer", {"seconds": 2}, id="again")
    refused = durable.call("POST", "/api/start/timer", json={"seconds": 0}, params={"id": "again"})
    assert refused.status_code == 409
    assert "already exists" in refused.text
    assert durable.end("again")["output"]["waited"] >= 2


def test_child_knows_its_parent_in_every_run(durable: RunningHost) -> None:
    parent = durable.begin("child", {"seconds": 0.1})
    assert durable.end(parent)["output"]["parent"] == parent
    parent = durable.begin("child_as_new")
    assert durable.end(parent)["output"]["parent"] == parent
    assert durable.run("timer", {"seconds": 0.1})["parent"] is None


def test_a_trace_goes_on_in_later_runs_and_in_children(durable: RunningHost) -> None:
    def traces(given: str) -> dict[str, str]:
        headers = {"x-functions-key": durable.key, "traceparent": given}
        answer = durable.call("POST", "/api/start_traced/traced", json={"run": 1}, headers=headers)
        return durable.end(answer.json()["id"])["output"]

    callers = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert traces(callers) == {"own": callers, "child": callers}
    # What is none begins a new one.
    found = traces("00-00000000000000000000000000000000-b7ad6b7169203331-01")
    assert found["own"] == found["child"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", found["own"])
    assert "b7ad6b7169203331" not in found["own"]


def test_forty_callers_may_wait_while_others_start(durable: RunningHost) -> None:
    paths = [f"/api/wait/{durable.begin('timer', {'seconds': 3})}" for _ in range(40)]
    slowest = 0.0
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(durable.call, "POST", path) for path in paths]
        while not all(call.done() for call in waiting):
            started = time.monotonic()
            durable.begin("timer", {"seconds": 0})
            slowest = max(slowest, time.monotonic() - started)
    assert {call.result().json()["status"] for call in waiting} == {"COMPLETED"}
    assert slowest < 1.5


def test_messages_may_be_larger_than_four_megabytes(durable: RunningHost) -> None:
    instance = durable.begin("large", {"count": 6_000_000})
    assert durable.call("POST", f"/api/wait/{instance}").json() == {"status": "COMPLETED", "size": 6_000_012}
    assert durable.run("timer", {"seconds": 0, "text": "x" * 6_000_000})["waited"] < 1


def test_events_raised_right_after_the_start_are_kept_over_continue_as_new(durable: RunningHost) -> None:
    answer = durable.call("POST", "/api/start_and_raise/collect?events=4", json={"count": 4})
    state = durable.end(answer.json()["id"])
    assert state["output"] == {"events": [0, 1, 2, 3]}
    assert state["customStatus"] == {"events": 3}


def test_custom_status_outlives_continue_as_new(durable: RunningHost) -> None:
    instance = durable.begin("status_kept", {"run": 1})
    wait_until(lambda: durable.state(instance)["input"] == {"run": 2})
    wait_until(lambda: durable.state(instance)["runtimeStatus"] == "Running")
    assert durable.state(instance)["customStatus"] == {"phase": "first run"}
    durable.manage("POST", f"instances/{instance}/raiseEvent/approve", json=1)
    durable.end(instance)


def test_custom_status_over_sixteen_kilobytes_is_refused(durable: RunningHost) -> None:
    durable.run("status", {"count": 8_190})  # 16,384 bytes of UTF-16 with its quotes
    state = durable.end(durable.begin("status", {"count": 8_191}))
    assert state["runtimeStatus"] == "Failed"
    assert "16 KB" in state["output"]


@pytest.mark.parametrize(("event", "expected"), [({"who": "me"}, {"who": "me"}), (None, None)])
def test_event_or_deadline_whichever_is_first(durable: RunningHost, event: Any, expected: Any) -> None:
    instance = durable.begin("approval", {"seconds": 1.5})
    wait_until(lambda: durable.state(instance)["customStatus"] == {"phase": "waiting"})
    if event:
        durable.manage("POST", f"instances/{instance}/raiseEvent/approve", json=event)
    assert durable.end(instance)["output"] == {"approved": expected}


def test_activity_is_retried_with_the_gaps_asked_for(durable: RunningHost) -> None:
    assert durable.run("retried", {"key": "gaps", "fails": 2})["call"] == 3
    first, second, third = durable.call("GET", "/api/calls/gaps").json()["times"]
    assert 0.3 <= second - first < 0.55
    assert 0.6 <= third - second < 0.9


def test_child_is_retried_under_the_same_id(durable: RunningHost) -> None:
    assert durable.run("retried_child", {"key": "child", "fails": 2})["call"] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "ValueError"), ("two\nlines", "ValueError: two"), ("one", "ValueError: one")],
)
def test_failure_reaches_the_orchestrator_as_in_azure(durable: RunningHost, text: str, message: str) -> None:
    """An empty message is a failure, too; of a longer one the first line is kept."""
    caught = durable.run("catch", {"activity": "fail", "fails": 1, "key": f"caught {text}", "text": text})
    assert caught == {"type": "ValueError", "message": message}


def test_failure_of_a_child_reaches_its_parent(durable: RunningHost) -> None:
    caught = durable.run("catch_child", {"fails": 1, "key": "caught in child", "text": "one"})
    assert caught["type"] == "builtins.Exception"
    assert caught["message"].endswith("ValueError: one")


def test_unknown_names_are_failures_that_say_so(durable: RunningHost) -> None:
    assert "'nobody' doesn't exist" in durable.run("catch", {"activity": "nobody"})["message"]
    state = durable.end(durable.begin("nobody"))
    assert state["runtimeStatus"] == "Failed"
    assert "'nobody' doesn't exist" in state["output"]


def test_versions_are_stamped_unless_said(durable: RunningHost) -> None:
    assert durable.run("timer", {"seconds": 0})["version"] == "1.0"
    assert durable.run("child", {"seconds": 0})["version"] == "1.0"
    assert durable.run("timer", {"seconds": 0}, version="2.0")["version"] == "2.0"


def test_suspended_instance_does_nothing_until_it_is_resumed(durable: RunningHost) -> None:
    instance = durable.begin("collect", {"count": 1})
    durable.manage("POST", f"instances/{instance}/suspend?reason=lunch")
    wait_until(lambda: durable.state(instance)["runtimeStatus"] == "Suspended")
    durable.manage("POST", f"instances/{instance}/raiseEvent/approve", json="late")
    assert durable.state(instance)["runtimeStatus"] == "Suspended"
    durable.manage("POST", f"instances/{instance}/resume")
    assert durable.end(instance)["output"] == {"events": ["late"]}


def test_purge_takes_children_along(durable: RunningHost) -> None:
    instance = durable.begin("child", {"seconds": 0.1})
    durable.end(instance)
    assert durable.call("POST", f"/api/purge/{instance}").text == "2"
    assert durable.manage("GET", f"instances/{instance}:child").status_code == 404


def test_no_more_activities_run_at_once_than_host_json_allows(durable: RunningHost) -> None:
    durable.run("fan_out", {"activity": "sleep", "count": 15, "seconds": 0.2})
    assert durable.call("GET", "/api/calls/busy").json()["busiest"] == 6


def test_sync_activities_do_not_keep_turns_waiting(durable: RunningHost) -> None:
    slow = durable.begin("fan_out", {"activity": "sleep", "count": 6, "seconds": 3})
    wait_until(lambda: durable.state(slow)["runtimeStatus"] == "Running")
    started = time.monotonic()
    durable.run("timer", {"seconds": 0})
    assert time.monotonic() - started < 1
    durable.end(slow)


@pytest.mark.prove
def test_memory_does_not_grow_with_what_has_ended(durable: RunningHost) -> None:
    """A history takes 3.3 KB an activity: kept, those of the five rounds would be 17 MB."""

    def megabytes() -> float:
        command = ["ps", "-o", "rss=", "-p", str(durable.process.pid)]
        return int(subprocess.check_output(command, text=True)) / 1024

    def run_a_thousand() -> None:
        durable.run("many_children", {"count": 32})

    for _ in range(3):
        run_a_thousand()
    before = megabytes()
    for _ in range(5):
        run_a_thousand()
    assert megabytes() - before < 8


def test_a_thousand_activities_in_children_take_seconds(durable: RunningHost) -> None:
    assert durable.run("many_children", {"count": 32}) == {"count": 1024}
