"""A request document that is wrong: every wrong field is named, with what was expected."""

import json
from typing import Any

import pytest

from steward.requests_api.contract import LONGEST_BODY, parse_erasure, parse_export
from steward.requests_api.documents import JsonObject
from steward.requests_api.problems import InvalidRequest
from tests.requests_api.refused import ACCOUNTS, UUID, refusal


def project(**parts: Any) -> JsonObject:
    return {"scope": {"projects": [{"name": "Hats", **parts}]}}


PLACE = "#/scope/projects/0"


WRONG_EXPORTS: list[tuple[JsonObject, str, str]] = [
    ({}, "#/scope", "is required"),
    ({"scope": None}, "#/scope", 'expected "account", or an object with projects'),
    ({"scope": "Account"}, "#/scope", 'expected "account", or an object with projects'),
    ({"scope": []}, "#/scope", 'expected "account", or an object with projects'),
    ({"scope": {}}, "#/scope", "selects nothing; expected at least one of projects"),
    ({"scope": {"projects": []}}, "#/scope/projects", "expected to have at least 1 item, not 0"),
    ({"scope": {"projects": "Hats"}}, "#/scope/projects", "expected a valid list"),
    ({"scope": {"projects": [{}]}}, PLACE, "expected at least one of"),
    ({"scope": {"projects": [{"name": ""}]}}, f"{PLACE}/name", "expected to have at least 1 character"),
    ({"scope": {"projects": [{"images": {"ids": [UUID]}}]}}, PLACE, "expected either id or name"),
    (project(id=UUID), PLACE, "expected either id or name"),
    ({"scope": {"projects": [{"id": "Hats"}]}}, f"{PLACE}/id", "expected a UUID"),
    (project(image={}), f"{PLACE}/image", "is not a field of this document"),
    (project(images=None), PLACE, "images is null; leave it out"),
    (
        project(images={}),
        f"{PLACE}/images",
        "selects nothing; expected at least one of tags, ids, metadata",
    ),
    (project(images={"tags": None}), f"{PLACE}/images", "tags is null"),
    (project(images={"tags": []}), f"{PLACE}/images/tags", "expected to have at least 1 item"),
    (project(images={"tags": [7]}), f"{PLACE}/images/tags/0", "expected a valid text"),
    (
        project(images={"tags": ["a\nb"]}),
        f"{PLACE}/images/tags/0",
        "expected text without control characters",
    ),
    (project(images={"metadata": {}}), f"{PLACE}/images/metadata", "expected to have at least 1 item"),
    (project(images={"metadata": {"a/b": 1}}), f"{PLACE}/images/metadata/a~1b", "expected a valid text"),
    # A fragment of an address, which has no letters but ASCII's (RFC 6901, section 6).
    (project(images={"metadata": {"né %~": 1}}), f"{PLACE}/images/metadata/n%C3%A9%20%25~0", "a valid text"),
    (project(images={"metadata": {"": "1"}}), f"{PLACE}/images/metadata/", "to have at least 1 character"),
    (project(iterations=[]), f"{PLACE}/iterations", "expected to have at least 1 item"),
    (
        {**project(iterations=["Iteration 1"]), "options": {"iterations": False}},
        f"{PLACE}/iterations",
        "selects what options.iterations leaves out",
    ),
    (
        {**project(predictions={"to": "2026-01-01T00:00:00Z"}), "options": {"predictions": False}},
        f"{PLACE}/predictions",
        "selects what options.predictions leaves out",
    ),
    (
        project(predictions={}),
        f"{PLACE}/predictions",
        "selects nothing; expected at least one of from, to",
    ),
    (
        project(predictions={"from": "2026-01-01"}),
        f"{PLACE}/predictions/from",
        "expected a time with its offset",
    ),
    (
        project(predictions={"from": "1700000000"}),
        f"{PLACE}/predictions/from",
        "expected a time with its offset",
    ),
    (
        project(predictions={"to": "2026-13-01T00:00:00Z"}),
        f"{PLACE}/predictions/to",
        "month must be in 1..12",
    ),
    (
        project(predictions={"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
        f"{PLACE}/predictions",
        "expected from to be before to",
    ),
    ({"scope": "account", "purpose": "fun"}, "#/purpose", "expected 'data-subject', 'off-boarding'"),
    (
        {"scope": "account", "options": {"image_performance": True}},
        "#/options/image_performance",
        "not a field",
    ),
    ({"scope": "account", "options": {"models": "yes"}}, "#/options/models", "expected a valid boolean"),
    ({"scope": "account", "dryRun": False}, "#/dryRun", "is not a field of this document"),
    ({"scope": "account", "account": "other"}, "#/account", "expected one of default"),
    (
        {"scope": "account", "ticket": {"system": "Jira", "key": "7"}},
        "#/ticket/system",
        "expected to match pattern",
    ),
    ({"scope": "account", "ticket": {"system": "jira"}}, "#/ticket/key", "is required"),
    # Whether a host may be called is the settings' to say: tests/telling/test_callback_address.py.
    (
        {"scope": "account", "callback": "https://user@tickets.example/done"},
        "#/callback",
        "expected https://",
    ),
]


@pytest.mark.parametrize(("body", "pointer", "detail"), WRONG_EXPORTS)
def test_an_export_is_refused_with_the_field_and_what_was_expected(
    body: JsonObject, pointer: str, detail: str
) -> None:
    found = refusal(parse_export, body)
    assert list(found) == [pointer]
    assert detail in found[pointer]


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "#/purpose", "is required"),
        ({"purpose": "backup", "dryRun": 0}, "#/dryRun", "expected a valid boolean"),
        ({"purpose": "backup", "dryRun": None}, "#/dryRun", "expected a valid boolean"),
        ({"purpose": "backup", "options": {}}, "#/options", "is not a field of this document"),
        ({"purpose": "backup", "callback": "/done"}, "#/callback", "expected https://"),
        ({"purpose": "backup", "archives": "all"}, "#/archives", "expected 'erase' or 'keep'"),
        ({"purpose": "backup", "waiveExport": True}, "#/waiveExport", "expected a valid object"),
        (
            {"purpose": "backup", "waiveExport": {"reason": ""}},
            "#/waiveExport/reason",
            "at least 1 character",
        ),
        (
            {"purpose": "backup", "plan": {"request": "../x", "hash": "a" * 64}},
            "#/plan/request",
            "to match pattern",
        ),
        (
            {"purpose": "backup", "plan": {"request": "x", "hash": "a" * 64}},
            "#",
            "expected dryRun false beside it",
        ),
    ],
)
def test_an_erasure_is_refused_with_the_field_and_what_was_expected(
    body: JsonObject, pointer: str, detail: str
) -> None:
    found = refusal(parse_erasure, {"scope": "account", **body})
    assert list(found) == [pointer]
    assert detail in found[pointer]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "is not JSON at line 1, column 1"),
        (b'{"scope": "account"', "is not JSON at line 1"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "expected a JSON object"),
        (b'{"scope": NaN}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"scope": {"projects": [{"name": "a", "name": "b"}]}}', "a key stands twice"),
        (b'{"scope": "' + b" " * LONGEST_BODY + b'"}', "is longer than"),
    ],
)
def test_a_body_that_is_no_clear_json_is_refused(body: bytes, detail: str) -> None:
    found = refusal(parse_erasure, body)
    assert list(found) == ["#"]
    assert detail in found["#"]


def test_every_wrong_field_is_named_at_once_and_no_value_is_repeated() -> None:
    body = {"scope": {"projects": [{"id": "Jane Doe"}, {"name": "x", "images": {"tags": [{"Jane": "Doe"}]}}]}}
    with pytest.raises(InvalidRequest) as refused:
        parse_erasure({**body, "purpose": "Jane Doe", "callback": "https://jane doe"}, ACCOUNTS)
    problem = refused.value.to_problem()
    assert problem["status"] == 400
    assert [error.get("pointer") for error in problem.get("errors", [])] == [
        "#/scope/projects/0/id",
        "#/scope/projects/1/images/tags/0",
        "#/callback",
        "#/purpose",
    ]
    assert "jane" not in (json.dumps(problem) + str(refused.value)).lower()
