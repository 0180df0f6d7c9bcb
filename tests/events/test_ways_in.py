"""Every way in for tickets, end to end on the local host: what is asked for is one request, what cannot be is refused on record."""

import base64
import json
import time
import uuid
from typing import Any

import pytest

from steward.requests_api.contract import parse_export
from steward.requests_api.identity import request_id
from tests.events.ticketing import (
    EVENT_TYPE,
    JIRA_SECRET,
    Desk,
    jira_event,
    jira_headers,
    standard_headers,
)
from tests.export.exporting import Emulator, wait
from tests.export.record import Json
from tests.export.service_side import training_client
from tests.proxy import Seen
from tests.store_proxy import REFUSED_SIGNATURE, Refusal, StoreProxy

PERSON = "erika.mustermann@example.org"


@pytest.fixture(scope="module")
def scope(emulator: Emulator) -> Json:
    """Of a person of whom there is nothing."""
    project = training_client(emulator.endpoint, emulator.key).get_projects()[0]
    return {"projects": [{"id": project.id, "images": {"metadata": {"subject": "nobody"}}}]}


def new_key() -> str:
    return f"PRIV-{uuid.uuid4().hex[:8]}"


def document(scope: Json, key: str, system: str = "generic") -> Json:
    return {
        "scope": scope,
        "options": {"iterations": False, "predictions": False, "models": False, "imagePerformance": False},
        "ticket": {"system": system, "key": key},
    }


def test_the_same_ticket_by_every_way_is_one_run(desk: Desk, scope: Json) -> None:
    key = new_key()
    body = document(scope, key)
    envelope = {"kind": "export", **body}
    before = len(desk.requests())
    desk.enqueue(envelope)
    desk.enqueue(base64.b64encode(json.dumps(envelope).encode()).decode())
    assert desk.event(envelope).status_code == 202
    ticket = {"step": "export", "key": key, "scope": scope, "options": body["options"]}
    answer = desk.webhook("generic", ticket)
    assert answer.status_code == 202, answer.text
    name = desk.host.ask(body)
    assert answer.json()["id"] == name
    assert answer.headers["Location"] == f"/api/requests/{name}"
    wait(lambda: desk.queue.get_queue_properties().approximate_message_count, lambda count: count == 0)
    desk.host.wait(name)
    assert len(desk.requests()) == before + 1
    assert [event["type"] for event in desk.ledger(name)].count("running") == 1


def test_a_ticket_may_ask_for_an_export_then_a_dry_run_then_the_erase(desk: Desk, scope: Json) -> None:
    key = new_key()
    for step, kind in (("Export", "export"), ("Dry run", "erasure"), ("Erase", "erasure")):
        answer = desk.webhook("jira", jira_event(key, step, scope, "GDPR", "data-subject"))
        assert (answer.status_code, answer.json().get("kind")) == (202, kind), answer.text
        again = desk.webhook("jira", jira_event(key, step, scope, "GDPR", "data-subject"))
        assert again.json()["id"] == answer.json()["id"]
        accepted = desk.ledger(answer.json()["id"])[0]
        # Jira vouches for whom it names.
        assert accepted["data"]["by"] == {"name": "ann@example.org", "verified": True}
    found = [each["id"] for each in desk.requests() if each.get("ticket", {}).get("key") == key]
    assert len(found) == 3


def test_a_step_that_is_not_mapped_asks_for_nothing(desk: Desk, scope: Json) -> None:
    before = desk.requests()
    answer = desk.webhook("jira", jira_event(new_key(), "In Progress", scope))
    assert (answer.status_code, answer.content) == (204, b"")
    assert desk.requests() == before


SIGNED_JIRA = json.dumps(jira_event("PRIV-1", "Export", "account")).encode()
SIGNED = json.dumps({"step": "export", "key": "PRIV-1", "scope": "account"}).encode()
OTHER_SECRET = f"whsec_{base64.b64encode(b'of somebody who has another').decode()}"


@pytest.mark.parametrize(
    ("system", "body", "headers"),
    [
        pytest.param("jira", SIGNED_JIRA, {}, id="jira-missing"),
        pytest.param("jira", SIGNED_JIRA, {"X-Hub-Signature": "sha256="}, id="jira-empty"),
        pytest.param("jira", SIGNED_JIRA, {"X-Hub-Signature": "ß"}, id="jira-odd"),
        pytest.param("jira", SIGNED_JIRA, jira_headers(SIGNED_JIRA, JIRA_SECRET[:-1]), id="jira-secret"),
        pytest.param("jira", SIGNED_JIRA, jira_headers(SIGNED), id="jira-body"),
        pytest.param("jira", SIGNED_JIRA, standard_headers(SIGNED_JIRA), id="jira-scheme"),
        pytest.param(
            "jira",
            old := json.dumps(jira_event("PRIV-1", "Export", "account", at=time.time() - 90_000)).encode(),
            jira_headers(old),
            id="jira-old",
        ),
        pytest.param("servicenow", SIGNED, {}, id="standard-missing"),
        pytest.param("servicenow", SIGNED, standard_headers(SIGNED, OTHER_SECRET), id="standard-secret"),
        pytest.param("servicenow", SIGNED, standard_headers(b"{}"), id="standard-body"),
        pytest.param("generic", SIGNED, standard_headers(SIGNED, ago=600), id="standard-old"),
        pytest.param("generic", SIGNED, jira_headers(SIGNED), id="standard-scheme"),
        pytest.param(
            "generic", b"\xff", {**standard_headers(SIGNED), "webhook-timestamp": "NaN"}, id="standard-odd"
        ),
    ],
)
def test_what_is_not_proved_starts_nothing_and_is_not_on_record(
    desk: Desk, system: str, body: bytes, headers: dict[str, str]
) -> None:
    before = desk.on_record()
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = desk.webhook(system, body, encoded)  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert desk.on_record() == before


def test_a_delivery_that_is_seen_again_is_a_replay_and_a_retry_of_the_sender_is_not(
    desk: Desk, scope: Json
) -> None:
    ticket = {"state": "Export", "number": new_key(), "variables": {"scope": json.dumps(scope)}}
    body = json.dumps(ticket).encode()
    headers = standard_headers(body, name="msg_1", ago=2)
    first = desk.webhook("servicenow", body, headers)
    assert first.status_code == 202, first.text
    before = desk.on_record()
    assert desk.webhook("servicenow", body, headers).status_code == 401
    respelt = {**headers, "webhook-timestamp": f"{headers['webhook-timestamp']}.0"}
    assert desk.webhook("servicenow", body, respelt).status_code == 401
    retried = desk.webhook("servicenow", body, standard_headers(body, name="msg_1"))
    assert (retried.status_code, retried.json()["id"]) == (202, first.json()["id"])
    # The retry's own delivery.
    (new,) = desk.on_record() - before
    assert new.startswith("default/deliveries/")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        pytest.param(b"{", 400, "#: is not JSON at line 1, column 2; expected an object", id="no JSON"),
        pytest.param({"step": "export", "key": 7, "scope": "account"}, 400, "#/ticket/key: ", id="key"),
        pytest.param({"step": "export", "key": "K-1", "scope": {PERSON: 1}}, 400, "#/scope/…: ", id="person"),
        pytest.param({"step": "erase", "key": "K-1"}, 400, "#/scope: is required", id="scope"),
        pytest.param(
            {"step": "export", "key": "\ud800", "scope": "account"}, 400, "#/ticket/key", id="surrogate"
        ),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused_on_record(
    desk: Desk, body: Any, status: int, reason: str
) -> None:
    before = {each["id"] for each in desk.refused()}
    answer = desk.webhook("generic", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    (name,) = {each["id"] for each in desk.refused()} - before
    accepted, *_, ended = desk.ledger(name)
    assert (accepted["type"], ended["type"], ended["data"]["state"]) == ("accepted", "ended", "refused")
    assert reason in ended["data"]["reason"]
    assert PERSON not in json.dumps([accepted, ended])
    shown = desk.host.request(name)
    assert (shown["state"], shown["kind"], shown["reason"]) == ("refused", "ticket", ended["data"]["reason"])
    # The same again is the same refusal.
    assert desk.webhook("generic", body).status_code == status
    assert len(desk.refused()) == len(before) + 1
    assert PERSON not in desk.host.program.output.read_text()


def test_another_body_of_one_ticket_is_a_conflict_on_record(desk: Desk, scope: Json) -> None:
    key = new_key()
    assert desk.webhook("generic", {"step": "export", "key": key, "scope": scope}).status_code == 202
    other = {"step": "export", "key": key, "scope": scope, "purpose": "migration"}
    assert desk.webhook("generic", other).status_code == 409
    (refused,) = [each for each in desk.refused() if each.get("ticket", {}).get("key") == key]
    assert "was made before, with another body" in desk.host.request(refused["id"])["reason"]


def test_a_system_that_nobody_set_up_is_not_there_and_a_body_too_long_is_not_read(desk: Desk) -> None:
    assert desk.webhook("zendesk", SIGNED).status_code == 404
    assert desk.webhook("generic", b"x" * (1024 * 1024 + 1), {}).status_code == 413


def test_a_malformed_message_is_refused_on_record_and_ends_in_the_poison_queue(desk: Desk) -> None:
    key = new_key()
    messages = ["no JSON", json.dumps({"kind": "export", "ticket": {"system": "jira", "key": key}})]
    messages.append(json.dumps({"kind": "export", "account": "other", "scope": "account"}))
    before = {each["id"] for each in desk.refused()}
    for message in messages:
        desk.enqueue(message)
    wait(desk.poisoned, lambda found: {*messages} <= {*found})
    new = [each for each in desk.refused() if each["id"] not in before]
    reasons = {desk.host.request(each["id"])["reason"] for each in new}
    assert len(new) == 3
    assert any("#: is not JSON" in reason for reason in reasons)
    assert any(reason == "#/scope: is required" for reason in reasons)
    (ticketed,) = [each for each in new if "ticket" in each]
    assert ticketed["ticket"] == {"system": "jira", "key": key}
    assert json.loads(desk.details(ticketed["id"])["message"]) == json.loads(messages[1])
    (others,) = [each for each in new if each["account"] == "other"]
    assert desk.host.request(others["id"])["reason"] == "#/ticket: is required"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        pytest.param({"type": "of.another"}, f"#/type: expected {EVENT_TYPE}", id="type"),
        pytest.param({"data": "text"}, "#/data: expected a JSON object", id="data"),
        pytest.param({"data": {"kind": "import"}}, "#/kind: expected 'export' or 'erasure'", id="kind"),
        pytest.param({"specversion": "0.3"}, "#/specversion: ", id="version"),
    ],
)
def test_an_event_that_makes_no_sense_is_taken_once_and_refused_on_record(
    desk: Desk, attributes: Json, reason: str
) -> None:
    before = {each["id"] for each in desk.refused()}
    event: Json = {"data": {}, "id": "1", **attributes}
    assert desk.event(**event).status_code == 202
    (name,) = {each["id"] for each in desk.refused()} - before
    assert desk.host.request(name)["reason"].startswith(reason)


def test_nobody_known_cannot_ask_for_a_real_erasure_by_any_way(desk: Desk, scope: Json) -> None:
    key = new_key()
    real = {"purpose": "off-boarding", "scope": scope, "waiveExport": {"reason": "a test's own"}}
    envelope = {"kind": "erasure", "dryRun": False, "ticket": {"system": "generic", "key": key}, **real}
    desk.enqueue(envelope)
    wait(desk.poisoned, lambda found: json.dumps(envelope) in found)
    assert desk.event(envelope).status_code == 202
    ticket = {"step": "erase", "key": key, **real}
    assert desk.webhook("generic", ticket).status_code == 403
    refused = [each["id"] for each in desk.requests(kind="ticket", ticketKey=key)]
    assert len(refused) == 3
    assert all("who asks has to be verified" in desk.host.request(each)["reason"] for each in refused)
    # Whom a signed webhook names is somebody known.
    answer = desk.webhook("generic", {**ticket, "by": "ann@example.org"})
    assert answer.status_code == 202, answer.text
    assert desk.ledger(answer.json()["id"])[0]["data"]["by"]["name"] == "ann@example.org"
    # A dry run takes nothing from anybody.
    desk.enqueue({**envelope, "dryRun": True})
    wait(lambda: desk.requests(kind="erasure", ticketKey=key), lambda found: len(found) == 2)


def test_a_store_that_cannot_be_reached_makes_no_ticket_malformed(
    desk: Desk, store: StoreProxy, scope: Json
) -> None:
    keys = {way: new_key() for way in ("queue", "event", "webhook")}
    bodies = {way: document(scope, key) for way, key in keys.items()}
    names = {way: request_id(parse_export(body, ["default"])) for way, body in bodies.items()}
    refusals = len(desk.refused())
    failures = dict.fromkeys(names.values(), 1) | {names["queue"]: 2}

    def a_few_times(seen: Seen) -> Refusal | None:
        """Each delivery asks for the request's record first."""
        for name in failures:
            if name in seen.target and failures[name]:
                failures[name] -= 1
                return REFUSED_SIGNATURE
        return None

    store.fault = a_few_times
    try:
        desk.enqueue({"kind": "export", **bodies["queue"]})
        wait(lambda: desk.requests(ticketKey=keys["queue"]), lambda found: len(found) == 1)
        event = {"kind": "export", **bodies["event"]}
        assert [desk.event(event).status_code for _ in range(2)] == [500, 202]
        ticket = json.dumps({"step": "export", "key": keys["webhook"], **bodies["webhook"]}).encode()
        # The same delivery: it was not taken, so it is no replay until it was.
        headers = standard_headers(ticket)
        answers = [desk.webhook("generic", ticket, headers).status_code for _ in range(3)]
        assert answers == [503, 202, 401]
    finally:
        store.fault = lambda _: None
    assert not any(failures.values())
    assert len(desk.refused()) == refusals
    assert not [text for text in desk.poisoned() if any(key in text for key in keys.values())]
