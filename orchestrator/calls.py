"""Calling activities: in waves, with the service's own pauses kept by durable timers, and faults returned as data."""

import contextlib
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from durabletask import task

from orchestrator.retry import STEP

type Steps[T] = Generator[task.Task[Any], Any, T]

# A service that asks for a pause so many times in a row is not going to answer today.
PAUSES = 20
# How the engine writes a failure: the exception's name, with or without its module, then one line of its text.
_RAISED = re.compile(r"(?:\w+\.)*(?P<kind>[A-Za-z_]\w*): ")


type Call = tuple[str, Mapping[str, Any]]
"""An activity's name and its payload."""


def call(ctx: task.OrchestrationContext, activity: str, payload: Mapping[str, Any]) -> Steps[Any]:
    """The result of one activity, or `{"fault": …}`."""
    results = yield from call_all(ctx, [(activity, payload)])
    return results[0]


def call_all(ctx: task.OrchestrationContext, calls: Sequence[Call]) -> Steps[list[Any]]:
    """The results in the order of the calls; one that failed for good is `{"fault": {"code", "reason"}}`.

    One that is asked to wait again and again is called with `last` in its payload when nobody will call it again.
    """
    results: list[Any] = [{} for _ in calls]
    pending = list(range(len(calls)))
    for pauses in range(1, PAUSES + 1):
        told = {"last": True} if pauses == PAUSES else {}
        chosen = [calls[place] for place in pending]
        outcomes = yield from _wave(ctx, [(activity, {**payload, **told}) for activity, payload in chosen])
        for place, outcome in zip(pending, outcomes, strict=True):
            results[place] = outcome
        pending = [place for place in pending if "wait" in results[place]]
        if not pending:
            break
        yield ctx.create_timer(timedelta(seconds=max(results[place]["wait"] for place in pending)))
    for place in pending:
        results[place] = {"fault": {"code": "throttled", "reason": "the service kept asking for a pause"}}
    return results


def step(
    ctx: task.OrchestrationContext, activity: str, payload: Mapping[str, Any], policy: task.RetryPolicy = STEP
) -> Steps[Any]:
    """The result of one activity of our own archive; its failure, after retries, fails the orchestration."""
    result = yield ctx.call_activity(activity, input=payload, retry_policy=policy)
    return result


def children(
    ctx: task.OrchestrationContext, orchestration: str, payloads: Mapping[str, Mapping[str, Any]]
) -> Steps[list[Any]]:
    """Run an orchestration for each payload at the same time; the keys end the children's instance ids."""
    return (
        yield from all_of(
            [child(ctx, orchestration, suffix, payload) for suffix, payload in payloads.items()]
        )
    )


def child(
    ctx: task.OrchestrationContext, orchestration: str, suffix: str, payload: Mapping[str, Any]
) -> task.Task[Any]:
    """A child orchestration whose id tells whose it is."""
    return ctx.call_sub_orchestrator(orchestration, input=payload, instance_id=f"{ctx.instance_id}:{suffix}")


def all_of(tasks: Sequence[task.Task[Any]]) -> Steps[list[Any]]:
    """The results of all, in order; raises the first failure when all have ended."""
    if not tasks:
        return []
    # durabletask 1.12, WhenAllTask.on_child_completed: it "does not fault until all children finish"; it is also what
    # azure-functions-durable 2.0.0rc3 runs.
    return (yield task.when_all(list(tasks)))


def some_at_once(
    keys: Sequence[str], start: Callable[[str], task.Task[Any]], at_once: int, show: Callable[[int], None]
) -> Steps[list[Any]]:
    """Run a task for each key, the next as soon as one ends; `show` is told how many have ended. The results as they came.

    After a failure no more are started; it is raised when those under way have ended.
    """
    waiting = iter(keys)
    under_way = [start(key) for key in islice(waiting, at_once)]
    failure: Exception | None = None
    results: list[Any] = []
    while under_way:
        ended: task.Task[Any] = yield task.when_any(under_way)
        under_way.remove(ended)
        if ended.is_failed:
            failure = failure or ended.get_exception()
        else:
            results.append(ended.get_result())
            show(len(results))
        if not failure:
            under_way += [start(key) for key in islice(waiting, 1)]
    if failure:
        raise failure
    return results


def beside[T](under_way: Sequence[task.Task[Any]], steps: Steps[T]) -> Steps[T]:
    """The result of `steps`; where they fail, what they have put under way has ended too when the failure is raised."""
    try:
        return (yield from steps)
    except task.TaskFailedError:
        # Whoever is told of the failure takes it that nothing writes any more.
        with contextlib.suppress(task.TaskFailedError):
            yield from all_of(under_way)
        raise


def _wave(ctx: task.OrchestrationContext, calls: Sequence[Call]) -> Steps[list[Any]]:
    tasks: list[task.Task[Any]] = [
        ctx.call_activity(activity, input=payload, retry_policy=STEP) for activity, payload in calls
    ]
    # Each failure is looked at below.
    with contextlib.suppress(task.TaskFailedError):
        yield from all_of(tasks)
    return [fault_of(each.get_exception()) if each.is_failed else each.get_result() for each in tasks]


def fault_of(error: BaseException) -> dict[str, dict[str, str]]:
    """A failure of the engine as data; the text was cut and cleaned where it was raised."""
    details = getattr(error, "details", None)
    text = str(getattr(details, "message", error))
    if not (raised := _RAISED.match(text)):
        return {"fault": {"code": "failed", "reason": text[:500] or type(error).__name__}}
    code, reason = raised["kind"], text[raised.end() :]
    if code == "MayPass":
        # activities.outcome: its line begins with the service's own code.
        code, _, reason = reason.partition(": ")
    return {"fault": {"code": code, "reason": reason[:500]}}


def time_of(ctx: task.OrchestrationContext) -> str:
    """The orchestration's own time, the same in each replay, as text that sorts: what is written later counts."""
    return ctx.current_utc_datetime.strftime("%Y%m%dT%H%M%S.%fZ")
