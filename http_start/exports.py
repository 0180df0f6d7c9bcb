"""`POST /api/exports`: accept an export."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import RETRY_AFTER, document, engine_of, problems_answered, record_of
from http_start.request_documents import request_document
from orchestrator.names import EXPORT_ACCOUNT
from starting import start_instance
from steward.accounts import account
from steward.ledger.ledger import Ledger
from steward.requests_api.contract import parse_export
from steward.requests_api.identity import IdempotencyKey, kind_of, request_id
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="exports", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def post_export(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """202 and the request document; the same request again is the same export."""
    settings = current_settings()
    request = parse_export(req.get_body(), settings.accounts.keys())
    # The library declares bare Mapping; header values are text.
    key = cast("Mapping[str, str]", req.headers).get("Idempotency-Key")
    name = request_id(request, IdempotencyKey(key) if key else None)
    ledger = Ledger(account(request.account).container, request.account, name)
    with record_of(request.account, name):
        state = ledger.create(kind_of(request), request.to_document())
        if not state.has_ended and ledger.start(settings.task_hub).data["hub"] == settings.task_hub:
            with engine_of(name):
                start_instance(client, EXPORT_ACCOUNT, state)
            state = ledger.state()
    return document(
        request_document(state),
        HTTPStatus.ACCEPTED,
        Location=f"/api/requests/{name}",
        Retry_After=RETRY_AFTER,
    )
