"""Telling a ticket, or a callback, what has become of a request: what is not on record as told is told."""

import logging

import azure.durable_functions as df

from activities.payloads import RequestRef
from activities.telling_payloads import Outcome, Telling, Told, Woken
from starting.telling import start_tellers
from steward.accounts import account
from steward.ledger.details import DetailsAltered
from steward.ledger.ledger import Ledger
from steward.ledger.state import TOLD, RequestState, fold, told_id
from steward.settings import current_settings
from steward.tickets.bulkhead import Bulkhead, Busy
from steward.tickets.exchange import NotTold, Unanswered, Untellable
from steward.tickets.notices import Notice, next_notice
from steward.tickets.telling import line_to, tell

bp = df.Blueprint()

_log = logging.getLogger(__name__)
# Of this process.
_bulkhead = Bulkhead()


@bp.activity_trigger(input_name="telling")
def tell_change(telling: Telling) -> Told:
    """Tell the first change that this place has not been told of, and put it on record.

    Whoever dies in between tries it again: a ticket is looked at first, and a callback's event has the same id.
    """
    request, account_name, place = telling["request"], telling["account"], telling["place"]
    ledger = Ledger(account(account_name).container, account_name, request)
    events = ledger.read()
    state = fold(request, account_name, events)
    notice = next_notice(state, events, place, current_settings().tickets.public_url)
    if notice is None:
        return _answer("over" if state.has_ended else "waits")
    code = ""
    try:
        _tell(ledger, state, place, notice)
    except Busy:
        return _answer("again")
    except Unanswered as error:
        if not telling["last"]:
            _log.warning("request %s: %s is told later (%s)", request, place, error.code)
            return _answer("again", error.retry_after)
        code = f"given-up-{error.code}"
    except Untellable as error:
        code = error.code
    if code:
        _log.error("request %s: %s is not told that it is %s (%s)", request, place, notice.change, code)
    data = {"change": notice.change, "place": place, **({"code": code} if code else {})}
    ledger.append(TOLD, told_id(notice.change, place), data)
    return _answer("told")


@bp.activity_trigger(input_name="ref")
@bp.durable_client_input(client_name="client")
def wake_tellers(ref: RequestRef, client: df.SyncDurableFunctionsClient) -> Woken:
    """Something has happened that somebody is to be told of."""
    ledger = Ledger(account(ref["account"]).container, ref["account"], ref["request"])
    return Woken(started=start_tellers(client, ledger.state(), wake=True))


def _tell(ledger: Ledger, state: RequestState, place: str, notice: Notice) -> None:
    """Raises NotTold."""
    try:
        details = ledger.details(state)
    except DetailsAltered:
        # Nobody knows whom they mean.
        raise Untellable("details-altered") from None
    if details is None:
        raise Untellable("forgotten")
    try:
        with _bulkhead.room(line_to(place, details.document)):
            tell(place, details.document, current_settings().tickets, notice)
    except NotTold:
        raise
    except Exception as error:  # noqa: BLE001 - whatever nobody has thought of
        # Tried again like the rest, and given up like it. Its text may be personal.
        raise Unanswered(f"failed-{type(error).__name__}") from None


def _answer(outcome: Outcome, retry_after: float = 0.0) -> Told:
    return Told(outcome=outcome, retry_after=retry_after)
