"""`POST /api/exports`: accept an export."""

import azure.durable_functions as df
import azure.functions as func

from http_start.accepting import accept, named
from http_start.answers import problems_answered
from steward.requests_api.contract import parse_export
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="exports", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def post_export(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """202 and the request document; the same request again is the same export."""
    request = parse_export(req.get_body(), current_settings().accounts.keys())
    return accept(request, named(request, req), req, client)
