"""Tickets and callbacks that time out, throttle and fail, through the orchestration that tells them: each is told once, in order."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import telling
from orchestrator import names, tell_ticket
from steward.ledger.ledger import Ledger
from steward.tickets import exchange
from steward.tickets.bulkhead import Bulkhead
from tests.orchestrator.engine import Engine, engine
from tests.telling.played import JIRA_KEY, NUMBER, Answer, Played

TICKETS = {
    "jira": {"ticket": {"system": "jira", "key": JIRA_KEY}},
    "servicenow": {"ticket": {"system": "servicenow", "key": NUMBER}},
    "callback": {},
}
PATHS = {"jira": "/rest/", "servicenow": "/api/now/", "callback": "/events"}
WRITES = {"jira": "POST", "servicenow": "PATCH", "callback": "POST"}


@pytest.fixture
def running(container: ContainerClient, system: Played, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The app's own orchestration and step, with its seconds made short."""
    home, settings = SimpleNamespace(container=container), SimpleNamespace(tickets=system.settings())

    def account(_: str) -> Any:
        return home

    monkeypatch.setattr(telling, "account", account)
    monkeypatch.setattr(telling, "current_settings", lambda: settings)
    monkeypatch.setattr(telling, "_bulkhead", Bulkhead())
    monkeypatch.setattr("steward.tickets.bulkhead.REST", 0.1)
    monkeypatch.setattr(exchange, "TIMEOUT", (0.4, 0.4))
    monkeypatch.setattr(tell_ticket, "FIRST_PAUSE", timedelta(seconds=0.05))
    builder: Any = telling.tell_change
    with engine({names.TELL_CHANGE: builder._function.get_user_function()}) as found:
        yield found


@pytest.mark.parametrize("place", TICKETS)
def test_each_change_is_told_once_and_in_order_though_time_runs_out_and_it_throttles_and_fails(
    running: Engine, container: ContainerClient, system: Played, place: str
) -> None:
    ledger = Ledger(container, "default", "export-x")
    document = {"purpose": "backup", "scope": "account", "callback": system.callback, **TICKETS[place]}
    ledger.create("export", document, tell=[place])
    ledger.end("completed")
    write = WRITES[place]
    system.wrong[PATHS[place]] = [
        Answer(500, method=write),
        Answer(429, {"Retry-After": "1"}, method=write),
        Answer(401),
        # The first of these was not lost on the way there.
        Answer(204, pause=1, done=True, method=write),
        Answer(204, pause=1, method=write),
        Answer(503),
    ]
    teller = {"request": "export-x", "account": "default", "place": place}
    state = running.run(names.TELL_TICKET, teller, f"export-x:told-{place}")
    assert state.runtime_status.name == "COMPLETED", state
    assert [event.data for event in ledger.read() if event.type == "told"] == [
        {"change": change, "place": place} for change in ("accepted", "ended")
    ]
    assert system.wrong[PATHS[place]] == []
    if place == "callback":
        # The receiver knows by its id that it has had this one.
        ids = [event["id"] for event in system.events()]
        assert ids == ["export-x-accepted", "export-x-accepted", "export-x-ended"]
    else:
        texts = system.comments() if place == "jira" else system.work_notes()
        assert [text.splitlines()[0] for text in texts] == [
            "Request export-x (export): accepted.",
            "Request export-x (export): completed.",
        ]
