"""The step that tells one change: what it puts on record, whatever the other side does."""

from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import telling
from steward.ledger.ledger import Ledger
from tests.telling.played import JIRA_KEY, Answer, Played

TICKET = {"system": "jira", "key": JIRA_KEY}
DOCUMENT = {"account": "default", "purpose": "backup", "scope": "account", "ticket": TICKET}
REF = {"request": "export-x", "account": "default", "place": "jira"}


@pytest.fixture
def ledger(container: ContainerClient, system: Played, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Of an export that Jira is to be told of."""
    home = SimpleNamespace(container=container)

    def of(_: str) -> Any:
        return home

    def settings() -> Any:
        return SimpleNamespace(tickets=system.settings())

    monkeypatch.setattr(telling, "account", of)
    monkeypatch.setattr(telling, "current_settings", settings)
    found = Ledger(container, "default", "export-x")
    found.create("export", DOCUMENT, tell=["jira"])
    return found


def tell(*, last: bool = False) -> dict[str, Any]:
    builder: Any = telling.tell_change
    return builder._function.get_user_function()({**REF, "last": last})


def told(ledger: Ledger) -> list[dict[str, Any]]:
    return [event.data for event in ledger.read() if event.type == "told"]


def test_each_change_is_told_once_and_in_order(ledger: Ledger, system: Played) -> None:
    assert tell()["outcome"] == "told"
    assert tell()["outcome"] == "waits"
    ledger.end("completed")
    assert [tell()["outcome"] for _ in range(3)] == ["told", "over", "over"]
    assert [comment.splitlines()[0].rpartition(" ")[2] for comment in system.comments()] == [
        "accepted.",
        "completed.",
    ]
    assert told(ledger) == [{"change": each, "place": "jira"} for each in ("accepted", "ended")]


def test_what_may_pass_is_not_on_record_until_it_is_given_up(ledger: Ledger, system: Played) -> None:
    system.wrong["/rest/"] = [Answer(429, {"Retry-After": "90"}), Answer(500), Answer(503)]
    assert tell() == {"outcome": "again", "retry_after": 90}
    assert tell() == {"outcome": "again", "retry_after": 0}
    assert told(ledger) == []
    assert tell(last=True)["outcome"] == "told"
    assert told(ledger) == [{"change": "accepted", "place": "jira", "code": "given-up-http-503"}]
    ledger.end("completed")
    assert tell()["outcome"] == "told"
    assert len(system.comments()) == 1


def test_what_will_not_be_taken_is_on_record_at_once(ledger: Ledger, system: Played) -> None:
    ledger.end("completed")
    system.wrong["/rest/"] = [Answer(403)]
    assert [tell()["outcome"] for _ in range(3)] == ["told", "told", "over"]
    assert told(ledger) == [
        {"change": "accepted", "place": "jira", "code": "http-403"},
        {"change": "ended", "place": "jira"},
    ]


def test_when_the_details_are_forgotten_nobody_can_be_told(ledger: Ledger, system: Played) -> None:
    ledger.end("completed")
    ledger.delete_details()
    assert [tell()["outcome"] for _ in range(3)] == ["told", "told", "over"]
    assert [each["code"] for each in told(ledger)] == ["forgotten", "forgotten"]
    assert system.asked == []


def test_nothing_is_written_to_a_record_that_cannot_be_believed(
    ledger: Ledger, system: Played, container: ContainerClient
) -> None:
    before = ledger.read()
    container.upload_blob("default/requests/export-x/details.json", b"{}", overwrite=True)
    assert tell()["outcome"] == "over"
    assert ledger.read() == before
    assert system.asked == []


def test_one_that_dies_before_it_is_on_record_tells_it_again(
    ledger: Ledger, system: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: for a callback under the same id."""

    def die(*_: Any) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "append", die)
        with pytest.raises(ConnectionAbortedError):
            tell()
    assert tell()["outcome"] == "told"
    assert len(system.comments()) == 2
