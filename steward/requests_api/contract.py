"""From a body to a request document: read strictly, filled with its defaults, refused field by field."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from steward.requests_api.documents import ErasureRequest, ExportRequest, JsonObject, StrictDocument
from steward.requests_api.problems import FieldProblem, InvalidRequest, json_pointer

# Ten thousand ids are about 400 KB.
LONGEST_BODY = 1024 * 1024
LONGEST_NAME = 80


def parse_export(body: bytes | str | JsonObject, accounts: Collection[str]) -> ExportRequest:
    """An export's document; `accounts` are the names in the settings. Raises InvalidRequest."""
    request = _parse(ExportRequest, body, accounts)
    if contradictions := list(_contradictions(request)):
        raise InvalidRequest(contradictions)
    return request


def parse_erasure(body: bytes | str | JsonObject, accounts: Collection[str]) -> ErasureRequest:
    """An erasure's document; `accounts` are the names in the settings. Raises InvalidRequest."""
    return _parse(ErasureRequest, body, accounts)


def _parse[Document: (ExportRequest, ErasureRequest)](
    model: type[Document], body: bytes | str | JsonObject, accounts: Collection[str]
) -> Document:
    document = body if isinstance(body, dict) else read_object(body)
    if "account" not in document and (name := _default_account(accounts)):
        document = {**document, "account": name}
    request = parse_document(model, document)
    chosen_account(request.account, accounts)
    return request


def chosen_account(named: str | None, accounts: Collection[str]) -> str:
    """The account that a document names or leaves to be understood. Raises InvalidRequest."""
    name = named if named is not None else _default_account(accounts)
    if name is None:
        raise InvalidRequest([FieldProblem("is required", "#/account")])
    if name not in accounts:
        expected = ", ".join(sorted(accounts))
        raise InvalidRequest(
            [FieldProblem(f"is not an account of this app; expected one of {expected}", "#/account")]
        )
    return name


def parse_document[Document: StrictDocument](
    model: type[Document], body: bytes | str | JsonObject
) -> Document:
    """Any document that callers send. Raises InvalidRequest."""
    document = body if isinstance(body, dict) else read_object(body)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidRequest([_field_problem(found) for found in _own_errors(error)]) from None


def parse_parameters[Document: StrictDocument](
    model: type[Document], parameters: Mapping[str, object]
) -> Document:
    """What stands in a query, by name. Raises InvalidRequest, which names each parameter that is wrong."""
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        problems = [
            FieldProblem(
                "is not a parameter of this query"
                if found["type"] == "extra_forbidden"
                else _field_problem(found).detail,
                parameter=str(found["loc"][0])[:LONGEST_NAME],
            )
            for found in _own_errors(error)
        ]
        raise InvalidRequest(problems) from None


def _contradictions(request: ExportRequest) -> Iterator[FieldProblem]:
    """Selectors of what the options leave out: one of the two is a mistake, and nobody but the caller knows which."""
    for place, entry in enumerate(() if request.scope == "account" else request.scope.projects):
        for kind, selector, wanted in (
            ("iterations", entry.iterations, request.options.iterations),
            ("predictions", entry.predictions, request.options.predictions),
        ):
            if selector and not wanted:
                pointer = json_pointer(["scope", "projects", place, kind])
                yield FieldProblem(f"selects what options.{kind} leaves out", pointer)


def _default_account(accounts: Collection[str]) -> str | None:
    """The account that is meant where none is named: the only one, or the one called "default"."""
    if len(accounts) == 1:
        return next(iter(accounts))
    return "default" if "default" in accounts else None


def read_object(body: bytes | str) -> JsonObject:
    """The object that a body is, read strictly. Raises InvalidRequest."""
    if len(body) > LONGEST_BODY:
        raise InvalidRequest([FieldProblem(f"is longer than {LONGEST_BODY} bytes", "#")])
    try:
        value = json.loads(body, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # Of json's own errors only the place is told: the text around it may be personal.
        place = (
            f" at line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise InvalidRequest([FieldProblem(f"is not JSON{place}; expected an object", "#")]) from None
    if not isinstance(value, dict):
        raise InvalidRequest([FieldProblem("expected a JSON object", "#")])
    return cast("JsonObject", value)


def _without_repeats(pairs: list[tuple[str, Any]]) -> JsonObject:
    """A key that stands twice is read differently by different readers, and an erase must not depend on which."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidRequest([FieldProblem("holds an object in which a key stands twice", "#")])
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _own_errors(error: ValidationError) -> list[ErrorDetails]:
    """Without those that only follow from another: a default that waits for a field, a list whose items all failed."""
    found = error.errors(include_url=False, include_input=False)
    failed = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    return [
        one
        for one in found
        if one["type"] != "default_factory_not_called"
        and not (one["type"] == "too_short" and one["loc"] in failed)
    ]


def _field_problem(found: ErrorDetails) -> FieldProblem:
    # Parts in brackets are the tags of a union, no places in the document.
    path = [part for part in found["loc"] if not str(part).startswith("(")]
    if path[-1:] == ["[key]"]:
        # pydantic's own word for the name of a member, as against its value.
        path.pop()
    match found["type"]:
        case "missing":
            detail = "is required"
        case "extra_forbidden":
            detail = "is not a field of this document"
        case _:
            detail = _expectation(found["msg"])
    return FieldProblem(detail, json_pointer(path))


def _expectation(message: str) -> str:
    """What pydantic says, in JSON's words and without what it says of itself."""
    message = message.removeprefix("Value error, ").replace(" after validation", "")
    for ours, theirs in (("list", "tuple"), ("object", "dictionary"), ("text", "string")):
        message = re.sub(rf"^Input should be a valid {theirs}\b", f"expected a valid {ours}", message)
    message = re.sub(r"^Input should be ", "expected ", message)
    return re.sub(r"^(String|Tuple|Dictionary) should ", "expected to ", message)
