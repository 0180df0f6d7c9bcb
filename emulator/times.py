"""Times as the service keeps and writes them: whole 100 ns since 1970 (.NET ticks, moved to the Unix epoch)."""

import time
from datetime import UTC, datetime

PER_SECOND = 10_000_000
PER_MILLISECOND = 10_000
PER_DAY = 86_400 * PER_SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The emulator's clock: the machine's, moved on by what an operator adds."""

    def __init__(self) -> None:
        self._ahead = 0

    def now(self) -> int:
        """Ticks since 1970."""
        return time.time_ns() // 100 + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock on; seconds >= 0."""
        self._ahead += round(seconds * PER_SECOND)


def ticks(moment: datetime) -> int:
    """Ticks of an aware datetime, exact to the microsecond."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * PER_SECOND + delta.microseconds * 10


def parse(text: str) -> int:
    """Ticks of an ISO 8601 time (UTC where no zone is named); ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return ticks(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def with_milliseconds(moment: int) -> str:
    """`2019-09-16T15:03:38.840Z`: projects, iterations, predictions (recordings README, "Of the recorder")."""
    seconds, rest = divmod(moment, PER_SECOND)
    return f"{_seconds(seconds)}.{rest // PER_MILLISECOND:03d}Z"


def with_ticks(moment: int) -> str:
    """`2020-06-06T17:53:28.0821491`: images, image tags, regions: no zone, trailing zeros trimmed (recording GetArtifacts)."""
    seconds, rest = divmod(moment, PER_SECOND)
    return f"{_seconds(seconds)}.{rest:07d}".rstrip("0").rstrip(".")


def whole_seconds(moment: int) -> str:
    """`2020-06-07T17:53:44Z`: the expiry of a signed URL (recording GetArtifacts)."""
    return f"{_seconds(moment // PER_SECOND)}Z"


def _seconds(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
