"""The header Retry-After, as others may write it: always a number of seconds that a timer can keep."""

import email.utils
import math
import time

import pytest

from steward.retry_after import parse_retry_after

DAY = 86_400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("17", 17),
        (" 17 ", 17),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        # Hostile, or careless.
        ("-5", None),
        ("1e3", None),
        ("9" * 400, DAY),
        ("9" * 5000, DAY),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        (f"Wed, 21 Oct {'9' * 30} 07:28:00 GMT", None),
        ("Wed, 21 Oct 2030 07:28:00 +9999", None),
    ],
    ids=lambda value: str(value)[:32],
)
def test_what_is_asked_for_is_seconds_a_day_at_most_or_nothing(
    value: str | None, seconds: float | None
) -> None:
    assert parse_retry_after(value) == seconds


def test_a_date_is_seconds_from_now() -> None:
    found = parse_retry_after(email.utils.formatdate(time.time() + 120, usegmt=True))
    assert found is not None
    assert math.isclose(found, 119.5, abs_tol=2)
