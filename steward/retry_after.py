"""The header Retry-After, of whatever system: RFC 9110, 10.2.3."""

import email.utils
import time

# Seconds. Nobody here waits longer, and what the other side writes may be any number.
_LONGEST = 86_400.0


def parse_retry_after(value: str | None) -> float | None:
    """Seconds to wait, a day at most, from the two forms of the header; None where there is none."""
    if not value:
        return None
    try:
        found = float(value) if value.strip().isdecimal() else _until(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, min(found, _LONGEST))


def _until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
