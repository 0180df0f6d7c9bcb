"""Finding a request among all accounts: its id does not say whose it is."""

from http import HTTPStatus

import azure.functions as func

from http_start.answers import Unanswerable, record_of, refusal
from steward.accounts import account
from steward.ledger.ledger import Ledger, find
from steward.requests_api.problems import problem
from steward.settings import current_settings


def find_ledger(name: str) -> Ledger | None:
    """An app has few accounts, and one that fails hides no request of another."""
    failed: Unanswerable | None = None
    for each in current_settings().accounts:
        try:
            with record_of(each, name):
                if ledger := find(account(each).container, each, name):
                    return ledger
        except Unanswerable as error:
            failed = failed or error
    if failed:
        raise failed
    return None


def no_request(name: str) -> func.HttpResponse:
    """404."""
    return refusal(problem(HTTPStatus.NOT_FOUND, f"there is no request {name[:80]!r}"))
