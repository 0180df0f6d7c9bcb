"""`POST /api/requests/{id}/approve`, `reject`, `cancel`: what people decide about an erasure.

Each is a function of its own, so each can have a key of its own. What is decided stands in the ledger; the event only
wakes the orchestration, which reads there.
"""

import logging
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

import azure.durable_functions as df
import azure.functions as func
import grpc

from http_start.answers import problems_answered, record_of, refusal
from http_start.callers import caller_of, names_of
from http_start.finding import find_ledger, no_request
from http_start.request_documents import request_answer
from orchestrator.names import DECISION as WAKE
from starting.callers import NOBODY, why_no_approval
from starting.instances import code_of
from steward.ledger.ledger import Conflict, Ledger
from steward.ledger.state import ACCEPTED, APPROVED, CANCEL, DECISION, REJECTED, RequestState
from steward.requests_api.answers import Caller
from steward.requests_api.contract import parse_document
from steward.requests_api.decisions import Approval, Cancellation, Rejection
from steward.requests_api.problems import problem

bp = df.Blueprint()

_log = logging.getLogger(__name__)
_OTHER_PLAN = "#/planHash: is not the hash of this request's plan; read plan.hash of it again"


@bp.route(route="requests/{id}/approve", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def approve(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Approve the plan of this hash; who asked for the erasure cannot."""
    approval = parse_document(Approval, req.get_body())
    return _decide(req, client, APPROVED, approval.plan_hash, {"planHash": approval.plan_hash})


@bp.route(route="requests/{id}/reject", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def reject(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Reject the plan of this hash; the request ends with it."""
    rejection = parse_document(Rejection, req.get_body())
    data = {"planHash": rejection.plan_hash, "reason": rejection.reason or "rejected"}
    return _decide(req, client, REJECTED, rejection.plan_hash, data)


@bp.route(route="requests/{id}/cancel", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def cancel(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Stop an erasure between two batches; what has gone by then is gone, and its certificate says so."""
    parse_document(Cancellation, req.get_body() or b"{}")
    if (ledger := find_ledger(req.route_params["id"])) is None:
        return no_request(req.route_params["id"])
    with record_of(ledger.account, ledger.id):
        state = ledger.state()
        if state.kind != "erasure":
            raise Conflict(f"request {ledger.id} is no erasure; only an erasure can be cancelled")
        if not state.cancel_asked and not state.has_ended:
            ledger.append(CANCEL, CANCEL, {"by": caller_of(req)})
            state = ledger.state()
        if not state.cancel_asked:
            raise Conflict(f"request {ledger.id} has ended: {state.state}")
    return _woken(client, state)


def _decide(
    req: func.HttpRequest,
    client: df.SyncDurableFunctionsClient,
    decision: Literal["approved", "rejected"],
    plan_hash: str,
    data: dict[str, Any],
) -> func.HttpResponse:
    if (ledger := find_ledger(req.route_params["id"])) is None:
        return no_request(req.route_params["id"])
    caller = caller_of(req)
    with record_of(ledger.account, ledger.id):
        state = ledger.state()
        if not state.decision:
            _check_open(state, plan_hash)
            if decision == APPROVED and (why := why_no_approval(_asker(ledger), caller, names_of(req))):
                detail = f"request {ledger.id}: {why} (APPROVE_OWN_REQUESTS)"
                return refusal(problem(HTTPStatus.FORBIDDEN, detail))
            ledger.append(decision, DECISION, {**data, "by": caller})
            # Somebody may have decided otherwise meanwhile, or the request may have ended: what stands there now counts.
            state = ledger.state()
        if not state.decision:
            raise Conflict(f"request {ledger.id} has ended: {state.state}")
        if state.decision["decision"] != decision:
            raise Conflict(f"request {ledger.id} was {state.decision['decision']} already")
        if state.decision["planHash"] != plan_hash:
            raise Conflict(_OTHER_PLAN)
    return _woken(client, state)


def _check_open(state: RequestState, plan_hash: str) -> None:
    """Raises Conflict where nothing can be decided, or not about this plan."""
    if state.state != "waiting-for-approval" or state.waiting_until is None:
        raise Conflict(f"request {state.id} does not wait for an approval; its state is {state.state}")
    if state.cancel_asked:
        raise Conflict(f"request {state.id} is being cancelled")
    if state.waiting_until <= datetime.now(UTC):
        # Its end may not be on record yet; an approval that comes too late counts no more for that.
        raise Conflict(f"request {state.id} waited for an approval until {state.waiting_until.isoformat()}")
    if state.plan["hash"] != plan_hash:
        raise Conflict(_OTHER_PLAN)


def _asker(ledger: Ledger) -> Caller:
    accepted = next(event for event in ledger.read() if event.type == ACCEPTED)
    return accepted.data.get("by") or NOBODY


def _woken(client: df.SyncDurableFunctionsClient, state: RequestState) -> func.HttpResponse:
    """The request document, after its orchestration was told to look into the ledger."""
    if not state.has_ended:
        try:
            client.raise_orchestration_event(state.id, WAKE)
        except grpc.RpcError as error:
            # What was decided stands, and the orchestration looks by itself every few minutes, or when it is started again.
            _log.warning("request %s: was not woken (%s)", state.id, code_of(error))
    return request_answer(state)
