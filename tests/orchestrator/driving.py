"""Drives an orchestration's generator without an engine, so that a law can be tried over many interleavings.

What runs the orchestration in earnest is tested in tests/export; here time and order are the test's own.
"""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from durabletask import task

type Activity = Callable[[dict[str, Any]], dict[str, Any]]


class DrivenContext:
    """The part of an orchestration's context that our listings use."""

    instance_id = "driven"

    def __init__(self) -> None:
        self.scheduled: list[tuple[task.CompletableTask[Any], str, dict[str, Any]]] = []
        self.continued: dict[str, Any] | None = None

    @property
    def current_utc_datetime(self) -> datetime:
        return datetime.now(UTC)

    def call_activity(self, name: str, **options: Any) -> task.CompletableTask[Any]:
        scheduled: task.CompletableTask[Any] = task.CompletableTask()
        self.scheduled.append((scheduled, name, dict(options["input"])))
        return scheduled

    def continue_as_new(self, new_input: dict[str, Any], *, save_events: bool) -> None:
        assert save_events, "events that come in between would be dropped"
        self.continued = dict(new_input)

    def set_custom_status(self, custom_status: dict[str, int]) -> None:
        assert custom_status.keys() == {"done", "total"}


def drive(
    orchestration: Callable[..., Generator[task.Task[Any], Any, Any]],
    first: dict[str, Any],
    activities: dict[str, Activity],
    shuffle: Callable[[list[Any]], None],
) -> None:
    """Run it to its end, through every new run; `shuffle` decides in which order a wave's activities happen."""
    payload: dict[str, Any] | None = first
    runs = 0
    while payload is not None:
        context = DrivenContext()
        _run(orchestration(context, payload), context, activities, shuffle)
        payload = context.continued
        runs += 1
        assert runs < 50, "it never ends"


def _run(
    steps: Generator[task.Task[Any], Any, Any],
    context: DrivenContext,
    activities: dict[str, Activity],
    shuffle: Callable[[list[Any]], None],
) -> None:
    try:
        awaited = next(steps)
        while True:
            wave, context.scheduled = context.scheduled, []
            shuffle(wave)
            for scheduled, name, payload in wave:
                scheduled.complete(activities[name](payload))
            assert awaited.is_complete
            awaited = steps.send(awaited.get_result())
    except StopIteration:
        return
