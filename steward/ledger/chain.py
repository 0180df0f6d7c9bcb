"""A ledger's lines: one JSON event a line, each with the hash of the line before it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

FIRST_PREVIOUS = "0" * 64
"""What stands for the line before the first."""


class ChainBroken(Exception):  # noqa: N818 - it names what is found
    """A line was altered, lost, added or moved; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"ledger line {line}: {reason}")
        self.line = line


class Event(BaseModel):
    """One line. `id` is unique in its ledger; `previous` is the SHA-256 (hex) of the line before, without its newline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    at: AwareDatetime
    type: str
    data: dict[str, Any]
    previous: str

    def to_line(self) -> bytes:
        """The line without its newline; keys sorted, so that the same event is the same bytes."""
        document = self.model_dump() | {"at": self.at.astimezone(UTC).isoformat(timespec="microseconds")}
        return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True, slots=True)
class Head:
    """How far a ledger went: its number of events and the SHA-256 (hex) of the last line. It stands in certificates."""

    events: int
    hash: str


def hash_line(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def head_of(lines: Iterable[bytes]) -> Head:
    """The head of lines that were already found whole."""
    events, last = 0, FIRST_PREVIOUS
    for line in lines:
        events, last = events + 1, hash_line(line)
    return Head(events, last)


def verify_chain(content: bytes, head: Head | None = None) -> list[Event]:
    """Read a ledger's content and prove each line by the next; with a `head` from a certificate, the lines up to it too.

    The chain alone cannot show that its end was cut off or written anew: a head kept elsewhere can.
    Raises ChainBroken, naming the first line that is wrong.
    """
    lines = split_lines(content)
    events: list[Event] = []
    previous = FIRST_PREVIOUS
    ids: set[str] = set()
    for number, line in enumerate(lines, start=1):
        event = _read_line(number, line)
        if event.previous != previous:
            raise _break_at(number, lines, head)
        if event.id in ids:
            raise ChainBroken(number, "repeats the id of an earlier event")
        ids.add(event.id)
        events.append(event)
        previous = hash_line(line)
        if head and number == head.events and previous != head.hash:
            raise ChainBroken(number, "is not the line that the given head was taken from")
    if head and len(events) < head.events:
        raise ChainBroken(len(events) + 1, f"is missing; the given head counts {head.events} events")
    return events


def _break_at(number: int, lines: list[bytes], head: Head | None) -> ChainBroken:
    """Of two lines that do not join, the later one is right where what follows it vouches for it."""
    after = Head(number, hash_line(lines[number - 1]))
    vouched = after == head or (
        number < len(lines) and _read_line(number + 1, lines[number]).previous == after.hash
    )
    if vouched and number > 1:
        return ChainBroken(number - 1, "was altered, or one after it is missing")
    return ChainBroken(number, "was altered, or one before it is missing")


def split_lines(content: bytes) -> list[bytes]:
    """The lines without their newlines; raises ChainBroken where the last one is cut short."""
    *lines, rest = content.split(b"\n")
    if rest:
        raise ChainBroken(len(lines) + 1, "is cut short")
    return lines


def next_event(
    events_content: bytes, *, event_id: str, at: datetime, event_type: str, data: dict[str, Any]
) -> Event:
    """The event that follows a ledger's content."""
    lines = split_lines(events_content)
    previous = hash_line(lines[-1]) if lines else FIRST_PREVIOUS
    return Event(id=event_id, at=at, type=event_type, data=data, previous=previous)


def _read_line(number: int, line: bytes) -> Event:
    try:
        event = Event.model_validate_json(line)
    except ValidationError:
        raise ChainBroken(number, "is not an event") from None
    return event
