"""The request document: its defaults, and what is read of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.requests_api.contract import parse_erasure, parse_export
from steward.requests_api.documents import JsonObject, ProjectsScope
from steward.requests_api.problems import InvalidRequest
from tests.requests_api import documents
from tests.requests_api.refused import ACCOUNTS, UUID, refusal


def test_an_export_takes_everything_for_a_backup_unless_said() -> None:
    assert parse_export(b'{"scope": "account"}', ACCOUNTS).to_document() == {
        "account": "default",
        "scope": "account",
        "purpose": "backup",
        "options": {"iterations": True, "predictions": True, "models": True, "imagePerformance": True},
    }


@pytest.mark.parametrize(
    ("purpose", "archives"),
    [("data-subject", "erase"), ("off-boarding", "keep"), ("backup", "keep"), ("migration", "keep")],
)
def test_an_erasure_is_a_dry_run_unless_said(purpose: str, archives: str) -> None:
    assert parse_erasure({"scope": "account", "purpose": purpose}, ACCOUNTS).to_document() == {
        "account": "default",
        "scope": "account",
        "purpose": purpose,
        "dryRun": True,
        "derivedIterations": "keep",
        "archives": archives,
    }


@pytest.mark.parametrize(
    ("accounts", "expected"), [(["only"], "only"), (["default", "other"], "default"), (["a", "b"], None)]
)
def test_the_account_may_be_left_out_where_it_is_clear(accounts: list[str], expected: str | None) -> None:
    if expected:
        assert parse_export({"scope": "account"}, accounts).account == expected
    else:
        assert refusal(parse_export, {"scope": "account"}, accounts) == {"#/account": "is required"}


def test_what_is_read_is_what_was_written() -> None:
    body = {
        "account": "default",
        "purpose": "data-subject",
        "scope": {
            "projects": [
                {
                    "id": UUID,
                    "images": {"tags": ["Ä"], "ids": [UUID], "metadata": {"subject": "42"}},
                    "iterations": ["Iteration 1"],
                    "predictions": {"from": "2026-01-01T00:00:00+02:00"},
                }
            ]
        },
        "ticket": {"system": "jira", "key": "PRIV-7"},
        "dryRun": False,
        "plan": {"request": "erasure-dry-run-new-1", "hash": "a" * 64},
        "waiveExport": {"reason": "asked for"},
    }
    request = parse_erasure(json.dumps(body), ACCOUNTS)
    assert isinstance(request.scope, ProjectsScope)
    project = request.scope.projects[0]
    assert project.id == UUID.lower()
    assert project.images
    assert (project.images.tags, project.images.ids) == (("Ä",), (UUID.lower(),))
    assert request.to_document()["scope"]["projects"][0]["predictions"] == {"from": "2025-12-31T22:00:00Z"}
    assert request.to_document()["plan"] == body["plan"]


@given(documents.exports)
def test_an_export_with_its_defaults_is_the_same_export(body: JsonObject) -> None:
    request = parse_export(body, ACCOUNTS)
    assert parse_export(json.dumps(request.to_document()), ACCOUNTS) == request
    assert parse_export(json.dumps(body), ACCOUNTS).to_document() == request.to_document()


@given(documents.erasures)
def test_an_erasure_with_its_defaults_is_the_same_erasure(body: JsonObject) -> None:
    request = parse_erasure(body, ACCOUNTS)
    assert parse_erasure(json.dumps(request.to_document()), ACCOUNTS) == request
    assert request.dry_run is body.get("dryRun", True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(documents.IDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["projects", "images", "tags", "ids", "name", "id", "metadata"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["scope", "purpose", "ticket", "options", "plan", "dryRun"]), anything)
)
def test_whatever_is_sent_is_taken_or_refused(body: JsonObject) -> None:
    for parse in (parse_export, parse_erasure):
        for form in (body, json.dumps(body)):
            try:
                parse(form, ACCOUNTS)
            except InvalidRequest as refused:
                problem = refused.to_problem()
                assert problem.get("errors")
                json.dumps(problem).encode()
