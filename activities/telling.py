"""Telling a ticket, or a callback, what has become of a request: what is not on record as told is told."""

import logging

import azure.durable_functions as df

from activities.payloads import RequestRef
from activities.telling_payloads import Outcome, Telling, Told, Woken
from starting.telling import start_tellers
from steward.accounts import account
from steward.ledger.details import DetailsAltered
from steward.ledger.ledger import Ledger
from steward.ledger.state import TOLD, fold, told_id
from steward.settings import current_settings
from steward.tickets.exchange import Refused, Unanswered
from steward.tickets.notices import Notice, next_notice
from steward.tickets.telling import tell

bp = df.Blueprint()

_log = logging.getLogger(__name__)


@bp.activity_trigger(input_name="telling")
def tell_change(telling: Telling) -> Told:
    """Tell the first change that this place has not been told of, and put it on record.

    At least once: whoever dies in between tells it again.
    """
    request, account_name, place = telling["request"], telling["account"], telling["place"]
    ledger = Ledger(account(account_name).container, account_name, request)
    events = ledger.read()
    notice = next_notice(request, account_name, events, place, current_settings().tickets.public_url)
    if notice is None:
        return _answer("over" if fold(request, account_name, events).has_ended else "waits")
    code = ""
    try:
        _tell(ledger, place, notice)
    except DetailsAltered:
        # Nothing more is written to such a record, and nobody knows whom it means.
        _log.error("request %s: its details are altered, so nobody is told of it", request)
        return _answer("over")
    except Unanswered as error:
        if not telling["last"]:
            _log.warning("request %s: %s is told later (%s)", request, place, error.code)
            return _answer("again", error.retry_after)
        code = f"given-up-{error.code}"
    except Refused as error:
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


def _tell(ledger: Ledger, place: str, notice: Notice) -> None:
    """Raises Refused, Unanswered, DetailsAltered."""
    details = ledger.details()
    if details is None:
        raise Refused("forgotten")
    tell(place, details.document, current_settings().tickets, notice)


def _answer(outcome: Outcome, retry_after: float = 0.0) -> Told:
    return Told(outcome=outcome, retry_after=retry_after)
