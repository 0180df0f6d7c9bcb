"""HTTP answers: documents and problems, as JSON."""

import functools
import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func
from azure.core.exceptions import AzureError, ResourceNotFoundError

from steward.ledger.ledger import Conflict
from steward.requests_api.problems import MEDIA_TYPE, InvalidRequest, Problem, problem

# As often as a caller may look without being a nuisance.
RETRY_AFTER = "5"

type Handler = Callable[..., func.HttpResponse]


def document(
    body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, **headers: str
) -> func.HttpResponse:
    """A JSON document; the underscores of header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=status, mimetype="application/json", headers=named
    )


def refusal(body: Problem) -> func.HttpResponse:
    """A problem document (RFC 9457)."""
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False), status_code=body["status"], mimetype=MEDIA_TYPE
    )


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
        except AzureError as error:
            # The library's texts may quote what was signed; the code says enough.
            code = str(getattr(error, "error_code", "") or type(error).__name__)
            logging.getLogger(__name__).exception("the archive store could not be used: %s", code)
            return refusal(problem(HTTPStatus.SERVICE_UNAVAILABLE, _store_problem(error, code)))

    return answering


def _store_problem(error: AzureError, code: str) -> str:
    if isinstance(error, ResourceNotFoundError) and code == "ContainerNotFound":
        return "the archive container does not exist; create the container that CUSTOM_VISION_ACCOUNTS names"
    return f"the archive store could not be used: {code}"
