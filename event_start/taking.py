"""Taking a ticket, whichever way it came: one request, however often and by however many ways."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import azure.durable_functions as df
import grpc

from starting.callers import NOBODY, Caller, why_no_asking
from starting.requests import put_on_record, start
from steward.accounts import account
from steward.ledger.ledger import Conflict
from steward.ledger.state import RequestState
from steward.requests_api.documents import AnyRequest, ErasureRequest, JsonObject
from steward.requests_api.identity import request_id
from steward.requests_api.problems import InvalidRequest
from steward.settings import current_settings
from steward.tickets.envelope import account_of, parse_envelope
from steward.tickets.refusals import reason_of, refuse

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for, and who asks."""

    envelope: JsonObject
    by: Caller


class Unapprovable(Exception):  # noqa: N818 - it names what is found
    """A real erasure that nobody could approve, since nobody knows who asks for it."""


class Refused(Exception):  # noqa: N818 - it names what is found
    """The ticket is on record as refused; `why` is for who sent it, the text for the log."""

    def __init__(self, record: str, reason: str, why: InvalidRequest | Conflict | Unapprovable) -> None:
        super().__init__(f"{record}: {reason}")
        self.record = record
        self.why = why


def take(way: str, message: bytes, read: Callable[[], Wish]) -> RequestState:
    """The request that the ticket asks for, on record; it is still to be started.

    `way` and `message`: for the record of one that is refused; `read` may raise InvalidRequest.
    Raises Refused; ArchiveError, ChainBroken, DetailsAltered where nothing can be put on record.
    """
    wish = Wish({}, NOBODY)
    try:
        wish = read()
        request = parse_envelope(wish.envelope, current_settings().accounts.keys())
        _check_asker(request, wish.by)
        return put_on_record(request, request_id(request), by=wish.by)
    except (InvalidRequest, Conflict, Unapprovable) as error:
        why = error
    # Out here: whatever fails now has not its text, which may repeat names of fields that are somebody's, behind it.
    refused = _refuse(way, message, wish.envelope, why)
    _log.warning("a ticket by %s is refused: %s", way, refused)
    raise refused


def start_or_leave(client: df.SyncDurableFunctionsClient, state: RequestState) -> None:
    """Start it; where the engine cannot be reached, the reconciler does once it can."""
    try:
        start(client, state)
    except grpc.RpcError as error:
        _log.warning("request %s: is on record, but not started (%s)", state.id, type(error).__name__)


def _check_asker(request: AnyRequest, by: Caller) -> None:
    if isinstance(request, ErasureRequest) and not request.dry_run and (why := why_no_asking(by)):
        raise Unapprovable(f"{why} (APPROVE_OWN_REQUESTS)")


def _refuse(
    way: str, message: bytes, envelope: JsonObject, error: InvalidRequest | Conflict | Unapprovable
) -> Refused:
    settings = current_settings()
    name = account_of(envelope, settings.accounts.keys())
    reason = reason_of(error)
    record = refuse(
        account(name).container,
        name,
        message,
        envelope,
        way=way,
        reason=reason,
        hub=settings.task_hub,
        settings=settings.tickets,
    )
    return Refused(record, reason, error)
