"""The time by a store's clock, from the Date headers of its answers."""

import time

# Clocks of one machine and of a store may drift apart by this much a second.
_DRIFT = 2e-4


class StoreClock:
    """Tells the store's time, in seconds since 1970, finer than the whole seconds that a Date header has.

    Each answer gives two bounds: the store's clock stood between the header's second and the next one, somewhere between
    the call and its answer. Within the bounds that all answers leave, this machine's own clock is believed; a wrong one is
    not, and then the earliest possible time is told: a caller that is late does no harm. Not safe for threads by itself.
    """

    def __init__(self) -> None:
        # Store time minus monotonic time, at least and at most, as known at `_seen`.
        self._least = float("-inf")
        self._most = float("inf")
        self._seen = time.monotonic()

    def observe(self, date: float, called: float, answered: float) -> None:
        """`date`: the header; `called`, `answered`: monotonic times around the exchange. All in seconds."""
        least, most = self._bounds(answered)
        self._least, self._most = max(least, date - answered), min(most, date + 1 - called)
        if self._least > self._most:
            # The store answers from another machine, or its clock was set: begin anew.
            self._least, self._most = date - answered, date + 1 - called
        self._seen = answered

    def now(self) -> float:
        """Raises RuntimeError before the first observation."""
        if self._least == float("-inf"):
            raise RuntimeError("the store's clock was never seen")
        monotonic = time.monotonic()
        least, most = self._bounds(monotonic)
        own = time.time() - monotonic
        return monotonic + (own if least <= own <= most else least)

    def _bounds(self, monotonic: float) -> tuple[float, float]:
        drift = (monotonic - self._seen) * _DRIFT
        return self._least - drift, self._most + drift
