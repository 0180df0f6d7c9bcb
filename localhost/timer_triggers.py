"""Timer triggers: NCRONTAB schedules in UTC."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localhost.functions import TIMER, Function
from localhost.http_triggers import given_key
from localhost.keys import Keys
from localhost.misconfigured import Misconfigured
from localhost.settings import resolve
from localhost.worker import Datum, InvocationFailed, Worker

_LOG = logging.getLogger("localhost.timer")
# The wall clock may be set, or the machine sleep.
LONGEST_SLEEP_SECONDS = 30.0
# Later than this a run is told that it is past due, as after a machine slept.
PAST_DUE = timedelta(seconds=5)


class TimerTriggers:
    """Fires each timer function when its schedule says; never two runs of one function at a time.

    An occurrence that passes while the function still runs is left out, as the Functions host does.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._schedules = {
            function: _schedule(function) for function in worker.functions if function.is_triggered_by(TIMER)
        }
        self._singly = {function.name: asyncio.Lock() for function in self._schedules}
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to keep the schedules; functions with runOnStartup run now."""
        for function, schedule in self._schedules.items():
            self._spawn(function, schedule)

    def _spawn(self, function: Function, schedule: str) -> None:
        task = asyncio.create_task(self._keep(function, schedule))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Fire no more, and wait for what runs."""
        self._stop.set()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _keep(self, function: Function, schedule: str) -> None:
        last: datetime | None = None
        if function.trigger.get("runOnStartup"):
            last = datetime.now(UTC)
            await self._fire(function, schedule, last, due=last)
        async for due in self._occurrences(schedule):
            await self._fire(function, schedule, last, due)
            last = due

    async def _occurrences(self, schedule: str) -> AsyncIterator[datetime]:
        """The times of a schedule, each when it has come, until the host stops."""
        while not self._stop.is_set():
            due = next_occurrence(schedule, datetime.now(UTC))
            while (ahead := (due - datetime.now(UTC)).total_seconds()) > 0:
                try:
                    await asyncio.wait_for(self._stop.wait(), min(ahead, LONGEST_SLEEP_SECONDS))
                except TimeoutError:
                    continue
                return
            yield due

    async def _fire(self, function: Function, schedule: str, last: datetime | None, due: datetime) -> None:
        now = datetime.now(UTC)
        status = {
            "Last": (last or datetime.min.replace(tzinfo=UTC)).isoformat(),
            "Next": next_occurrence(schedule, now).isoformat(),
            "LastUpdated": now.isoformat(),
        }
        request = {
            "IsPastDue": now - due > PAST_DUE,
            "ScheduleStatus": status,
            "Schedule": {"AdjustForDST": True},
        }
        async with self._singly[function.name]:
            _LOG.info("timer %s fires", function.name)
            try:
                await self._worker.invoke(function, Datum(json.dumps(request), "json"))
            except InvocationFailed as failure:
                _LOG.warning("timer %s failed: %s", function.name, failure)

    def admin_routes(self, keys: Keys) -> list[Route]:
        """POST /admin/functions/{name} with the master key runs a timer function now, as in Azure."""
        by_name = {function.name.lower(): function for function in self._schedules}

        async def run(request: Request) -> Response:
            if not keys.allow("admin", "", given_key(request)):
                return Response(status_code=401)
            function = by_name.get(str(request.path_params["name"]).lower())
            if function is None:
                return Response(status_code=404)
            task = asyncio.create_task(
                self._fire(function, self._schedules[function], None, datetime.now(UTC))
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return Response(status_code=202)

        return [Route("/admin/functions/{name}", run, methods=["POST"])]


def next_occurrence(schedule: str, after: datetime) -> datetime:
    """The first time of a schedule after a time, in UTC.

    NCRONTAB has an optional first field for seconds; day of month and day of week must both fit.
    """
    times: Any = croniter(schedule, after, second_at_beginning=True, day_or=False)
    return times.get_next(datetime)


def _schedule(function: Function) -> str:
    where = f"The schedule of function {function.name}"
    schedule = resolve(str(function.trigger.get("schedule") or ""), where).strip()
    fields = len(schedule.split())
    if fields not in {5, 6} or not croniter.is_valid(schedule, second_at_beginning=True):
        raise Misconfigured(
            f"{where} is {schedule!r}; expected NCRONTAB: {{second}} {{minute}} {{hour}} {{day}} {{month}} {{day-of-week}}."
        )
    return schedule
