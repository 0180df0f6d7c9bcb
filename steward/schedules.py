"""Schedules as the Functions host has them: NCRONTAB with five or six fields, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter

# A timer may fire a moment before it is due.
_EARLY = timedelta(seconds=1)


def checked_schedule(text: str) -> str:
    """The schedule without spaces around it; raises ValueError."""
    schedule = text.strip()
    if len(schedule.split()) in {5, 6} and croniter.is_valid(schedule, second_at_beginning=True):
        return schedule
    raise ValueError(
        "expected NCRONTAB, {second} {minute} {hour} {day} {month} {day-of-week}, such as 0 0 2 * * *"
    )


def last_due(schedule: str, now: datetime) -> datetime:
    """When the schedule was due last, in UTC: however often and late a timer fires, this tells which run it is.

    Day of month and day of week must both fit; a first field of six is for seconds.
    """
    times: Any = croniter(schedule, now.astimezone(UTC) + _EARLY, second_at_beginning=True, day_or=False)
    return times.get_prev(datetime)
