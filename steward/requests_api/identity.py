"""A request's id: the same wish, however often it arrives, has the same id, and no two wishes share one.

Ids are Durable instance ids and parts of blob names: [a-z0-9-], at most 80 characters. What a caller names is hashed, since
it has no such form, may be personal, and ids stand in places from which nothing can be deleted. The account is part
of it: instance ids are shared by all accounts of an app.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from steward.requests_api.documents import AnyRequest, ErasureRequest
from steward.requests_api.problems import FieldProblem, InvalidRequest

# The last one: what nothing could be made of (steward/ledger/state.py, TICKET).
type Kind = Literal["export", "erasure", "retention", "ticket"]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The header of that name, as the caller sent it."""

    value: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\x20-\x7e]{1,255}", self.value):
            detail = "expected 1 to 255 printable ASCII characters"
            raise InvalidRequest([FieldProblem(detail, header="Idempotency-Key")])


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One run of a schedule: its name and the time it was due, with an offset."""

    schedule: str
    due: datetime


def kind_of(request: AnyRequest) -> Kind:
    return "erasure" if isinstance(request, ErasureRequest) else "export"


def request_id(
    request: AnyRequest,
    origin: IdempotencyKey | Occurrence | None = None,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    random: Callable[[int], str] = secrets.token_hex,
) -> str:
    """The id by what names the request first: an Idempotency-Key or a schedule's run, its ticket, or nothing (a new one).

    New ids sort by time. `random` takes a number of bytes and gives hexadecimal digits.
    """
    prefix = kind_of(request)
    if isinstance(request, ErasureRequest) and request.dry_run:
        prefix += "-dry-run"
    match origin:
        case IdempotencyKey(value):
            return f"{prefix}-key-{_digest(request.account, value)}"
        case Occurrence():
            return occurrence_id(prefix, request.account, origin)
        case None if request.ticket:
            return f"{prefix}-ticket-{_digest(request.account, request.ticket.system, request.ticket.key)}"
        case None:
            return f"{prefix}-new-{_compact(clock(), 'microseconds')}-{random(8)}"


def occurrence_id(prefix: str, account: str, occurrence: Occurrence) -> str:
    """The id of what a schedule starts for an account; those of one schedule sort by time."""
    due = _compact(occurrence.due, "seconds")
    return f"{prefix}-schedule-{due}-{_digest(account, occurrence.schedule)}"


def is_of_schedule(name: str, prefix: str, account: str, schedule: str) -> bool:
    """Whether an id is of a run of the account's schedule."""
    return name.startswith(f"{prefix}-schedule-") and name.endswith(f"-{_digest(account, schedule)}")


def _digest(*parts: str) -> str:
    # 128 bits: no two by accident, and the longest id stays under 80 characters.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _compact(time: datetime, precision: Literal["seconds", "microseconds"]) -> str:
    form = "%Y%m%dt%H%M%Sz" if precision == "seconds" else "%Y%m%dt%H%M%S%fz"
    return time.astimezone(UTC).strftime(form)
