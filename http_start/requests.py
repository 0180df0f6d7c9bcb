"""`GET /api/requests` and `GET /api/requests/{id}`: what was asked for, and how far it has come."""

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import (
    RETRY_AFTER,
    document,
    engine_of,
    problems_answered,
    record_of,
)
from http_start.finding import find_ledger, no_request
from http_start.request_documents import progress_of, request_document, summary_document
from steward.accounts import account
from steward.ledger.index import Summary
from steward.ledger.ledger import list_requests
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="requests", methods=["GET"])
@problems_answered
def get_requests(req: func.HttpRequest) -> func.HttpResponse:
    """All requests of all accounts, the newest first."""
    summaries: list[Summary] = []
    for name in current_settings().accounts:
        with record_of(name):
            summaries += list_requests(account(name).container, name)
    summaries.sort(key=lambda each: (each.accepted is not None, each.accepted), reverse=True)
    return document({"requests": [summary_document(each) for each in summaries]})


@bp.route(route="requests/{id}", methods=["GET"])
@bp.durable_client_input(client_name="client")
@problems_answered
def get_request(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """The request document; while it has not ended, with the orchestration's progress."""
    name = req.route_params["id"]
    if (ledger := find_ledger(name)) is None:
        return no_request(name)
    with record_of(ledger.account, name):
        state = ledger.state()
    if state.has_ended:
        return document(request_document(state))
    with engine_of(name):
        progress = progress_of(client, name)
    return document(request_document(state, progress), Retry_After=RETRY_AFTER)
