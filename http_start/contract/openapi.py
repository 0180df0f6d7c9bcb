"""The operations as an OpenAPI 3.1 document: schemas come from the types that parse bodies and make answers."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from openapi_pydantic import OpenAPI
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from http_start.contract.operations import JSON_TYPE, OPERATIONS, Answer, Opened, Operation
from steward import VERSION
from steward.requests_api.documents import JsonObject, StrictDocument
from steward.ticket_settings import TicketSystem

_ABOUT = """\
Exports, verifies and erases what an Azure Custom Vision account holds.

Every function has a key of its own; a host key opens all of them. Where App Service authentication is on, a token of \
Entra ID is needed beside the key, and the ledger has its name. Errors are problem documents (RFC 9457)."""
_SCHEMES: JsonObject = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    "functionKeyInQuery": {"type": "apiKey", "in": "query", "name": "code"},
    "entraId": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of Entra ID, where App Service authentication is on.",
    },
    "jiraSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature",
        "description": "`sha256=` and the HMAC-SHA256 of the body, in hexadecimal digits.",
    },
    "standardWebhook": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "As standardwebhooks.com has it, with webhook-id and webhook-timestamp beside it.",
    },
}
_OPENS: dict[Opened, list[dict[str, list[str]]]] = {
    "key": [
        {"functionKey": []},
        {"functionKeyInQuery": []},
        {"functionKey": [], "entraId": []},
        {"functionKeyInQuery": [], "entraId": []},
    ],
    "signature": [{"jiraSignature": []}, {"standardWebhook": []}],
    "nothing": [],
}
_PLACES: JsonObject = {
    "id": {"type": "string"},
    "name": {"type": "string", "description": "It may have slashes, which stand as they are."},
    "system": {"type": "string", "enum": list(get_args(TicketSystem.__value__))},
}
_TEMPLATE = "#/components/schemas/{model}"


class _WithoutTitles(GenerateJsonSchema):
    """A field's title would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the library's signature
        return False


@functools.cache
def openapi_document() -> JsonObject:
    """As it is published."""
    places, schemas = _schemas()
    paths: dict[str, JsonObject] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = _documented(each, places)
    document: JsonObject = {
        "openapi": "3.1.1",
        "info": {"title": "Custom Vision Steward", "version": VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }
    return OpenAPI.model_validate(document).model_dump(mode="json", by_alias=True, exclude_unset=True)


def _schemas() -> tuple[Mapping[Any, JsonObject], JsonObject]:
    """What stands for each type, and the schemas that are named."""
    types = {
        body
        for each in OPERATIONS
        for body in (each.body, *(answer.body for answer in each.answers.values()))
        if body
    }
    found, named = TypeAdapter.json_schemas(
        [(each, "validation", TypeAdapter[Any](each)) for each in sorted(types, key=str)],
        ref_template=_TEMPLATE,
        schema_generator=_WithoutTitles,
    )
    return {body: schema for (body, _), schema in found.items()}, named["$defs"]


def _documented(operation: Operation, places: Mapping[Any, JsonObject]) -> JsonObject:
    answers = sorted(operation.answers.items())
    found: JsonObject = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.what,
        "description": operation.more,
        "parameters": list(_parameters(operation)),
        "responses": {str(status.value): _response(answer, places) for status, answer in answers},
        "security": _OPENS[operation.opened],
    }
    if operation.body:
        content = {JSON_TYPE: {"schema": places[operation.body]}}
        found["requestBody"] = {"content": content, "required": operation.body_required}
    return found


def _parameters(operation: Operation) -> Iterator[JsonObject]:
    for name in re.findall(r"\{(\w+)\}", operation.path):
        yield {"in": "path", "name": name, "required": True, "schema": _PLACES[name]}
    if operation.idempotency_key:
        yield {
            "in": "header",
            "name": "Idempotency-Key",
            "description": "The same key with the same body is the same request.",
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
        }
    if operation.query:
        yield from _query(operation.query)


def _query(model: type[StrictDocument]) -> Iterator[JsonObject]:
    """One a field; what may be left out is None in the model, and a query has no null."""
    schema = model.model_json_schema(ref_template=_TEMPLATE, schema_generator=_WithoutTitles)
    for name, part in schema["properties"].items():
        said = {key: value for key, value in part.items() if key not in {"anyOf", "description"}}
        for alternative in part.get("anyOf", ()):
            if alternative != {"type": "null"}:
                said = _resolved(alternative, schema["$defs"])
        found: JsonObject = {"in": "query", "name": name, "schema": said}
        if description := part.get("description"):
            found["description"] = description
        if said["type"] == "array":
            found |= {"style": "form", "explode": False}
        yield found


def _resolved(schema: JsonObject, named: JsonObject) -> JsonObject:
    """With what it refers to in its place: parameters are short."""
    if reference := schema.get("$ref"):
        return named[str(reference).rpartition("/")[2]]
    return {key: _resolved(value, named) if key == "items" else value for key, value in schema.items()}


def _response(answer: Answer, places: Mapping[Any, JsonObject]) -> JsonObject:
    found: JsonObject = {"description": answer.what}
    if answer.body:
        found["content"] = {answer.media_type: {"schema": places[answer.body]}}
    if answer.headers:
        said = {"type": "string"}
        found["headers"] = {
            name: {"description": what, "schema": said} for name, what in answer.headers.items()
        }
    return found
