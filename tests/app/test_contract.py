"""The HTTP contract: every route of the app is in it, real answers are as it says, and no body of any kind breaks the app."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_pydantic import OpenAPI
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

from http_start.contract.openapi import openapi_document
from http_start.contract.operations import OPERATIONS, Operation
from http_start.contract.page import contract_page
from tests.app.described import IDS, SLOW, Api, running_api
from tests.app.indexed import indexed_triggers
from tests.app.random_bodies import post_random_bodies
from tests.conftest import Azurite

NAMES = [each.name for each in OPERATIONS]


def test_every_route_of_the_app_is_in_the_contract_and_no_other() -> None:
    routes = {
        (
            name,
            method.lower(),
            "/api/" + each["route"].replace("{*", "{"),
            each["authLevel"].lower() == "anonymous",
        )
        for name, each in indexed_triggers()
        if each["type"] == "httpTrigger"
        for method in each["methods"]
    }
    documented = {
        (operation["operationId"], method, path, {"functionKey": []} not in operation["security"])
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    }
    assert routes == documented


def test_the_contract_is_openapi_with_schemas_that_are_some() -> None:
    document = openapi_document()
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named <= document["components"]["schemas"].keys()
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    schemes = document["components"]["securitySchemes"].keys()
    assert {name for each in operations for way in each["security"] for name in way} == schemes


class Page(HTMLParser):
    """Ids, links, and the tags that were met."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.add(tag)
        self.ids += [said["id"] or ""] if "id" in said else []
        self.links += [said["href"] or ""] if tag == "a" else []
        self.loads += [name for name in said if name in {"src", "srcset", "style", "onclick", "action"}]


def test_the_page_tells_all_of_it_and_loads_nothing() -> None:
    text, document = contract_page(), openapi_document()
    page = Page()
    page.feed(text)
    assert page.loads == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    assert "url(" not in text
    assert "@import" not in text
    assert len(set(page.ids)) == len(page.ids)
    assert {*NAMES, *(f"schema-{name}" for name in document["components"]["schemas"])} <= set(page.ids)
    inside = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"openapi.json"}
    # What scrolls sideways on a phone can be reached with a keyboard.
    assert text.count('class="wide"') == text.count('tabindex="0"')
    for needed in ('name="viewport"', "prefers-color-scheme: dark", 'lang="en"'):
        assert needed in text


@pytest.fixture(scope="module")
def api(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(azurite, tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.fixture(scope="module")
def contract(api: Api) -> Any:
    """As the running app gives it."""
    load_all_checks()
    return schemathesis.openapi.from_dict(requests.get(f"{api.url}/api/openapi.json", timeout=30).json())


def test_the_contract_and_its_page_need_no_key_and_all_else_does(api: Api) -> None:
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            answer = requests.request(method, api.url + path, timeout=30)
            anonymous = operation["operationId"] in {"get_openapi", "get_docs"}
            # A webhook's name in braces is none that is set up.
            expected = 200 if anonymous else 404 if operation["operationId"] == "ticket_webhook" else 401
            assert answer.status_code == expected, path
    assert requests.get(f"{api.url}/api/openapi.json", timeout=30).json() == openapi_document()
    page = requests.get(f"{api.url}/api/docs", timeout=30)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text == contract_page()


def test_an_empty_key_is_none_and_makes_no_request_anew_each_time(api: Api) -> None:
    before = api.requests_on_record()
    headers = {**api.key, "Idempotency-Key": ""}
    answer = requests.post(f"{api.url}/api/exports", json={"scope": "account"}, headers=headers, timeout=30)
    assert answer.status_code == 400, answer.text
    assert [each["header"] for each in answer.json()["errors"]] == ["Idempotency-Key"]
    assert api.requests_on_record() == before


KEPT: Any = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    # Looks only where what was generated is against the contract.
    checks.negative_data_rejection,
)


def explore_both(api: Api, contract: Any, operation: Operation, examples: int) -> None:
    """With what may be said, and with what may not; where a caller has nothing to say, once."""
    says_nothing = not (operation.body or operation.query or "{" in operation.path)
    explore(api, contract, operation.name, GenerationMode.POSITIVE, 1 if says_nothing else examples)
    if operation.body or operation.query:
        explore(api, contract, operation.name, GenerationMode.NEGATIVE, examples)


def explore(api: Api, contract: Any, name: str, mode: GenerationMode, examples: int) -> None:
    operation = contract.find_operation_by_id(name)
    known = {"id": st.none() | IDS}

    @settings(max_examples=examples, deadline=None, suppress_health_check=SLOW, database=None)
    @given(case=operation.as_strategy(generation_mode=mode), drawn=st.fixed_dictionaries(known))
    def run(case: Any, drawn: dict[str, str | None]) -> None:
        if drawn["id"] and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = drawn["id"]
        answer = case.call(base_url=api.url, headers=api.key, allow_redirects=False, timeout=30)
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, checks=list(KEPT))

    run()


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_answers_are_as_the_contract_says(api: Api, contract: Any, operation: Operation) -> None:
    explore_both(api, contract, operation, 10)


@pytest.mark.prove
@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_many_more_answers_are_as_the_contract_says(api: Api, contract: Any, operation: Operation) -> None:
    explore_both(api, contract, operation, 200)


def test_no_body_of_any_kind_breaks_the_app_or_starts_what_it_did_not_accept(api: Api) -> None:
    post_random_bodies(api, 500)


@pytest.mark.prove
def test_no_body_of_ten_thousand_breaks_the_app(api: Api) -> None:
    post_random_bodies(api, 10_000)
