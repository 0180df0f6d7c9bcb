"""`GET /api/requests/{id}/files/{name}`: a link to one of a request's own files, which lives for minutes."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import problems_answered, record_of, refusal
from http_start.callers import caller_of
from http_start.finding import find_ledger, no_request
from steward.accounts import account
from steward.request_files.naming import find_file
from steward.request_files.on_record import note_link
from steward.request_files.signed_links import signed_link
from steward.requests_api.problems import problem

bp = df.Blueprint()


@bp.route(route="requests/{id}/files/{*name}", methods=["GET"])
@problems_answered
def get_file(req: func.HttpRequest) -> func.HttpResponse:
    """302 to the store; who is given a link to a bag's payload or to a plan is on record before."""
    request, name = req.route_params["id"], req.route_params.get("name", "")
    if (ledger := find_ledger(request)) is None:
        return no_request(request)
    home = account(ledger.account)
    with record_of(ledger.account, request):
        file = find_file(home.store, ledger.state(), name)
        if file is None:
            return refusal(problem(HTTPStatus.NOT_FOUND, f"request {request} has no file {name[:200]!r}"))
        note_link(ledger, file, by=caller_of(req))
        saved_as = f"{request}-{name.rpartition('/')[2]}"
        link = signed_link(home.container, file.blob, saved_as=saved_as)
    # Whoever has the link can read: it stays out of caches, and out of what a browser tells the next site.
    headers = {"Location": link, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return func.HttpResponse(status_code=HTTPStatus.FOUND, headers=headers)
