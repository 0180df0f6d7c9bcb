"""`GET /api/requests` and `GET /api/requests/{id}`: what was asked for, and how far it has come."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import document, engine_of, problems_answered, record_of
from http_start.finding import find_ledger, no_request
from http_start.request_documents import progress_of, request_answer, summary_document
from steward.accounts import account
from steward.ledger.index import Summary
from steward.ledger.ledger import list_requests
from steward.request_files.naming import links_to
from steward.requests_api.answers import RequestList
from steward.requests_api.listing import page, parse_query
from steward.settings import current_settings

bp = df.Blueprint()


@bp.route(route="requests", methods=["GET"])
@problems_answered
def get_requests(req: func.HttpRequest) -> func.HttpResponse:
    """A page of the requests of all accounts, or of those that the query asks for, the newest first."""
    accounts = current_settings().accounts.keys()
    query = parse_query(urlsplit(req.url).query, accounts)
    found, continuation = page(_summaries([query.account] if query.account else accounts), query)
    listed = RequestList(requests=[summary_document(each) for each in found])
    if continuation:
        listed["continuation"] = continuation
    return document(listed)


@bp.route(route="requests/{id}", methods=["GET"])
@bp.durable_client_input(client_name="client")
@problems_answered
def get_request(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """The request document, with links to its files; while it has not ended, with the orchestration's progress."""
    name = req.route_params["id"]
    if (ledger := find_ledger(name)) is None:
        return no_request(name)
    with record_of(ledger.account, name):
        state = ledger.state()
        links = links_to(account(ledger.account).store, state)
    if state.has_ended:
        return request_answer(state, links=links)
    with engine_of(name):
        progress = progress_of(client, name)
    return request_answer(state, progress=progress, links=links)


def _summaries(accounts: Iterable[str]) -> Iterator[Summary]:
    """Raises Unanswerable where one of the accounts fails: a list without its requests would look whole."""
    for name in accounts:
        with record_of(name):
            yield from list_requests(account(name).container, name)
