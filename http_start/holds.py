"""`/api/holds`: legal holds, set and lifted with a reason; what a hold covers, no erasure takes."""

import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import document, holds_of, problems_answered, refusal
from http_start.callers import caller_of
from http_start.finding import first_found
from steward.accounts import account
from steward.ledger.holds import CoveredObject, Covers, Hold, HoldMissing, Holds
from steward.requests_api.answers import HoldDocument, HoldList, Reasoned
from steward.requests_api.contract import chosen_account, parse_document
from steward.requests_api.holding import HoldRequest, Lifting
from steward.requests_api.problems import problem
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="holds", methods=["POST"])
@problems_answered
def post_hold(req: func.HttpRequest) -> func.HttpResponse:
    """201 and the hold."""
    wanted = parse_document(HoldRequest, req.get_body())
    name = chosen_account(wanted.account, current_settings().accounts.keys())
    covers: Covers = "account"
    if wanted.covers != "account":
        covers = cast("CoveredObject", wanted.covers.model_dump(exclude_none=True))
    with holds_of(name):
        hold = _holds(name).set(covers, reason=wanted.reason, by=dict(caller_of(req)))
    return document(_hold_document(name, hold), HTTPStatus.CREATED, Location=f"/api/holds/{hold.id}")


@bp.route(route="holds", methods=["GET"])
@problems_answered
def get_holds(req: func.HttpRequest) -> func.HttpResponse:
    """All holds of all accounts, in the order in which they were set, those that were lifted too."""
    found: list[HoldDocument] = []
    for name in current_settings().accounts:
        with holds_of(name):
            found += [_hold_document(name, hold) for hold in _holds(name).list()]
    return document(HoldList(holds=found))


@bp.route(route="holds/{id}", methods=["GET"])
@problems_answered
def get_hold(req: func.HttpRequest) -> func.HttpResponse:
    """One hold."""
    found = _find(req.route_params["id"])
    return document(_hold_document(*found)) if found else _not_there(req)


@bp.route(route="holds/{id}/lift", methods=["POST"])
@problems_answered
def lift_hold(req: func.HttpRequest) -> func.HttpResponse:
    """Lift it; one that is lifted already stays as it is."""
    lifting = parse_document(Lifting, req.get_body())
    found = _find(req.route_params["id"])
    if not found:
        return _not_there(req)
    name, hold = found
    with holds_of(name):
        lifted = _holds(name).lift(hold.id, reason=lifting.reason, by=dict(caller_of(req)))
    return document(_hold_document(name, lifted))


def _find(hold: str) -> tuple[str, Hold] | None:
    """Whose it is, and the hold. Raises Unanswerable."""

    def look(name: str) -> tuple[str, Hold] | None:
        with holds_of(name), contextlib.suppress(HoldMissing):
            return name, _holds(name).find(hold)
        return None

    return first_found(look)


def _holds(name: str) -> Holds:
    return Holds(account(name).container, name)


def _not_there(req: func.HttpRequest) -> func.HttpResponse:
    return refusal(problem(HTTPStatus.NOT_FOUND, f"there is no hold {req.route_params['id'][:80]!r}"))


def _hold_document(name: str, hold: Hold) -> HoldDocument:
    found = HoldDocument(id=hold.id, account=name, covers=hold.covers, set=_reasoned(hold.set))
    if hold.lifted:
        found["lifted"] = _reasoned(hold.lifted)
    return found


def _reasoned(event: Mapping[str, Any]) -> Reasoned:
    return Reasoned(reason=event["reason"], by=event["by"], at=event["at"])
