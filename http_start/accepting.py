"""Accepting a request: put it on record, start its orchestration, answer with where it is to be looked at."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import RETRY_AFTER, document, engine_of, record_of
from http_start.callers import caller_of
from http_start.request_documents import request_document
from starting import start_instance
from steward.accounts import account
from steward.ledger.ledger import Ledger
from steward.requests_api.documents import AnyRequest
from steward.requests_api.identity import IdempotencyKey, kind_of, request_id
from steward.settings import current_settings


def named(request: AnyRequest, req: func.HttpRequest) -> str:
    """The request's id."""
    # The library declares bare Mapping; header values are text.
    key = cast("Mapping[str, str]", req.headers).get("Idempotency-Key")
    return request_id(request, IdempotencyKey(key) if key else None)


def accept(
    request: AnyRequest, name: str, req: func.HttpRequest, client: df.SyncDurableFunctionsClient
) -> func.HttpResponse:
    """202 and the request document; the same request again is the same run. Raises Conflict, Unanswerable."""
    settings = current_settings()
    ledger = Ledger(account(request.account).container, request.account, name)
    with record_of(request.account, name):
        state = ledger.create(kind_of(request), request.to_document(), by=caller_of(req))
        if not state.has_ended and ledger.start(settings.task_hub).data["hub"] == settings.task_hub:
            with engine_of(name):
                start_instance(client, state)
            state = ledger.state()
    return document(
        request_document(state),
        HTTPStatus.ACCEPTED,
        Location=f"/api/requests/{name}",
        Retry_After=RETRY_AFTER,
    )
