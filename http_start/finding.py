"""Finding a request, or a hold, among all accounts: its id does not say whose it is."""

from collections.abc import Callable
from http import HTTPStatus

import azure.functions as func

from http_start.answers import Unanswerable, record_of, refusal
from steward.accounts import account
from steward.ledger.ledger import Ledger, find
from steward.requests_api.problems import problem
from steward.settings import current_settings


def first_found[T](look: Callable[[str], T | None]) -> T | None:
    """What the first account has in which `look` finds anything. An app has few accounts, and one that fails hides nothing
    of another. Raises Unanswerable where none has it and one has failed."""
    failed: Unanswerable | None = None
    for name in current_settings().accounts:
        try:
            if (found := look(name)) is not None:
                return found
        except Unanswerable as error:
            failed = failed or error
    if failed:
        raise failed
    return None


def find_ledger(name: str) -> Ledger | None:
    """A request's ledger. Raises Unanswerable."""

    def look(account_name: str) -> Ledger | None:
        with record_of(account_name, name):
            return find(account(account_name).container, account_name, name)

    return first_found(look)


def no_request(name: str) -> func.HttpResponse:
    """404."""
    return refusal(problem(HTTPStatus.NOT_FOUND, f"there is no request {name[:80]!r}"))
