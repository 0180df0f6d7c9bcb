"""The account's turn: one request at a time works on an account, the others wait in order of arrival.

The turn is free when its holder's ledger has ended, never by time: a request that is merely slow, or whose process died and
will be started again, keeps it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from azure.core import MatchConditions
from azure.storage.blob import ContainerClient

from steward.archive.errors import BlobExists
from steward.ledger import blobs
from steward.ledger.blobs import Content
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Held:
    """The turn is the asking request's, until its ledger ends."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Another request has the turn; ask again later."""

    behind: str


@dataclass(frozen=True, slots=True)
class Over:
    """The asking request has ended itself (it was cancelled, say), so it gets no turn."""


class Turn:
    """The blob `{account}/turn.json`: who has the turn, and who waits."""

    def __init__(
        self, container: ContainerClient, account: str, *, has_ended: Callable[[str], bool] | None = None
    ) -> None:
        """`has_ended` tells of a request's id whether its ledger has ended; by default the ledger is read."""
        self._blob = container.get_blob_client(f"{account}/turn.json")

        def ledger_has_ended(request_id: str) -> bool:
            try:
                return Ledger(container, account, request_id).has_ended()
            except ChainBroken:
                # Nothing is believed of it until a person has looked: it keeps its turn, and others wait.
                return False

        self._has_ended = has_ended or ledger_has_ended

    def take(self, request_id: str) -> Held | Queued | Over:
        """Take the turn or a place in the line; whoever asks again keeps what it has."""
        # Somebody's write succeeds in every round, so this ends.
        while True:
            content = blobs.read(self._blob)
            if self._has_ended(request_id):
                return Over()
            line = _line_in(content)
            standing = stand_in_line(line, request_id, self._has_ended)
            if standing == line or self._write(standing, content):
                return Held() if standing[0] == request_id else Queued(behind=standing[0])

    def _write(self, line: list[str], content: Content | None) -> bool:
        """Whether nobody else wrote since `content` was read."""
        data = json.dumps({"holder": line[0], "waiting": line[1:]}).encode()
        unchanged: dict[str, Any] = {}
        if content:
            unchanged = {"etag": content.etag, "match_condition": MatchConditions.IfNotModified}
        try:
            with blobs.errors(self._blob):
                self._blob.upload_blob(data, overwrite=content is not None, **unchanged)
        except BlobExists:
            return False
        return True


def stand_in_line(line: list[str], request_id: str, has_ended: Callable[[str], bool]) -> list[str]:
    """The line with the request in it, its first one the holder.

    One that has ended leaves when it comes to the front: however long the line, one ledger is read where nothing changed.
    """
    standing = line if request_id in line else [*line, request_id]
    gone = 0
    while standing[gone] != request_id and has_ended(standing[gone]):
        gone += 1
    return standing[gone:]


def _line_in(content: Content | None) -> list[str]:
    if content is None:
        return []
    found = cast("dict[str, Any]", json.loads(content.data))
    return [found["holder"], *found["waiting"]]
