"""Timer, queue and Event Grid triggers, and a route that tells what they did."""

import json
import time
from typing import Any

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_seen: list[dict[str, Any]] = []


@app.route(route="seen", methods=["GET"])
def seen(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(_seen))


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
def each_second(timer: func.TimerRequest) -> None:
    # The worker's own class has it; the one for annotations does not.
    status: dict[str, str] = getattr(timer, "schedule_status")  # noqa: B009
    _seen.append({"by": "timer", "time": time.time(), "past due": timer.past_due, "next": status["Next"]})


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
async def at_startup(timer: func.TimerRequest) -> None:
    _seen.append({"by": "startup", "past due": timer.past_due})


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="TestQueues")
def from_queue(message: func.QueueMessage) -> None:
    text = message.get_body().decode(errors="backslashreplace")
    _seen.append({"by": "queue", "text": text, "count": message.dequeue_count, "time": time.time()})
    if text.startswith("fail"):
        raise ValueError(text)
    if text.startswith("slow"):
        time.sleep(2)
        _seen.append({"by": "queue", "text": f"{text} ended"})


@app.event_grid_trigger(arg_name="event")
def from_event_grid(event: func.CloudEvent) -> None:
    _seen.append({"by": "event", "id": event.id, "class": type(event).__name__, "data": event.get_json()})
    if event.get_json() == "fail":
        raise ValueError("as told")
