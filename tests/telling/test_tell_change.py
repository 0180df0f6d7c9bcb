"""The step that tells one change: what it puts on record, whatever the other side does."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import telling
from steward.ledger.ledger import Ledger, list_requests
from steward.tickets import exchange
from steward.tickets.bulkhead import REST, Bulkhead
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
    monkeypatch.setattr(telling, "_bulkhead", Bulkhead())
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
    system.wrong["/rest/"] = [Answer(429, {"Retry-After": "90"}), Answer(401), Answer(302), Answer(503)]
    assert tell() == {"outcome": "again", "retry_after": 90}
    assert tell() == {"outcome": "again", "retry_after": 0}
    assert tell() == {"outcome": "again", "retry_after": 0}
    assert told(ledger) == []
    assert tell(last=True)["outcome"] == "told"
    assert told(ledger) == [{"change": "accepted", "place": "jira", "code": "given-up-http-503"}]
    ledger.end("completed")
    assert tell()["outcome"] == "told"
    assert len(system.comments()) == 1


def test_what_will_never_be_taken_is_on_record_at_once(ledger: Ledger, system: Played) -> None:
    ledger.end("completed")
    system.wrong["/rest/"] = [Answer(400, method="POST")]
    assert [tell()["outcome"] for _ in range(3)] == ["told", "told", "over"]
    assert told(ledger) == [
        {"change": "accepted", "place": "jira", "code": "http-400"},
        {"change": "ended", "place": "jira"},
    ]


def test_when_the_details_are_forgotten_nobody_can_be_told(ledger: Ledger, system: Played) -> None:
    ledger.end("completed")
    ledger.delete_details()
    assert [tell()["outcome"] for _ in range(3)] == ["told", "told", "over"]
    assert [each["code"] for each in told(ledger)] == ["forgotten", "forgotten"]
    assert system.asked == []


@pytest.mark.parametrize(
    "altered",
    [b"{}", b"no JSON", b'{"salt": "00", "request": {"ticket": {"system": "jira", "key": "PRIV-8"}}}'],
)
def test_when_the_details_are_altered_nobody_is_told_and_nobody_comes_again(
    ledger: Ledger, system: Played, container: ContainerClient, altered: bytes
) -> None:
    ledger.end("completed")
    container.upload_blob("default/requests/export-x/details.json", altered, overwrite=True)
    assert [tell()["outcome"] for _ in range(3)] == ["told", "told", "over"]
    assert [each["code"] for each in told(ledger)] == ["details-altered", "details-altered"]
    assert system.asked == []
    (found,) = list_requests(container, "default")
    assert found.untold == ()


def test_what_nobody_has_thought_of_is_tried_again_and_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ArithmeticError(JIRA_KEY)

    monkeypatch.setattr(telling, "tell", fail)
    assert tell()["outcome"] == "again"
    assert tell(last=True)["outcome"] == "told"
    assert told(ledger) == [
        {"change": "accepted", "place": "jira", "code": "given-up-failed-ArithmeticError"}
    ]


def test_one_that_dies_before_it_is_on_record_does_not_tell_it_twice(
    ledger: Ledger, system: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "append", die)
        with pytest.raises(ConnectionAbortedError):
            tell()
    assert tell()["outcome"] == "told"
    assert len(system.comments()) == 1
    assert told(ledger) == [{"change": "accepted", "place": "jira"}]


def test_the_ledger_is_read_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the write, which reads it itself."""
    looks: list[str] = []
    read, state = Ledger.read, Ledger.state

    def reading(self: Ledger) -> Any:
        looks.append("read")
        return read(self)

    def folding(self: Ledger) -> Any:
        looks.append("state")
        return state(self)

    monkeypatch.setattr(Ledger, "read", reading)
    monkeypatch.setattr(Ledger, "state", folding)
    tell()
    assert looks == ["read"]


def test_a_place_that_is_away_holds_two_of_a_process_and_the_others_do_not_wait(
    ledger: Ledger, system: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many at once as there are slots for activities."""
    monkeypatch.setattr(exchange, "TIMEOUT", (2, 2))
    system.wrong["/rest/"] = [Answer(200, pause=3)] * 30
    with ThreadPoolExecutor(12) as slots:
        seconds = sorted(slots.map(timed, range(12)))
        assert len(system.asked) == 2
        assert seconds[9] < 1.9, "ten did not wait for it"
        assert seconds[10] >= 2
        # It is known to be away for a while.
        assert max(slots.map(timed, range(12))) < 1.9
    assert len(system.asked) == 2
    assert told(ledger) == []
    again = tell()
    assert again["outcome"] == "again"
    assert 0 < again["retry_after"] <= REST
    # A day later it is given up without another try.
    assert tell(last=True)["outcome"] == "told"
    assert told(ledger) == [{"change": "accepted", "place": "jira", "code": "given-up-no-answer-in-time"}]
    assert len(system.asked) == 2


def timed(_: int) -> float:
    began = time.monotonic()
    assert tell()["outcome"] == "again"
    return time.monotonic() - began
