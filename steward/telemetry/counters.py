"""What is counted. Where no telemetry is set up, counting is a call of an empty function."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import metrics

from steward.telemetry import SCOPE

_METER = metrics.get_meter(SCOPE)

_CALLS = _METER.create_counter(
    "steward.calls", "{call}", "answers of the service and of the hosts of its pictures, by their status"
)
_WAITED = _METER.create_counter(
    "steward.budget.waited", "s", "time that calls waited for a place in the account's budget, added up"
)
_STORED = _METER.create_counter("steward.stored", "By", "pictures and models written into the archive")
_REQUESTS = _METER.create_counter(
    "steward.requests", "{request}", "requests that came to a state in which somebody should look, or ended"
)
_ITEMS = _METER.create_counter("steward.items", "{item}", "what ended exports hold, by entity")
_GAPS = _METER.create_counter("steward.gaps", "{item}", "what ended exports could not have, by entity")


def call_answered(url: str, status: int) -> None:
    """Of the address nothing but its host is told."""
    host = urlsplit(url).hostname or ""
    _CALLS.add(1, {"server.address": host, "http.response.status_code": status})


def call_waited(seconds: float) -> None:
    _WAITED.add(seconds)


def bytes_stored(length: int) -> None:
    _STORED.add(length)


def request_reached(state: str, *, account: str, kind: str, totals: Mapping[str, Any]) -> None:
    """Once a request and state: whoever wrote the ledger's event counts it. `totals`: of an export that ended with a bag."""
    _REQUESTS.add(1, {"state": state, "account": account, "kind": kind})
    for entity, total in totals.items():
        about = {"account": account, "entity": entity}
        _ITEMS.add(total["exported"], about)
        _GAPS.add(total["gaps"], about)
