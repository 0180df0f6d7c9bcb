"""An orchestration for each promise of the engine."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from tests.localhost.apps.durable.counted import Payload

type Steps = Generator[task.Task[Any], Any, dict[str, Any]]

app = df.Blueprint()

RETRY = task.RetryPolicy(
    first_retry_interval=timedelta(seconds=0.3), max_number_of_attempts=3, backoff_coefficient=2.0
)


@app.orchestration_trigger(context_name="context", orchestration="timer")
def wait_for_timer(context: task.OrchestrationContext, payload: Payload) -> Steps:
    started = context.current_utc_datetime
    yield context.create_timer(timedelta(seconds=payload.get("seconds", 0)))
    waited = (context.current_utc_datetime - started).total_seconds()
    return {"waited": waited, "parent": context.parent_instance_id, "version": context.version}


@app.orchestration_trigger(context_name="context")
def child(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_sub_orchestrator(
        "timer", input=payload, instance_id=f"{context.instance_id}:child"
    )
    return result


@app.orchestration_trigger(context_name="context")
def child_as_new(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_sub_orchestrator("as_new_in_child", input={"run": 1})
    return result


@app.orchestration_trigger(context_name="context")
def as_new_in_child(context: task.OrchestrationContext, payload: Payload) -> Steps:
    yield context.call_activity("echo_payload", input=payload)
    if payload.get("run") == 1:
        context.continue_as_new({"run": 2}, save_events=True)
    return {"parent": context.parent_instance_id}


@app.orchestration_trigger(context_name="context")
def stale(context: task.OrchestrationContext, payload: Payload) -> Steps:
    """The first run leaves a timer, an activity and a child behind that end while the second waits for its own."""
    if payload.get("run") == 1:
        late: list[task.Task[Any]] = [
            context.create_timer(timedelta(seconds=1)),
            context.call_activity("sleep_async", input={"seconds": 1}),
            context.call_sub_orchestrator(
                "timer", input={"seconds": 1}, instance_id=f"{context.instance_id}:first"
            ),
        ]
        late.append(context.call_activity("echo_payload", input={}))
        yield task.when_any(late)
        context.continue_as_new({"run": 2}, save_events=True)
        return {}
    started = context.current_utc_datetime
    own: list[task.Task[Any]] = [
        context.create_timer(timedelta(seconds=3)),
        context.call_activity("sleep_async", input={"seconds": 3}),
        context.call_sub_orchestrator(
            "timer", input={"seconds": 3}, instance_id=f"{context.instance_id}:second"
        ),
    ]
    yield task.when_any(own)
    return {"waited": (context.current_utc_datetime - started).total_seconds()}


@app.orchestration_trigger(context_name="context")
def collect(context: task.OrchestrationContext, payload: Payload) -> Steps:
    """One event a run, each carried over by continue_as_new."""
    event = yield context.wait_for_external_event("approve")
    events = [*payload.get("events", []), event]
    if len(events) < payload.get("count", 1):
        context.set_custom_status({"events": len(events)})
        context.continue_as_new({"events": events, "count": payload.get("count", 1)}, save_events=True)
    return {"events": events}


@app.orchestration_trigger(context_name="context")
def approval(context: task.OrchestrationContext, payload: Payload) -> Steps:
    context.set_custom_status({"phase": "waiting"})
    approved = context.wait_for_external_event("approve")
    deadline = context.create_timer(timedelta(seconds=payload.get("seconds", 0)))
    winner = yield task.when_any([approved, deadline])
    if winner == approved:
        deadline.cancel()
        return {"approved": approved.get_result()}
    return {"approved": None}


@app.orchestration_trigger(context_name="context")
def retried(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_activity("fail", input=payload, retry_policy=RETRY)
    return result


@app.orchestration_trigger(context_name="context")
def fails(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_activity("fail", input=payload)
    return result


@app.orchestration_trigger(context_name="context")
def retried_child(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_sub_orchestrator(
        "fails", input=payload, instance_id=f"{context.instance_id}:child", retry_policy=RETRY
    )
    return result


@app.orchestration_trigger(context_name="context")
def catch(context: task.OrchestrationContext, payload: Payload) -> Steps:
    try:
        yield context.call_activity(payload.get("activity", ""), input=payload)
    except task.TaskFailedError as error:
        return {"type": error.details.error_type, "message": error.details.message}
    return {}


@app.orchestration_trigger(context_name="context")
def catch_child(context: task.OrchestrationContext, payload: Payload) -> Steps:
    try:
        yield context.call_sub_orchestrator("fails", input=payload)
    except task.TaskFailedError as error:
        return {"type": error.details.error_type, "message": error.details.message}
    return {}


@app.orchestration_trigger(context_name="context")
def fan_out(context: task.OrchestrationContext, payload: Payload) -> Steps:
    activity = payload.get("activity", "echo_payload")
    activities: list[task.Task[Any]] = [
        context.call_activity(activity, input=payload) for _ in range(payload.get("count", 1))
    ]
    results = yield task.when_all(activities)
    return {"count": len(results)}


@app.orchestration_trigger(context_name="context")
def many_children(context: task.OrchestrationContext, payload: Payload) -> Steps:
    children: list[task.Task[Any]] = [
        context.call_sub_orchestrator("fan_out", input={"count": payload.get("count", 1)})
        for _ in range(payload.get("count", 1))
    ]
    results = yield task.when_all(children)
    return {"count": sum(result["count"] for result in results)}


@app.orchestration_trigger(context_name="context")
def status(context: task.OrchestrationContext, payload: Payload) -> Steps:
    context.set_custom_status("x" * payload.get("count", 0))
    yield context.call_activity("echo_payload", input={})
    return {}


@app.orchestration_trigger(context_name="context")
def status_kept(context: task.OrchestrationContext, payload: Payload) -> Steps:
    if payload.get("run") == 1:
        context.set_custom_status({"phase": "first run"})
        yield context.call_activity("echo_payload", input={})
        context.continue_as_new({"run": 2}, save_events=True)
        return {}
    yield context.wait_for_external_event("approve")
    return {}


@app.orchestration_trigger(context_name="context")
def large(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_activity("big", input=payload)
    return result


@app.orchestration_trigger(context_name="context")
def traced(context: task.OrchestrationContext, payload: Payload) -> Steps:
    """Of which trace activities are a part, in a second run: one of its own, and one of a child."""
    if payload.get("run") == 1:
        context.continue_as_new({"run": 2}, save_events=True)
        return {}
    own = yield context.call_activity("trace_of", input=payload)
    other = yield context.call_sub_orchestrator("traced_child", input=payload)
    return {"own": own["trace"], "child": other["trace"]}


@app.orchestration_trigger(context_name="context")
def traced_child(context: task.OrchestrationContext, payload: Payload) -> Steps:
    result = yield context.call_activity("trace_of", input=payload)
    return result


_coin = [0]


@app.orchestration_trigger(context_name="context")
def not_deterministic(context: task.OrchestrationContext, payload: Payload) -> Steps:
    _coin[0] += 1
    result = yield context.call_activity("echo_payload", input={"count": _coin[0]})
    return result
