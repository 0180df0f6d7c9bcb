"""Bodies of any kind, to every route that takes one: none breaks the app, and none starts what was not accepted."""

import hashlib
import hmac
import json
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from http_start.contract.openapi import openapi_document
from tests.app.described import IDS, JIRA, SLOW, STANDARD, Api

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
VALID: list[Any] = [
    {"scope": "account", "purpose": "backup", "ticket": {"system": "jira", "key": "PRIV-7"}},
    {"scope": {"projects": [{"name": "Hats", "images": {"tags": ["red"], "metadata": {"subject": "42"}}}]}},
    {"purpose": "off-boarding", "scope": "account", "dryRun": False, "waiveExport": {"reason": "x"}},
    {
        "purpose": "data-subject",
        "scope": "account",
        "plan": {"request": "erasure-dry-run-open", "hash": "a" * 64},
    },
    {"covers": {"project": "0a000000-0000-4000-8000-000000000001"}, "reason": "case 7"},
    {"planHash": "b" * 64, "reason": "no"},
    {
        "timestamp": 1,
        "issue": {"key": "PRIV-8", "fields": {"project": {"key": "PRIV"}}},
        "user": {"name": "Ann"},
    },
    {"step": "export", "key": "T-1", "purpose": "backup", "scope": "account"},
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body that would do, with one value in it replaced or gone, or cut short."""
    document: Any = json.loads(json.dumps(draw(st.sampled_from(VALID))))
    place: Any = document
    while True:
        keys: list[Any] = list(place) if hasattr(place, "keys") else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner: Any = place[key]
        if not hasattr(inner, "__getitem__") or isinstance(inner, str) or draw(st.booleans()):
            break
        place = inner
    if draw(st.booleans()):
        place[key] = draw(json_values)
    else:
        del place[key]
    text = json.dumps(document).encode()
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


bodies = st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()) | damaged()


def signature_of(system: str, body: bytes) -> dict[str, str]:
    if system == "jira":
        return {"X-Hub-Signature": f"sha256={hmac.new(JIRA.encode(), body, hashlib.sha256).hexdigest()}"}
    name, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
    # The library signs text; a body that is none cannot be signed.
    signed = Webhook(STANDARD).sign(name, now, body.decode(errors="replace"))
    stamp = str(int(now.timestamp()))
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signed}


def validators() -> dict[tuple[str, str], Draft202012Validator]:
    """By path and name of each route that takes a body: whether the contract has that body."""
    document = openapi_document()
    return {
        (path, operation["operationId"]): Draft202012Validator(
            {**document, **operation["requestBody"]["content"]["application/json"]["schema"]}
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post"
    }


def post_random_bodies(api: Api, examples: int) -> None:
    """To every route that takes one; what was answered with 202 is on record and started, and nothing else. What was taken is
    as the contract has it."""
    contract = validators()
    session = requests.Session()
    before, holds = api.requests_on_record(), len(holds_in(api))
    valid = session.post(f"{api.url}/api/exports", json=VALID[0], headers=api.key, timeout=30)
    started: set[str] = {valid.json()["id"]}
    answered: Counter[int] = Counter()

    @settings(max_examples=examples, deadline=None, suppress_health_check=SLOW, database=None)
    @given(
        route=st.sampled_from(list(contract)),
        body=bodies,
        request=IDS | st.text(max_size=20),
        system=st.sampled_from(("jira", "servicenow", "generic")),
        signed=st.booleans(),
    )
    def run(route: tuple[str, str], body: bytes, request: str, system: str, signed: bool) -> None:
        path, name = route
        where = path.replace("{id}", quote(request, safe="")).replace("{system}", system)
        headers = api.key if name != "ticket_webhook" else signature_of(system, body) if signed else {}
        answer = session.post(api.url + where, data=body, headers=headers, timeout=30)
        assert answer.status_code < 500, (where, body, answer.text)
        answered[answer.status_code] += 1
        if answer.ok and answer.content:
            # What may be left out is left out by an empty body too.
            contract[route].validate(json.loads(body or b"{}"))
        if answer.status_code == 202:
            started.add(answer.json()["id"])

    with session:
        run()
    # What is signed and of no use is refused on record, which starts nothing.
    recorded = {each for each in api.requests_on_record() - before if not each.startswith("ticket-refused-")}
    # What is asked for again was on record before, where other tests asked for the same.
    assert recorded == started - before
    assert api.instances() <= started | before
    assert len(holds_in(api)) - holds == answered[201]
    # Not all was refused at the door.
    assert {400, 401, 404} <= answered.keys()


def holds_in(api: Api) -> list[Any]:
    return requests.get(f"{api.url}/api/holds", headers=api.key, timeout=30).json()["holds"]
