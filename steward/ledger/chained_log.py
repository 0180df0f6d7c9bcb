"""An append blob of chained events, written by any number of processes at once.

An append carries the position that it expects, so the chain has no gap and no fork; an event whose id is there counts as
written, so whoever is unsure writes again.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

from steward.archive.errors import BlobExists
from steward.ledger import blobs
from steward.ledger.blobs import Content
from steward.ledger.chain import Event, next_event, verify_chain


@dataclass(frozen=True, slots=True)
class Appended:
    """An event, whether this append wrote it, and the blob as it was before and is after it."""

    event: Event
    written: bool
    before: Content
    events: list[Event]
    etag: str

    @property
    def length(self) -> int:
        return len(self.before.data) + (len(self.event.to_line()) + 1 if self.written else 0)


class ChainedLog:
    """The blob and its chain; what the events mean is its owner's."""

    def __init__(self, blob: BlobClient, clock: Callable[[], datetime]) -> None:
        self.blob = blob
        self._clock = clock

    def read(self) -> Content | None:
        """The blob, None where there is none."""
        return blobs.read(self.blob)

    def create(self) -> None:
        """Make the blob, unless it is there."""
        with contextlib.suppress(BlobExists), blobs.errors(self.blob):
            self.blob.create_append_blob(match_condition=MatchConditions.IfMissing)

    def append(
        self,
        event_type: str,
        event_id: str,
        data: dict[str, Any],
        *,
        read: Callable[[], Content],
        written: Callable[[list[Event]], Event | None],
    ) -> Appended:
        """Write an event unless `written` finds it among those that are there. Raises ChainBroken, and what `read` does."""
        # Somebody's append succeeds in every round, and few write to one log: this ends.
        while True:
            content = read()
            events = verify_chain(content.data)
            if found := written(events):
                return Appended(found, written=False, before=content, events=events, etag=content.etag)
            event = next_event(
                content.data, event_id=event_id, at=self._clock(), event_type=event_type, data=data
            )
            if etag := self._append(event, len(content.data)):
                return Appended(event, written=True, before=content, events=[*events, event], etag=etag)

    def _append(self, event: Event, position: int) -> str | None:
        """The blob's new ETag, None where another append came first."""
        line = event.to_line() + b"\n"
        try:
            with blobs.errors(self.blob):
                answer = self.blob.append_block(line, appendpos_condition=position, validate_content=True)
        except BlobExists:
            return None
        return str(answer["etag"])
