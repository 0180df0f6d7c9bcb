"""Who was given which file stands in the request's ledger, once while a link lives, and never so often that it is full."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import ContainerClient

from steward.ledger.ledger import Ledger
from steward.request_files import on_record
from steward.request_files.naming import PAYLOAD, RequestFile
from steward.request_files.on_record import note_link
from steward.request_files.signed_links import LIFETIME

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ANN, BOB = ({"name": name, "verified": True} for name in ("ann@example.org", "bob@example.org"))


def file_of(number: int, tagmanifest: str = "a" * 64) -> RequestFile:
    return RequestFile(f"{PAYLOAD}{number}.json", "blob", tagmanifest)


def noted(ledger: Ledger) -> list[tuple[str, str | None]]:
    """Who, and which file; without the events of the request itself."""
    events = [event.data for event in ledger.read() if event.type == "downloaded"]
    return [(data["by"]["name"], data.get("file")) for data in events]


@pytest.fixture
def ledger(container: ContainerClient) -> Ledger:
    ledger = Ledger(container, "default", "export-links")
    ledger.create("export", {"purpose": "backup"})
    return ledger


def test_a_caller_and_a_file_are_one_event_while_the_link_lives(ledger: Ledger) -> None:
    name = file_of(1).name
    for seconds in (0, 1, LIFETIME.total_seconds() - 1):
        note_link(ledger, file_of(1), by=ANN, now=NOW + timedelta(seconds=seconds))
    assert noted(ledger) == [("ann@example.org", name)]
    note_link(ledger, file_of(1), by=BOB, now=NOW)
    note_link(ledger, file_of(2), by=ANN, now=NOW)
    # The same name in another bag than it was.
    note_link(ledger, file_of(1, "b" * 64), by=ANN, now=NOW)
    note_link(ledger, file_of(1), by=ANN, now=NOW + LIFETIME)
    assert [who for who, _ in noted(ledger)] == [
        f"{each}@example.org" for each in ("ann", "bob", *["ann"] * 3)
    ]


def test_after_so_many_events_a_caller_is_one_a_day(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_record, "NAMED", 3)
    for number in range(6):
        note_link(ledger, file_of(number), by=ANN, now=NOW + number * LIFETIME)
    named = [("ann@example.org", file_of(number).name) for number in range(3)]
    assert noted(ledger) == [*named, ("ann@example.org", None)]
    note_link(ledger, file_of(1), by=BOB, now=NOW)
    note_link(ledger, file_of(1), by=ANN, now=NOW + timedelta(days=1))
    assert noted(ledger)[4:] == [("bob@example.org", None), ("ann@example.org", None)]
    # Another bag is another copy.
    note_link(ledger, file_of(1, "b" * 64), by=ANN, now=NOW)
    assert len(noted(ledger)) == 7
