"""Every operation of the app's HTTP interface, as data: what it takes, what it answers, what opens it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from steward.requests_api.answers import (
    HealthDocument,
    HoldDocument,
    HoldList,
    RequestDocument,
    RequestList,
)
from steward.requests_api.decisions import Approval, Cancellation, Rejection
from steward.requests_api.documents import ErasureRequest, ExportRequest, JsonObject, StrictDocument
from steward.requests_api.holding import HoldRequest, Lifting
from steward.requests_api.listing import RequestQuery
from steward.requests_api.problems import MEDIA_TYPE as PROBLEM_TYPE
from steward.requests_api.problems import Problem

JSON_TYPE = "application/json"

type Opened = Literal["key", "signature", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`body`: of which type; None where there is none. `headers`: what each of them says."""

    what: str
    body: Any = None
    media_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`name` is the function's; `path` has its parameters in braces. `opened`: by what a caller gets in."""

    name: str
    method: Literal["get", "post"]
    path: str
    group: str
    what: str
    more: str = ""
    answers: Mapping[HTTPStatus, Answer]
    body: Any = None
    body_required: bool = True
    query: type[StrictDocument] | None = None
    idempotency_key: bool = False
    opened: Opened = "key"


RETRY_AFTER = {"Retry-After": "Seconds after which to look again; left out once the request has ended."}
ACCEPTED = Answer(
    what="It is on record, now or since an earlier call.",
    body=RequestDocument,
    headers={"Location": "Where the request document is.", **RETRY_AFTER},
)
DOCUMENT = Answer(what="The request document.", body=RequestDocument, headers=RETRY_AFTER)
HOLD = Answer(what="The hold.", body=HoldDocument)


def _problem(what: str) -> Answer:
    return Answer(what=what, body=Problem, media_type=PROBLEM_TYPE)


NO_KEY = {HTTPStatus.UNAUTHORIZED: Answer(what="The function key is missing, or is no key of this function.")}
FAULTS = {
    HTTPStatus.INTERNAL_SERVER_ERROR: _problem("A record cannot be believed; a person must look."),
    HTTPStatus.SERVICE_UNAVAILABLE: _problem("An account's store, or the engine, cannot be reached."),
}
WRONG = {HTTPStatus.BAD_REQUEST: _problem("What is wrong, field by field; nothing was started.")}
CONFLICT = {HTTPStatus.CONFLICT: _problem("What stands against it; nothing was changed.")}
FORBIDDEN = {HTTPStatus.FORBIDDEN: _problem("Who asks is not one who may.")}
UNKNOWN = {HTTPStatus.NOT_FOUND: _problem("There is nothing of this name.")}

_DECIDED = {HTTPStatus.OK: DOCUMENT, **WRONG, **NO_KEY, **UNKNOWN, **CONFLICT, **FAULTS}
_SENT_AWAY = {
    "Location": "The file's address in the store, with a signature; whoever has it can read this one file.",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

OPERATIONS = (
    Operation(
        name="post_export",
        method="post",
        path="/api/exports",
        group="Requests",
        what="Ask for an export",
        more="The same request again is the same export, however often it arrives.",
        body=ExportRequest,
        idempotency_key=True,
        answers={HTTPStatus.ACCEPTED: ACCEPTED, **WRONG, **NO_KEY, **CONFLICT, **FAULTS},
    ),
    Operation(
        name="post_erasure",
        method="post",
        path="/api/erasures",
        group="Requests",
        what="Ask for an erasure",
        more='Without `"dryRun": false` it ends with its plan; with it, it waits for an approval before anything is deleted.',
        body=ErasureRequest,
        idempotency_key=True,
        answers={HTTPStatus.ACCEPTED: ACCEPTED, **WRONG, **NO_KEY, **FORBIDDEN, **CONFLICT, **FAULTS},
    ),
    Operation(
        name="get_requests",
        method="get",
        path="/api/requests",
        group="Requests",
        what="List requests, the newest first",
        query=RequestQuery,
        answers={
            HTTPStatus.OK: Answer(what="A page of them.", body=RequestList),
            **WRONG,
            **NO_KEY,
            **FAULTS,
        },
    ),
    Operation(
        name="get_request",
        method="get",
        path="/api/requests/{id}",
        group="Requests",
        what="Look at a request",
        answers={HTTPStatus.OK: DOCUMENT, **NO_KEY, **UNKNOWN, **FAULTS},
    ),
    Operation(
        name="get_file",
        method="get",
        path="/api/requests/{id}/files/{name}",
        group="Requests",
        what="Get one of a request's files",
        more="The request's `links` name those that are there; a bag's payload is under `bag/data/`. Who is given a link to a "
        "plan or to a bag's payload is on record in the request's ledger.",
        answers={
            HTTPStatus.FOUND: Answer(what="The link, which lives for five minutes.", headers=_SENT_AWAY),
            **NO_KEY,
            **UNKNOWN,
            **FAULTS,
        },
    ),
    Operation(
        name="approve",
        method="post",
        path="/api/requests/{id}/approve",
        group="Decisions",
        what="Approve the plan of an erasure",
        more="Who asked for the erasure cannot, where the platform verifies callers.",
        body=Approval,
        answers={**_DECIDED, **FORBIDDEN},
    ),
    Operation(
        name="reject",
        method="post",
        path="/api/requests/{id}/reject",
        group="Decisions",
        what="Reject the plan of an erasure, which ends with that",
        body=Rejection,
        answers=_DECIDED,
    ),
    Operation(
        name="cancel",
        method="post",
        path="/api/requests/{id}/cancel",
        group="Decisions",
        what="Stop an erasure between two batches",
        more="What has gone by then is gone, and its certificate says so.",
        body=Cancellation,
        body_required=False,
        answers=_DECIDED,
    ),
    Operation(
        name="post_hold",
        method="post",
        path="/api/holds",
        group="Holds",
        what="Set a legal hold",
        more="What it covers, no erasure takes.",
        body=HoldRequest,
        answers={
            HTTPStatus.CREATED: Answer(
                what="The hold.", body=HoldDocument, headers={"Location": "Where it is."}
            ),
            **WRONG,
            **NO_KEY,
            **FAULTS,
        },
    ),
    Operation(
        name="get_holds",
        method="get",
        path="/api/holds",
        group="Holds",
        what="List legal holds",
        answers={HTTPStatus.OK: Answer(what="All of them.", body=HoldList), **NO_KEY, **FAULTS},
    ),
    Operation(
        name="get_hold",
        method="get",
        path="/api/holds/{id}",
        group="Holds",
        what="Look at a legal hold",
        answers={HTTPStatus.OK: HOLD, **NO_KEY, **UNKNOWN, **FAULTS},
    ),
    Operation(
        name="lift_hold",
        method="post",
        path="/api/holds/{id}/lift",
        group="Holds",
        what="Lift a legal hold",
        body=Lifting,
        answers={HTTPStatus.OK: HOLD, **WRONG, **NO_KEY, **UNKNOWN, **FAULTS},
    ),
    Operation(
        name="ticket_webhook",
        method="post",
        path="/api/tickets/{system}",
        group="Tickets",
        what="Take a ticket",
        more="The body is the ticketing system's own; a settings file says where in it the fields of a request stand.",
        body=JsonObject,
        opened="signature",
        answers={
            HTTPStatus.ACCEPTED: ACCEPTED,
            HTTPStatus.NO_CONTENT: Answer(what="The ticket asks for nothing yet."),
            **WRONG,
            HTTPStatus.UNAUTHORIZED: _problem(
                "The signature is missing, wrong or too old, or was seen before."
            ),
            **FORBIDDEN,
            **UNKNOWN,
            **CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _problem("The body is too long."),
            **FAULTS,
        },
    ),
    Operation(
        name="get_health",
        method="get",
        path="/api/health",
        group="About the app",
        what="See whether the app can do its work",
        answers={
            HTTPStatus.OK: Answer(what="It can.", body=HealthDocument),
            **NO_KEY,
            HTTPStatus.SERVICE_UNAVAILABLE: Answer(what="What keeps it from that.", body=HealthDocument),
        },
    ),
    Operation(
        name="get_openapi",
        method="get",
        path="/api/openapi.json",
        group="About the app",
        what="Get this contract",
        opened="nothing",
        answers={HTTPStatus.OK: Answer(what="It, as OpenAPI 3.1.", body=JsonObject)},
    ),
    Operation(
        name="get_docs",
        method="get",
        path="/api/docs",
        group="About the app",
        what="Read this contract",
        opened="nothing",
        answers={HTTPStatus.OK: Answer(what="A page.", body=str, media_type="text/html")},
    ),
)
