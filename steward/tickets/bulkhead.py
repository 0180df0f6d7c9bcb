"""How much of a process may wait for those who are told: little, so that one who is away takes nothing from exports and erasures.

Nygard, "Release It!": a bulkhead, and a circuit breaker beside it.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator

from steward.tickets.exchange import Away, NotTold

# On one line, and on all of them: half of maxConcurrentActivityFunctions in host.json.
AT_ONCE = 2
AT_ONCE_IN_ALL = 6
# Seconds for which nobody tries again where nobody has answered.
REST = 15.0


class Busy(NotTold):
    """Enough wait already: it has not been tried."""


class Bulkhead:
    """Threads share it. A line leads to one system or host."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = Counter[str]()
        self._away: dict[str, tuple[float, str]] = {}

    @contextlib.contextmanager
    def room(self, line: str) -> Generator[None]:
        """For one exchange on the line; never waits itself. Raises Busy, and Away where nobody has answered a moment ago."""
        self._enter(line)
        try:
            yield
        except Away as error:
            self._away[line] = (self._clock() + REST, error.code)
            raise
        finally:
            with self._lock:
                self._waiting[line] -= 1

    def _enter(self, line: str) -> None:
        with self._lock:
            until, code = self._away.get(line, (0.0, ""))
            if (left := until - self._clock()) > 0:
                raise Away(code, left)
            if self._waiting[line] >= AT_ONCE or self._waiting.total() >= AT_ONCE_IN_ALL:
                raise Busy("busy")
            self._waiting[line] += 1
