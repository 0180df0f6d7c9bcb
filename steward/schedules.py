"""Schedules as the Functions host has them: NCRONTAB with five or six fields, in UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import CroniterBadDateError, croniter

# A timer may fire a moment before it is due.
_EARLY = timedelta(seconds=1)


# What NCrontab documents (https://github.com/atifaziz/NCrontab), of which croniter takes more: L, #, ?, R, Sunday as 7, and ranges
# that go backwards.
_ITEM = r"(?:\*|{value}(?:-{value})?)(?:/\d+)?"
_NUMBER = r"\d+"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTH = rf"(?:\d+|{'|'.join(_MONTHS)})"
_WEEKDAY = rf"(?:[0-6]|{'|'.join(_WEEKDAYS)})"
_FIELDS = [
    re.compile(rf"{item}(?:,{item})*", re.IGNORECASE)
    for item in (_ITEM.format(value=value) for value in (*[_NUMBER] * 4, _MONTH, _WEEKDAY))
]


def checked_schedule(text: str) -> str:
    """The schedule without spaces around it; raises ValueError where the Functions host would refuse it, or it is never due."""
    schedule = text.strip()
    if not (_is_ncrontab(schedule) and croniter.is_valid(schedule, second_at_beginning=True)):
        raise ValueError(
            "expected NCRONTAB, {second} {minute} {hour} {day} {month} {day-of-week}, such as 0 0 2 * * *"
        )
    try:
        last_due(schedule, datetime.now(UTC))
    except CroniterBadDateError:
        raise ValueError("expected NCRONTAB that is due on some day") from None
    return schedule


def _is_ncrontab(schedule: str) -> bool:
    fields = schedule.split()
    patterns = _FIELDS[-len(fields) :]
    if len(fields) not in {5, 6}:
        return False
    return all(map(re.Pattern[str].fullmatch, patterns, fields)) and not any(map(_goes_backwards, fields))


def _goes_backwards(field: str) -> bool:
    return any(_place(first) > _place(last) for first, last in re.findall(r"(\w+)-(\w+)", field))


def _place(value: str) -> int:
    """Of a number, or of a name among those of its field."""
    if value.isdecimal():
        return int(value)
    names = _MONTHS if value.lower() in _MONTHS else _WEEKDAYS
    return names.index(value.lower()) + (names is _MONTHS)


def last_due(schedule: str, now: datetime) -> datetime:
    """When the schedule was due last, in UTC: however often and late a timer fires, this tells which run it is.

    Day of month and day of week must both fit; a first field of six is for seconds.
    """
    times: Any = croniter(schedule, now.astimezone(UTC) + _EARLY, second_at_beginning=True, day_or=False)
    return times.get_prev(datetime)
