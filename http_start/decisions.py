"""`POST /api/requests/{id}/approve`, `reject`, `cancel`: what people decide about an erasure.

Each is a function of its own, so each can have a key of its own. What is decided stands in the ledger; the event only
wakes the orchestration, which reads there.
"""

from http import HTTPStatus
from typing import Any, Literal

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import RETRY_AFTER, document, engine_of, problems_answered, record_of, refusal
from http_start.callers import Caller, caller_of
from http_start.finding import find_ledger
from http_start.request_documents import request_document
from orchestrator.names import DECISION as WAKE
from steward.ledger.ledger import Conflict, Ledger
from steward.ledger.state import ACCEPTED, APPROVED, CANCEL, DECISION, REJECTED, RequestState
from steward.requests_api.decisions import Approval, Cancellation, Rejection, parse_decision
from steward.requests_api.problems import problem
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="requests/{id}/approve", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def approve(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Approve the plan of this hash; who asked for the erasure cannot."""
    approval = parse_decision(Approval, req.get_body())
    return _decide(req, client, APPROVED, approval.plan_hash, {"planHash": approval.plan_hash})


@bp.route(route="requests/{id}/reject", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def reject(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Reject the plan of this hash; the request ends with it."""
    rejection = parse_decision(Rejection, req.get_body())
    data = {"planHash": rejection.plan_hash, "reason": rejection.reason or "rejected"}
    return _decide(req, client, REJECTED, rejection.plan_hash, data)


@bp.route(route="requests/{id}/cancel", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def cancel(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Stop an erasure between two batches; what has gone by then is gone, and its certificate says so."""
    parse_decision(Cancellation, req.get_body() or b"{}")
    if (ledger := find_ledger(req.route_params["id"])) is None:
        return _not_there(req)
    with record_of(ledger.account, ledger.id):
        state = ledger.state()
        if state.kind != "erasure":
            raise Conflict(f"request {ledger.id} is an {state.kind}; only an erasure can be cancelled")
        if state.has_ended and not state.cancel_asked:
            raise Conflict(f"request {ledger.id} has ended: {state.state}")
        ledger.append(CANCEL, CANCEL, {"by": caller_of(req)})
    return _woken(ledger, client)


def _decide(
    req: func.HttpRequest,
    client: df.SyncDurableFunctionsClient,
    decision: Literal["approved", "rejected"],
    plan_hash: str,
    data: dict[str, Any],
) -> func.HttpResponse:
    if (ledger := find_ledger(req.route_params["id"])) is None:
        return _not_there(req)
    caller = caller_of(req)
    with record_of(ledger.account, ledger.id):
        state = ledger.state()
        if (known := state.decision) and (known["decision"], known["planHash"]) == (decision, plan_hash):
            return _woken(ledger, client)
        if known:
            raise Conflict(f"request {ledger.id} was {known['decision']} already")
        if state.state != "waiting-for-approval":
            raise Conflict(f"request {ledger.id} does not wait for an approval; its state is {state.state}")
        if state.plan["hash"] != plan_hash:
            raise Conflict(
                f"#/planHash: is not the hash of the plan of {ledger.id}; read plan.hash of it again"
            )
        if decision == APPROVED and _is_own(ledger, caller):
            detail = f"request {ledger.id}: who asked for an erasure cannot approve it (APPROVE_OWN_REQUESTS)"
            return refusal(problem(HTTPStatus.FORBIDDEN, detail))
        event = ledger.append(decision, DECISION, {**data, "by": caller})
        if event.type != decision:
            raise Conflict(f"request {ledger.id} was {event.type} a moment ago")
    return _woken(ledger, client)


def _is_own(ledger: Ledger, caller: Caller) -> bool:
    """Whether a verified person approves what that very person asked for; keys alone do not say who holds them."""
    if current_settings().approve_own_requests or not caller["verified"]:
        return False
    accepted = next(event for event in ledger.read() if event.type == ACCEPTED)
    by: Caller = accepted.data.get("by") or Caller(name=None, verified=False)
    return by["verified"] and by["name"] == caller["name"]


def _woken(ledger: Ledger, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    with record_of(ledger.account, ledger.id):
        state: RequestState = ledger.state()
    if not state.has_ended:
        with engine_of(ledger.id):
            client.raise_orchestration_event(ledger.id, WAKE)
    return document(request_document(state), Retry_After=RETRY_AFTER)


def _not_there(req: func.HttpRequest) -> func.HttpResponse:
    return refusal(problem(HTTPStatus.NOT_FOUND, f"there is no request {req.route_params['id'][:80]!r}"))
