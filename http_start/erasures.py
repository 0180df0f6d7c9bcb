"""`POST /api/erasures`: accept an erasure; without `"dryRun": false` it ends with its plan."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from http_start.accepting import accept, named
from http_start.answers import problems_answered, refusal
from http_start.callers import caller_of
from starting.callers import why_no_asking
from steward.requests_api.contract import parse_erasure
from steward.requests_api.problems import problem
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="erasures", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def post_erasure(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """202 and the request document; the same request again is the same erasure."""
    request = parse_erasure(req.get_body(), current_settings().accounts.keys())
    if not request.dry_run and (why := why_no_asking(caller_of(req))):
        return refusal(problem(HTTPStatus.FORBIDDEN, f"{why} (APPROVE_OWN_REQUESTS)"))
    return accept(request, named(request, req), req, client)
