"""Accepting a request over HTTP: the answer says where it is to be looked at."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import engine_of, record_of
from http_start.callers import caller_of
from http_start.request_documents import request_answer
from starting.requests import put_on_record, start
from steward.ledger.state import RequestState
from steward.requests_api.documents import AnyRequest
from steward.requests_api.identity import IdempotencyKey, request_id


def named(request: AnyRequest, req: func.HttpRequest) -> str:
    """The request's id."""
    # The library declares bare Mapping; header values are text.
    key = cast("Mapping[str, str]", req.headers).get("Idempotency-Key")
    return request_id(request, None if key is None else IdempotencyKey(key))


def accept(
    request: AnyRequest, name: str, req: func.HttpRequest, client: df.SyncDurableFunctionsClient
) -> func.HttpResponse:
    """202 and the request document; the same request again is the same run. Raises InvalidRequest, Conflict, Unanswerable."""
    with record_of(request.account, name):
        state = put_on_record(request, name, by=caller_of(req))
    return started(state, client)


def started(state: RequestState, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """Start what is on record; 202 and the request document. Raises Unanswerable."""
    with engine_of(state.id):
        start(client, state)
    return request_answer(state, HTTPStatus.ACCEPTED, Location=f"/api/requests/{state.id}")
