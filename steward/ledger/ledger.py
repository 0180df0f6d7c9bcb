"""The ledger of one request: a chained log of what happened to it, with its details and its summary beside it."""

import contextlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.storage.blob import BlobProperties, ContainerClient

from steward.archive.errors import BlobExists
from steward.archive.store_errors import store_errors
from steward.ledger import blobs, index
from steward.ledger.blobs import Content
from steward.ledger.chain import ChainBroken, Event, Head, head_of, split_lines, verify_chain
from steward.ledger.chained_log import ChainedLog
from steward.ledger.details import Details, DetailsAltered, DetailsBlob
from steward.ledger.index import Summary
from steward.ledger.state import ACCEPTED, ENDED, STARTED, WAITING, EndedState, RequestState, fold
from steward.telemetry import counters

_FILE = "ledger.jsonl"
DETAILS_STEM = "details"
DETAILS = f"{DETAILS_STEM}.json"


class LedgerMissing(Exception):  # noqa: N818 - it names what is found
    """No request of this id was ever accepted in this account."""


class Conflict(Exception):  # noqa: N818 - HTTP's word for it, 409
    """A request of this id was accepted with another body."""


class Ledger:
    """The events of one request, in `{account}/requests/{id}/`."""

    def __init__(
        self,
        container: ContainerClient,
        account: str,
        request_id: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        salt: Callable[[], str] = lambda: secrets.token_hex(32),
    ) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", request_id):
            raise LedgerMissing("a request's id is at most 80 of a-z, 0-9 and -")
        self.account = account
        self.id = request_id
        self._log = ChainedLog(container.get_blob_client(ledger_blob(account, request_id)), clock)
        self._container = container
        self._folder = f"{account}/requests/{request_id}/"
        self._details = self._details_in(DETAILS)
        self._salt = salt

    def create(
        self,
        kind: str,
        document: dict[str, Any],
        *,
        by: Mapping[str, Any] | None = None,
        tell: Sequence[str] = (),
    ) -> RequestState:
        """Accept a request: its document with all defaults, as JSON, who asks, and the places to which changes are told.

        Raises Conflict. The same document again is the same request, whatever crash came between. The first event says by
        its digest which details were accepted: of several writers, and of those that died before it, the others' count nothing.
        """
        content = self._log.read()
        if content is None or not content.data:
            details = self._write_details(document)
            self._log.create()
            accepted = {
                "kind": kind,
                "purpose": document["purpose"],
                "dryRun": document.get("dryRun", False),
                "digest": details.digest,
                **({"by": dict(by)} if by else {}),
                **({"tell": list(tell)} if tell else {}),
            }
            self._write(ACCEPTED, ACCEPTED, accepted)
        state = self.state()
        kept = self.details(state)
        if kept is None or kept.document != document:
            raise Conflict(f"request {self.id} was made before, with another body")
        return state

    def _write_details(self, document: dict[str, Any]) -> Details:
        """Those that stand there already where they have this document, else beside them: they may yet be accepted."""
        ours = Details(self._salt(), document)
        details = self._details.write_or_read(ours)
        if details.document == document:
            return details
        return self._details_beside(ours.digest).write_or_read(ours)

    def _details_beside(self, digest: str) -> DetailsBlob:
        return self._details_in(f"{DETAILS_STEM}-{digest}.json")

    def _details_in(self, name: str) -> DetailsBlob:
        return DetailsBlob(self._container.get_blob_client(self._folder + name))

    def _accepted(self, found: Details | None, digest: str) -> Details | None:
        """The details of this digest where those that were found are another creator's, who was not accepted."""
        if found and digest and found.digest != digest:
            return self._details_beside(digest).read() or found
        return found

    def append(self, event_type: str, event_id: str, data: dict[str, Any] | None = None) -> Event:
        """Write an event, or find the one that has its id; personal values have no place in `data`.

        Once a request has ended, any other end finds the one that is there. Raises LedgerMissing, ChainBroken.
        """
        return self._write(event_type, event_id, data or {})

    def start(self, hub: str) -> Event:
        """Name the task hub that works on the request, under the request's id; the first hub named keeps it."""
        return self.append(STARTED, STARTED, {"hub": hub, "instance": self.id})

    def end(self, state: EndedState, *, reason: str = "", totals: dict[str, Any] | None = None) -> Event:
        """Write the request's end, or find the end that it has; compare `data["state"]` of what comes back."""
        return self.append(ENDED, ENDED, {"state": state, "reason": reason, "totals": totals or {}})

    def read(self) -> list[Event]:
        """All events, proved to be one chain. Raises LedgerMissing, ChainBroken."""
        return verify_chain(self._read().data)

    def state(self) -> RequestState:
        """The fold of all events; mends the index where it fell behind. Raises LedgerMissing, ChainBroken."""
        content = self._read()
        state = fold(self.id, self.account, verify_chain(content.data))
        if content.data and not index.holds_for(content.metadata, len(content.data)):
            self._mend_index(state, content)
        return state

    def has_ended(self) -> bool:
        """Whether the request is over: the turn of a request that has no ledger is free too."""
        content = self._log.read()
        if content is None:
            return True
        return fold(self.id, self.account, verify_chain(content.data)).has_ended

    def summary(self) -> Summary:
        """What lists show of the request, mended where it fell behind. Raises LedgerMissing, ChainBroken."""
        state = self.state()
        return index.summary_of(state, self._ticket_in_details(state))

    def head(self) -> Head:
        """How far the ledger goes now; what stands in certificates."""
        content = self._read()
        verify_chain(content.data)
        return head_of(split_lines(content.data))

    def verify(self, head: Head | None = None) -> list[Event]:
        """All events, proved against a head that was kept elsewhere. Raises ChainBroken with the first wrong line."""
        return verify_chain(self._read().data, head)

    def details(self, state: RequestState | None = None) -> Details | None:
        """The request's document, None once deleted. Raises DetailsAltered. `state`: where it is known already."""
        details = self._details.read()
        if details is None:
            return None
        digest = (state or self.state()).digest
        details = self._accepted(details, digest)
        if details and digest and details.digest != digest:
            raise DetailsAltered("the details are not those that the request was accepted with")
        return details

    def delete_details(self) -> None:
        """Delete the personal values: the details, and the ticket in the index. The chain stands."""
        with store_errors(str(self._container.container_name), self._folder):
            names = list(self._container.list_blob_names(name_starts_with=self._folder + DETAILS_STEM))
        for name in names:
            DetailsBlob(self._container.get_blob_client(name)).delete()
        content = self._log.read()
        if content and content.data:
            self._mend_index(fold(self.id, self.account, verify_chain(content.data)), content)

    def _read(self) -> Content:
        content = self._log.read()
        if content is None:
            raise LedgerMissing(f"there is no request {self.id} in account {self.account}")
        return content

    def _write(self, event_type: str, event_id: str, data: dict[str, Any]) -> Event:
        def written(events: list[Event]) -> Event | None:
            if not events and event_type != ACCEPTED:
                raise LedgerMissing(f"request {self.id} was never accepted")
            return _already_written(events, event_type, event_id)

        appended = self._log.append(event_type, event_id, data, read=self._read, written=written)
        if appended.written:
            state = fold(self.id, self.account, appended.events)
            if event_type in {WAITING, ENDED}:
                totals: dict[str, Any] = data.get("totals", {})
                counters.request_reached(state.state, account=self.account, kind=state.kind, totals=totals)
            self._set_index(state, appended.length, self._ticket(state, appended.before), appended.etag)
        return appended.event

    def _ticket(self, state: RequestState, content: Content) -> tuple[str, str] | None:
        return index.ticket_in(content.metadata) if content.metadata else self._ticket_in_details(state)

    def _ticket_in_details(self, state: RequestState) -> tuple[str, str] | None:
        details = self._accepted(self._details.read(), state.digest)
        return index.ticket_of(details.document) if details else None

    def _mend_index(self, state: RequestState, content: Content) -> None:
        self._set_index(state, len(content.data), self._ticket_in_details(state), content.etag)

    def _set_index(self, state: RequestState, length: int, ticket: tuple[str, str] | None, etag: str) -> None:
        """Where another append came meanwhile, its writer sets the index."""
        metadata = index.to_metadata(state, length, ticket)
        with contextlib.suppress(BlobExists), blobs.errors(self._log.blob):
            self._log.blob.set_blob_metadata(
                metadata, etag=etag, match_condition=MatchConditions.IfNotModified
            )


def ledger_blob(account: str, request_id: str) -> str:
    """Where a request's ledger stands."""
    return f"{account}/requests/{request_id}/{_FILE}"


def find(container: ContainerClient, account: str, request_id: str) -> Ledger | None:
    """The ledger of a request that this account has, None where it has none."""
    try:
        ledger = Ledger(container, account, request_id)
        return ledger if ledger.read() else None
    except LedgerMissing:
        return None


def list_requests(container: ContainerClient, account: str) -> Iterator[Summary]:
    """All requests of an account, by id; reads only those ledgers whose index fell behind."""
    for request_id, blob in list_ledgers(container, account):
        yield summary_in(container, account, request_id, blob)


def list_ledgers(container: ContainerClient, account: str) -> Iterator[tuple[str, BlobProperties]]:
    """Every request's id, and what the listing says of its ledger."""
    prefix = f"{account}/requests/"
    with store_errors(str(container.container_name), prefix):
        for blob in container.list_blobs(name_starts_with=prefix, include=["metadata"]):
            folder, _, file = blob.name.rpartition("/")
            # An empty ledger is one whose first event is still on its way.
            if file == _FILE and blob.size:
                yield folder.rpartition("/")[2], blob


def summary_in(container: ContainerClient, account: str, request_id: str, blob: BlobProperties) -> Summary:
    """The summary that the listing brought; the ledger is read where it fell behind."""
    metadata = blob.metadata or {}
    if index.holds_for(metadata, blob.size):
        return index.from_metadata(request_id, account, metadata)
    return _summary_of(Ledger(container, account, request_id))


def _summary_of(ledger: Ledger) -> Summary:
    try:
        return ledger.summary()
    except (ChainBroken, DetailsAltered):
        return Summary(id=ledger.id, account=ledger.account, state="unreadable")


def _already_written(events: list[Event], event_type: str, event_id: str) -> Event | None:
    for event in events:
        if event.id == event_id or (event_type == ENDED and event.type == ENDED):
            return event
    return None
