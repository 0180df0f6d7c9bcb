"""Tickets and callbacks are told what becomes of requests: on the local host, over HTTP, to played systems."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.export.exporting import Host, wait
from tests.export.record import Json
from tests.export.test_secrets import everything_said, everything_stored
from tests.telling.played import JIRA_KEY, NUMBER, PASSWORD, PUBLIC_URL, SECRET, TOKEN, Answer, Played, played
from tests.telling.test_callback_address import FORBIDDEN

PERSON = "Zebedee Quux, born 1970-01-01"
JIRA, SERVICENOW = {"system": "jira", "key": JIRA_KEY}, {"system": "servicenow", "key": NUMBER}


@dataclass
class Telling:
    """The app, the systems that it tells, and a port of this machine at which nobody listens."""

    app: Erasing
    system: Played
    wardrobe: Wardrobe
    dead: str

    @property
    def host(self) -> Host:
        return self.app.host

    def told(self, document: Json) -> list[Json]:
        return [event["data"] for event in self.app.ledger(document) if event["type"] == "told"]

    def follow(self, link: str) -> requests.Response:
        """As whoever was told does, with a key of the app."""
        assert link.startswith(f"{PUBLIC_URL}/api/requests/")
        answer = self.host.call("GET", link.removeprefix(PUBLIC_URL))
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture(scope="module")
def telling(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    with ExitStack() as running:
        closed = running.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{closed.getsockname()[1]}"
        system = running.enter_context(played())
        values = system.environment()
        values["CALLBACK_HOSTS"] += f",{dead}"
        folder, options = tmp_path_factory.mktemp("telling"), ("--train-seconds", "0")
        app = running.enter_context(erasing(azurite, folder, *options, seed="none", values=values))
        yield Telling(app, system, wardrobe(service_of(app.emulator)), f"http://{dead}/events")


@pytest.fixture(autouse=True)
def anew(telling: Telling) -> None:
    telling.system.asked.clear()
    telling.system.wrong.clear()


def first_lines(texts: list[str]) -> list[str]:
    """Without the kind and the id, which stand before it."""
    return [text.splitlines()[0].partition(": ")[2] for text in texts]


def test_jira_is_told_of_an_export_though_it_is_not_always_there(telling: Telling) -> None:
    system = telling.system
    system.wrong["/rest/"] = [Answer(429, {"Retry-After": "1"}), Answer(500, done=True, method="POST")]
    scope = telling.wardrobe.selecting(images={"metadata": {"subject": PERSON}})
    document = telling.host.export({"scope": scope, "purpose": "data-subject", "ticket": JIRA})
    assert document["state"] == "completed-with-gaps"
    comments = wait(system.comments, lambda found: len(found) == 2)
    assert first_lines(comments) == ["accepted.", "completed-with-gaps."]
    # The one that was answered with an error had been taken.
    assert system.statuses("POST") == [500, 201]
    assert all(f"{PUBLIC_URL}/api/requests/{document['id']}" in comment for comment in comments)
    wait(lambda: telling.told(document), lambda found: len(found) == 2)
    assert telling.told(document) == [{"change": each, "place": "jira"} for each in ("accepted", "ended")]
    assert "Zebedee" not in str(system.asked)
    links = dict(line.split(": ", 1) for line in comments[1].splitlines()[1:])
    assert list(links) == ["request", "bag", "ledger"]
    assert "Bagging-Date" in telling.follow(links["bag"]).text
    assert json.loads(telling.follow(links["ledger"]).text.splitlines()[0])["id"] == "accepted"


def test_servicenow_is_told_of_a_dry_run_and_a_callback_of_the_erase(telling: Telling) -> None:
    app, system = telling.app, telling.system
    scope = telling.wardrobe.selecting(iterations=[telling.wardrobe.first])
    dry = app.planned(scope, ticket=SERVICENOW)
    notes = wait(system.work_notes, lambda found: len(found) == 2)
    assert first_lines(notes)[0] == "accepted."
    assert first_lines(notes)[1].startswith(f"planned. Its plan {dry['plan']['hash']} names 1 iterations")

    real = app.waiting(
        app.ask(scope, callback=system.callback, ticket=JIRA, **WAIVED, **app.plan_to_take_up(dry))
    )
    wait(system.events, lambda found: len(found) == 2)
    wait(system.comments, lambda found: len(found) == 2)
    app.approve(real)
    ended = telling.host.wait(real["id"])
    events = wait(system.events, lambda found: len(found) == 3)
    states = [event["data"]["state"] for event in events]
    assert states == ["accepted", "waiting-for-approval", ended["state"]]
    assert [event["id"] for event in events] == [
        f"{real['id']}-{change}" for change in ("accepted", "waiting-for-approval", "ended")
    ]
    assert events[1]["data"]["plan"]["hash"] == dry["plan"]["hash"]
    assert list(events[1]["data"]["links"]) == ["request", "plan"]
    links = events[2]["data"]["links"]
    assert list(links) == ["request", "plan", "certificate", "ledger"]
    assert telling.follow(links["request"]).json()["state"] == ended["state"]
    assert real["id"] in telling.follow(links["certificate"]).text
    for name in ("plan", "ledger"):
        assert real["account"] in telling.follow(links[name]).text
    assert len(wait(system.comments, lambda found: len(found) == 3)) == 3
    wait(lambda: len(telling.told(ended)), lambda count: count == 6)
    # Both are told in order, and neither waits for the other.
    for place in ("jira", "callback"):
        changes = [each["change"] for each in telling.told(ended) if each["place"] == place]
        assert changes == ["accepted", "waiting-for-approval", "ended"]


def test_a_dead_callback_fails_no_request(telling: Telling) -> None:
    name = telling.host.ask({"scope": telling.wardrobe.whole, "callback": telling.dead})
    document = telling.host.wait(name)
    assert document["state"] == "completed"
    assert telling.told(document) == []
    assert "is told later (no-connection)" in telling.host.program.output.read_text()


def test_one_that_wants_no_more_fails_no_request_and_is_on_record(telling: Telling) -> None:
    telling.system.wrong["/elsewhere"] = [Answer(410), Answer(410)]
    name = telling.host.ask({"scope": telling.wardrobe.whole, "callback": f"{telling.system.url}/elsewhere"})
    document = telling.host.wait(name)
    assert document["state"] == "completed"
    codes = wait(lambda: [each.get("code") for each in telling.told(document)], lambda found: len(found) == 2)
    assert codes == ["http-410", "http-410"]
    # It was told so while the request was worked on, not when it had ended.
    ids = [event["id"] for event in telling.app.ledger(document)]
    assert ids.index("told-accepted-callback") < ids.index("ended")


def test_a_request_that_is_refused_is_told_so_without_its_reason(telling: Telling) -> None:
    body = {"scope": {"projects": [{"name": PERSON}]}, "ticket": JIRA}
    document = telling.host.wait(telling.host.ask(body, **{"Idempotency-Key": "refused"}))
    assert document["state"] == "refused"
    comments = wait(telling.system.comments, lambda found: len(found) == 2)
    assert first_lines(comments) == ["accepted.", "refused."]
    assert "Zebedee" not in str(telling.system.asked)


def test_a_ticket_that_nothing_can_be_made_of_is_told_so(telling: Telling) -> None:
    """No orchestration is its own: the reconciler finds it."""
    connection = telling.app.archive.connection_string
    with QueueClient.from_connection_string(connection, "privacy-requests") as queue:
        queue.create_queue()
        queue.send_message(json.dumps({"kind": "export", "scope": PERSON, "ticket": JIRA}))
    refused = "/api/requests?kind=ticket&state=refused"
    wait(lambda: telling.host.call("GET", refused).json()["requests"], bool)
    key = telling.host.program.facts["masterKey"]
    reconcile = "/admin/functions/reconcile_requests"
    telling.host.call("POST", reconcile, {}, **{"x-functions-key": key}).raise_for_status()
    comments = wait(telling.system.comments, bool)
    assert first_lines(comments) == ["refused."]
    assert comments[0].startswith("Request ticket-refused-")
    assert "Zebedee" not in str(telling.system.asked)


@pytest.mark.parametrize("path", ["exports", "erasures"])
def test_a_forbidden_callback_is_named_and_starts_nothing(telling: Telling, path: str) -> None:
    forbidden = [*FORBIDDEN, telling.app.archive.container.url]
    known = len(telling.host.call("GET", "/api/requests").json()["requests"])
    for url in forbidden:
        body: Any = {"scope": "account", "purpose": "backup", "callback": url}
        answer = telling.host.call("POST", f"/api/{path}", body)
        assert answer.status_code == 400, url
        assert answer.headers["Content-Type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "#/callback"
        assert not url or url not in error["detail"]
    assert len(telling.host.call("GET", "/api/requests").json()["requests"]) == known
    assert telling.system.asked == []


def test_what_was_not_told_when_the_app_was_killed_is_told_afterwards(telling: Telling) -> None:
    """Last: it kills the host."""
    system = telling.system
    system.wrong["/events"] = [Answer(503, {"Retry-After": "3600"})]
    document = telling.host.export({"scope": telling.wardrobe.whole, "callback": system.callback})
    wait(lambda: system.asked, bool)
    said = everything_said(telling.host)
    telling.host.program.kill()
    assert (system.events(), telling.told(document)) == ([], [])
    telling.host.start()
    events = wait(system.events, lambda found: len(found) == 2)
    assert [event["data"]["state"] for event in events] == ["accepted", "completed"]
    wait(lambda: len(telling.told(document)), lambda count: count == 2)

    # Of all that was said and stored in this module.
    stored = everything_stored(telling.app.archive)
    assert sum(name.endswith("/ledger.jsonl") for name in stored) >= 6
    for place, text in {**said, **everything_said(telling.host), **stored}.items():
        for secret in (TOKEN, PASSWORD, SECRET, SECRET.removeprefix("whsec_"), json.dumps(TOKEN)):
            assert secret not in text, f"{secret[:4]}… in {place}"
    ledgers = {
        name: telling.app.archive.container.download_blob(name).readall().decode()
        for name in stored
        if name.endswith("/ledger.jsonl")
    }
    instances = {place: text for place, text in said.items() if place.startswith(("instance", "log"))}
    assert any(":told-callback" in place for place in instances)
    for place, text in {**ledgers, **instances}.items():
        for personal in ("Zebedee", JIRA_KEY, NUMBER, "tenant=7"):
            assert personal not in text, f"{personal} in {place}"
