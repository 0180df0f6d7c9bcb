"""One thread that calls back at given times, however many are wanted."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime

# The wall clock may be set, or the machine sleep: no wait is longer than this.
LONGEST_WAIT_SECONDS = 30.0


class Alarms:
    """Calls each function at its time, in its thread, with `lock` held."""

    def __init__(self, lock: threading.RLock) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition(lock)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what waits is never called."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def at(self, when: datetime, call: Callable[[], None]) -> None:
        """Call a function at a time (with its time zone), or at once where that has passed. The lock must be held."""
        heapq.heappush(self._waiting, (when.timestamp(), next(self._order), call))
        self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                now = time.time()
                while self._waiting and self._waiting[0][0] <= now:
                    heapq.heappop(self._waiting)[2]()
                wait = self._waiting[0][0] - now if self._waiting else LONGEST_WAIT_SECONDS
                self._changed.wait(min(LONGEST_WAIT_SECONDS, wait))
