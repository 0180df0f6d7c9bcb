"""`POST /api/tickets/{system}`: signed webhooks of ticketing systems; the signature is the key.

Nothing of a body is believed, or put on record, before its signature is proved.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

import azure.durable_functions as df
import azure.functions as func

from event_start.taking import Refused, Unapprovable, Wish, take
from http_start.accepting import started
from http_start.answers import problems_answered, record_of, record_of_ticket, refusal
from starting.callers import NOBODY, Caller, readable_name
from steward.accounts import account
from steward.archive.store import ArchiveStore
from steward.requests_api.contract import LONGEST_BODY, read_object
from steward.requests_api.problems import FieldProblem, InvalidRequest, problem
from steward.settings import current_settings
from steward.tickets.default_fields import TicketSystem
from steward.tickets.deliveries import record_taken, was_taken
from steward.tickets.envelope import home_account
from steward.tickets.mapping import SYSTEMS
from steward.tickets.signatures import Delivery, NotSigned, jira_time, verify_jira, verify_standard

bp = df.Blueprint()


@bp.route(route="tickets/{system}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@problems_answered
def ticket_webhook(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """202 and the request document, 204 where the ticket asks for nothing; the same ticket again is the same request."""
    system = _set_up(req.route_params["system"])
    if system is None:
        return refusal(problem(HTTPStatus.NOT_FOUND, "no webhook of this name is set up"))
    body = req.get_body()
    if len(body) > LONGEST_BODY:
        detail = f"the body is longer than {LONGEST_BODY} bytes"
        return refusal(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail))
    try:
        delivery = _prove(system, cast("Mapping[str, str]", req.headers), body)
    except NotSigned:
        detail = "the signature is missing, wrong or too old, or was seen before"
        return refusal(problem(HTTPStatus.UNAUTHORIZED, detail))
    answer = _take(system, body, client)
    if delivery and answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        with _deliveries() as (store, home):
            record_taken(store, home, delivery)
    return answer


def _set_up(name: str) -> TicketSystem | None:
    secrets = current_settings().tickets.secrets
    return next((each for each in SYSTEMS if each == name and each in secrets), None)


def _prove(system: TicketSystem, headers: Mapping[str, str], body: bytes) -> Delivery | None:
    """The delivery, where its system signs each of its own. Raises NotSigned; Unanswerable where the store cannot be asked."""
    secret = current_settings().tickets.secrets[system].get_secret_value()
    if system == "jira":
        # Its own retries are the same body and signature: a replay within a day is the same request.
        verify_jira(secret, headers, body, now=datetime.now(UTC))
        return None
    delivery = verify_standard(secret, headers, body)
    with _deliveries() as (store, home):
        if was_taken(store, home, delivery):
            raise NotSigned
    return delivery


@contextmanager
def _deliveries() -> Generator[tuple[ArchiveStore, str]]:
    """Where they are on record, and under which account. Raises Unanswerable."""
    home = home_account(current_settings().accounts.keys())
    with record_of(home):
        yield ArchiveStore(account(home).container), home


class NothingAsked(Exception):  # noqa: N818 - it names what is found
    """The ticket came to a step that starts nothing."""


@problems_answered
def _take(system: TicketSystem, body: bytes, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    try:
        with record_of_ticket():
            state = take(system, body, lambda: _wish(system, body))
    except NothingAsked:
        return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT)
    except Refused as refused:
        if isinstance(refused.why, Unapprovable):
            return refusal(problem(HTTPStatus.FORBIDDEN, str(refused.why)))
        raise refused.why from None
    return started(state, client)


def _wish(system: TicketSystem, body: bytes) -> Wish:
    """Raises InvalidRequest, NothingAsked."""
    ticket = read_object(body)
    if system == "jira" and jira_time(ticket) is None:
        detail = "expected the time at which Jira sent it, in milliseconds"
        raise InvalidRequest([FieldProblem(detail, "#/timestamp")])
    asked = current_settings().tickets.fields[system].read(ticket)
    if asked is None:
        raise NothingAsked
    return Wish(asked.envelope, _vouched_for(asked.by))


def _vouched_for(name: str) -> Caller:
    """Who signs vouches for whom it names."""
    name = readable_name(name)
    return Caller(name=name, verified=True) if name else NOBODY
