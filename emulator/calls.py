"""The call log and its counters. Queries are not kept: signatures stand in them."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call; `started` in seconds since 1970, `status` 0 where the connection was dropped."""

    started: float
    operation: str
    method: str
    path: str
    status: int
    milliseconds: float
    bytes_in: int
    bytes_out: int
    fault: str | None


class CallLog:
    """The last calls, and counts over all."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._calls: deque[CallRecord] = deque(maxlen=_KEPT)
        self._operations: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()
        self._bytes_out = 0

    def add(self, record: CallRecord) -> None:
        self._calls.append(record)
        self._operations[record.operation] += 1
        self._statuses[record.status] += 1
        self._bytes_out += record.bytes_out

    def calls(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Oldest first."""
        return [asdict(record) for record in self._calls if operation in {None, record.operation}]

    def counters(self) -> Mapping[str, Any]:
        """Counts since the last reset; `pictures` are GETs of the blob store, `calls` everything else."""
        pictures = self._operations["GetBlob"]
        return {
            "calls": self._operations.total() - pictures,
            "pictures": pictures,
            "throttled": self._statuses[429],
            "bytesOut": self._bytes_out,
            "operations": dict(sorted(self._operations.items())),
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
        }
