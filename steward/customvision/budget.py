"""The account's calls a second, shared by all processes through one blob.

The blob holds one number: the time, by the store's clock, from which calls are free. Whoever needs calls moves it on by as
many places as it takes, with If-Match, and makes its calls at the times it passed over. Nothing is leased, so a process
that dies leaves nothing behind but the places it had taken, a second's worth at most.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.core.pipeline import PipelineResponse
from azure.storage.blob import BlobClient

from steward.customvision.errors import BudgetUnavailable, InvalidArgument
from steward.customvision.store_clock import StoreClock
from steward.telemetry import counters

_METADATA = "nextfree"
# The next block is taken this long before the present one ends, so that calls go on without a gap.
_AHEAD = 0.2
# A block is at most so long, in seconds: alone, and where other processes ask too, whose turn should come soon.
_BLOCK_ALONE = 1.0
_BLOCK_SHARED = 0.2
_SHARED_FOR = 2.0
# No queue of processes is this long; a later time in the blob is damage, and would stop every call.
_FARTHEST = 60.0
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """The blob's state after its last reading or writing: seconds since 1970 by the store's clock."""

    next_free: float
    etag: str


class CallBudget:
    """At most `calls_per_second` calls an account, over all processes that share `blob`; safe for threads.

    The blob is created where it is missing; its container must be there. `acquire` raises BudgetUnavailable.
    """

    def __init__(self, blob: BlobClient, calls_per_second: float = 10.0) -> None:
        if calls_per_second <= 0:
            raise InvalidArgument(f"calls_per_second: expected more than 0, found {calls_per_second}")
        self._blob = blob
        self._interval = 1 / calls_per_second
        self._clock = StoreClock()
        self._seen: _Seen | None = None
        self._shared_until = 0.0
        # Under the condition: places not yet given out, the end of those taken, and who is asking.
        self._condition = threading.Condition()
        self._places: deque[float] = deque()
        self._taken_until = 0.0
        self._waiting = 0
        self._reserving = False
        self._failures = 0
        self._failure = ""

    def acquire(self) -> None:
        """Return when this thread may make one call."""
        asked = time.monotonic()
        try:
            delay = self._place() - time.monotonic()
            if delay > 0:
                time.sleep(delay)
        finally:
            counters.call_waited(time.monotonic() - asked)

    def _place(self) -> float:
        """A place of this thread's own: the monotonic time of its call, which may have passed."""
        with self._condition:
            self._waiting += 1
            try:
                while not self._places:
                    early = self._taken_until - _AHEAD - time.monotonic()
                    if self._reserving or early > 0:
                        # Taking more now would keep other processes waiting for calls that are not due.
                        self._wait(None if self._reserving else early)
                    else:
                        self._take_places()
                return self._places.popleft()
            finally:
                self._waiting -= 1

    def _wait(self, seconds: float | None) -> None:
        """Until something changes; raises what the thread that went to the store met there."""
        before = self._failures
        self._condition.wait(seconds)
        if self._failures != before:
            raise BudgetUnavailable(self._failure)

    def _take_places(self) -> None:
        """Take a place for each waiting thread, as far as a block goes; the lock is free meanwhile."""
        shared = time.monotonic() < self._shared_until
        most = max(1, int((_BLOCK_SHARED if shared else _BLOCK_ALONE) / self._interval))
        count = min(self._waiting, most)
        self._reserving = True
        self._condition.release()
        try:
            first = self._reserve(count)
        except BudgetUnavailable as error:
            self._failure = str(error)
            self._failures += 1
            raise
        finally:
            self._condition.acquire()
            self._reserving = False
            self._condition.notify_all()
        self._places.extend(first + number * self._interval for number in range(count))
        self._taken_until = first + count * self._interval

    def _reserve(self, count: int) -> float:
        """Move the blob's time on by `count` places; the monotonic time of the first one."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            seen = self._seen or self._read()
            now, monotonic = self._clock.now(), time.monotonic()
            first = seen.next_free if now < seen.next_free < now + _FARTHEST else now
            self._seen = self._write(first + count * self._interval, seen.etag)
            if self._seen:
                return monotonic + first - now
            # Another process was first. So long as that happens, blocks are short.
            self._shared_until = time.monotonic() + _SHARED_FOR
            time.sleep(random.uniform(0, 0.005))  # noqa: S311 - spreads rivals, no secret
        raise BudgetUnavailable(f"call budget: no turn within {_PATIENCE:.0f} s")

    def _read(self) -> _Seen:
        try:
            found = self._call(self._blob.get_blob_properties)
        except ResourceNotFoundError:
            return self._create()
        return _Seen(_parsed(found.metadata.get(_METADATA)), found.etag)

    def _create(self) -> _Seen:
        try:
            found = self._call(self._blob.upload_blob, b"", metadata={_METADATA: "0"})
        except ResourceExistsError:
            return self._read()
        except ResourceNotFoundError:
            raise BudgetUnavailable(
                f"call budget: there is no container {self._blob.container_name}"
            ) from None
        return _Seen(0.0, found["etag"])

    def _write(self, next_free: float, etag: str) -> _Seen | None:
        """None where the blob is no longer the one that was seen."""
        metadata = {_METADATA: f"{next_free:.6f}"}
        unchanged = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        try:
            found = self._call(self._blob.set_blob_metadata, metadata, **unchanged)
        except (ResourceModifiedError, ResourceNotFoundError):
            return None
        return _Seen(next_free, found["etag"])

    def _call(self, operation: Callable[..., Any], *args: object, **options: object) -> Any:
        """One request to the store; its clock is read off the answer, a refusal's too."""
        called = time.monotonic()

        def observe(answer: PipelineResponse[Any, Any]) -> None:
            date = answer.http_response.headers.get("Date")
            if date:
                self._clock.observe(parsedate_to_datetime(date).timestamp(), called, time.monotonic())

        try:
            return operation(*args, **options, raw_response_hook=observe)
        except (ResourceModifiedError, ResourceNotFoundError, ResourceExistsError):
            raise
        except HttpResponseError as error:
            # Storage adds its code, a text or an enumeration of texts.
            found: Any = getattr(error, "error_code", None) or ""
            code = getattr(found, "value", found)
            raise BudgetUnavailable(f"call budget: the store answered {error.status_code} {code}") from None
        except AzureError as error:
            raise BudgetUnavailable(f"call budget: no answer of the store ({type(error).__name__})") from None


def _parsed(text: str | None) -> float:
    """What cannot be read is as good as nothing: calls are free from now on."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
