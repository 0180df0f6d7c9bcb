"""HTTP answers: documents and problems, as JSON."""

import functools
import json
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import azure.functions as func
import grpc

from starting.instances import code_of
from steward.account_settings import ACCOUNTS
from steward.archive.errors import ArchiveError
from steward.ledger.chain import ChainBroken
from steward.ledger.details import DetailsAltered
from steward.ledger.ledger import Conflict
from steward.requests_api.problems import MEDIA_TYPE, InvalidRequest, Problem, problem

# As often as a caller may look without being a nuisance.
RETRY_AFTER = "5"

type Handler = Callable[..., func.HttpResponse]


class Unanswerable(Exception):  # noqa: N818 - it names what is found
    """Something under the app is not as it must be; the text says whose it is, and is fit for a caller."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def document(
    body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, **headers: str
) -> func.HttpResponse:
    """A JSON document; the underscores of header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/json", headers=named
    )


def refusal(body: Problem) -> func.HttpResponse:
    """A problem document (RFC 9457). In ASCII: the names of fields that it repeats may be no text that could be encoded."""
    return func.HttpResponse(json.dumps(body), status_code=body["status"], mimetype=MEDIA_TYPE)


def problems_answered(handler: Handler) -> Handler:
    """Answer what a caller or an operator can mend with a problem document."""

    @functools.wraps(handler)
    def answering(*arguments: Any, **named: Any) -> func.HttpResponse:
        try:
            return handler(*arguments, **named)
        except InvalidRequest as error:
            return refusal(error.to_problem())
        except Conflict as error:
            return refusal(problem(HTTPStatus.CONFLICT, str(error)))
        except Unanswerable as error:
            logging.getLogger(__name__).warning("%s", error)
            return refusal(problem(error.status, str(error)))

    return answering


@contextmanager
def record_of(account: str, request: str = "") -> Generator[None]:
    """Raise Unanswerable where the account's store fails, or where the request's record cannot be believed."""
    record = f"request {request} of account {account}: its record"
    with _believed(f"account {account}", record, "it is kept as it is"):
        yield


@contextmanager
def record_of_ticket() -> Generator[None]:
    """As `record_of`, before anybody knows which request a ticket asks for, and of which account."""
    with _believed("the ticket's account", "the ticket's request: its record", "it is kept as it is"):
        yield


@contextmanager
def holds_of(account: str) -> Generator[None]:
    """Raise Unanswerable where the account's store fails, or where the log of its holds cannot be believed."""
    with _believed(
        f"account {account}", f"holds of account {account}: their log", "nothing is erased meanwhile"
    ):
        yield


@contextmanager
def _believed(account: str, record: str, meanwhile: str) -> Generator[None]:
    try:
        yield
    except ArchiveError as error:
        raise Unanswerable(HTTPStatus.SERVICE_UNAVAILABLE, f"{account} (see {ACCOUNTS}): {error}") from None
    except (ChainBroken, DetailsAltered) as error:
        raise Unanswerable(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            f"{record} cannot be believed ({error}); {meanwhile}, and a person must look: "
            '"When a record is broken" in docs/requests.md',
        ) from None


@contextmanager
def engine_of(request: str) -> Generator[None]:
    """Raise Unanswerable where the Durable Task engine cannot be asked about a request that is on record."""
    try:
        yield
    except grpc.RpcError as error:
        raise Unanswerable(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"request {request}: is on record, but the Durable Task engine cannot be reached ({code_of(error)}); once it "
            "can, the request goes on by itself",
        ) from None
