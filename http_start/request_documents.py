"""The request document as callers see it: what the ledger says, and how far the orchestration has come."""

import json
from http import HTTPStatus
from typing import Any, cast

import azure.durable_functions as df
import azure.functions as func
from durabletask.client import OrchestrationQuery

from http_start.answers import RETRY_AFTER, document
from steward.ledger.index import Summary
from steward.ledger.state import RequestState
from steward.requests_api.answers import Done, Links, Progress, RequestDocument, RequestSummary


class Course(Progress, total=False):
    """How far an orchestration has come."""

    phase: str


def request_document(
    state: RequestState, progress: Course | None = None, links: Links | None = None
) -> RequestDocument:
    """Camel case; what is not known is left out."""
    fields: dict[str, Any] = {
        "id": state.id,
        "kind": state.kind,
        "account": state.account,
        "purpose": state.purpose,
        "state": state.state,
        "accepted": state.accepted.isoformat() if state.accepted else None,
        "ended": state.ended.isoformat() if state.ended else None,
        "behind": state.behind,
        "reason": state.reason,
        "bag": state.bag,
        "expired": state.expired,
        "retained": state.retained,
        "totals": state.totals,
        "plan": state.plan,
        "guard": state.guard,
        "decision": state.decision,
        "certificate": state.certificate,
        "links": links,
    }
    if state.state == "waiting-for-approval" and state.waiting_until:
        fields["waitingUntil"] = state.waiting_until.isoformat()
    if not state.has_ended:
        progress = progress or {}
        fields["phase"] = progress.get("phase") or state.phase.get("phase")
        fields["progress"] = {key: value for key, value in progress.items() if key != "phase"}
    known = {key: value for key, value in fields.items() if value not in (None, "", {})}
    return cast("RequestDocument", known)


def request_answer(
    state: RequestState,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    progress: Course | None = None,
    links: Links | None = None,
    **headers: str,
) -> func.HttpResponse:
    """The request document; while the request has not ended, with when to look again."""
    if not state.has_ended:
        headers["Retry_After"] = RETRY_AFTER
    return document(request_document(state, progress, links), status, **headers)


def summary_document(summary: Summary) -> RequestSummary:
    """One entry of a list."""
    fields: dict[str, Any] = {
        "id": summary.id,
        "kind": summary.kind,
        "account": summary.account,
        "purpose": summary.purpose,
        "state": summary.state,
        "accepted": summary.accepted.isoformat() if summary.accepted else None,
        "updated": summary.updated.isoformat() if summary.updated else None,
        "ticket": {"system": summary.ticket[0], "key": summary.ticket[1]} if summary.ticket else None,
    }
    known = {key: value for key, value in fields.items() if value not in (None, "")}
    return cast("RequestSummary", known)


def progress_of(client: df.SyncDurableFunctionsClient, request: str) -> Course:
    """The phase, and what its parts have done; empty where this hub does not know the request."""
    own = client.get_orchestration_state(request)
    if own is None or not own.serialized_custom_status:
        return {}
    status = json.loads(own.serialized_custom_status)
    progress = Course(phase=status["phase"])
    if status.get("total"):
        progress["projects"] = Done(done=status["done"], total=status["total"])
    if status["phase"] == "export":
        # Lists that are read in pages say how far they are; their totals come in as they are counted.
        parts = client.get_all_orchestration_states(OrchestrationQuery(instance_id_prefix=f"{request}:"))
        said = [json.loads(part.serialized_custom_status) for part in parts if part.serialized_custom_status]
        progress["items"] = Done(
            done=sum(each["done"] for each in said), total=sum(each["total"] for each in said)
        )
    return progress
