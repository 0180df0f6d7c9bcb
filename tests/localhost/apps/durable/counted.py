"""Activities that are counted: how often they ran, when, and how many at once."""

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypedDict

import azure.durable_functions as df
import azure.functions as func

app = df.Blueprint()


class Payload(TypedDict, total=False):
    """Input of all activities and orchestrations."""

    seconds: float
    count: int
    key: str
    fails: int
    text: str
    activity: str
    run: int
    events: list[Any]


@dataclass
class Observed:
    """What happened in this process: calls and their times by key, activities that ran at once."""

    calls: Counter[str] = field(default_factory=Counter[str])
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


observed = Observed()


@app.activity_trigger(input_name="payload", activity="echo_payload")
def echo(payload: Payload) -> dict[str, Any]:
    observed.calls[payload.get("key", "echo")] += 1
    return dict(payload)


@app.activity_trigger(input_name="payload")
def sleep(payload: Payload) -> dict[str, Any]:
    with observed.lock:
        observed.busy += 1
        observed.busiest = max(observed.busiest, observed.busy)
        observed.calls[payload.get("key", "sleep")] += 1
    time.sleep(payload.get("seconds", 0))
    with observed.lock:
        observed.busy -= 1
    return {}


@app.activity_trigger(input_name="payload")
async def sleep_async(payload: Payload) -> dict[str, Any]:
    await asyncio.sleep(payload.get("seconds", 0))
    return {}


@app.activity_trigger(input_name="payload")
def fail(payload: Payload) -> dict[str, Any]:
    key = payload.get("key", "fail")
    with observed.lock:
        observed.calls[key] += 1
        observed.times.setdefault(key, []).append(time.monotonic())
        call = observed.calls[key]
    if call <= payload.get("fails", 0):
        raise ValueError(payload.get("text", ""))
    return {"call": call}


@app.activity_trigger(input_name="payload")
def trace_of(payload: Payload, context: func.Context) -> dict[str, Any]:
    return {"trace": context.trace_context.trace_parent}


@app.activity_trigger(input_name="payload")
def big(payload: Payload) -> dict[str, Any]:
    return {"text": "x" * payload.get("count", 0)}
