"""`GET /api/openapi.json` and `GET /api/docs`: the HTTP contract, for programs and for people.

Anonymous: it says what the source says, and nothing of this app's accounts or settings.
"""

import azure.durable_functions as df
import azure.functions as func

from http_start.answers import document
from http_start.contract.openapi import openapi_document
from http_start.contract.page import contract_page

bp = df.Blueprint()


@bp.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    """As OpenAPI 3.1."""
    return document(openapi_document())


@bp.route(route="docs", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_docs(req: func.HttpRequest) -> func.HttpResponse:
    """As a page."""
    return func.HttpResponse(contract_page(), mimetype="text/html", charset="utf-8")
