"""Tickets that nothing could be made of, on record: once, whatever crash came between, and never started."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore
from steward.ledger.forgetting import forget
from steward.ledger.ledger import Ledger, list_requests
from steward.ledger.reconcile import Action, reconcile
from steward.ledger.state import TICKET
from steward.ticket_settings import read_ticket_settings
from steward.tickets.deliveries import forget_deliveries, record_taken, was_taken
from steward.tickets.refusals import refuse
from steward.tickets.signatures import Delivery

MESSAGE = b'{"who": "erika"}'


JIRA = {"JIRA_URL": "https://jira.example.org", "JIRA_USER": "steward", "JIRA_TOKEN": "token"}


def refused(
    container: ContainerClient,
    message: bytes = MESSAGE,
    envelope: Any = None,
    *,
    hub: str = "hub",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    return refuse(
        container,
        "default",
        message,
        envelope or {},
        way="queue",
        reason="#: is not JSON",
        hub=hub,
        settings=read_ticket_settings(environment),
    )


def reconciled(container: ContainerClient, later: timedelta, hub: str = "hub") -> list[Action]:
    def start(_: object) -> None:
        raise AssertionError("nothing can be started for it")

    return list(
        reconcile(
            container,
            "default",
            hub=hub,
            instance_status=lambda _: "missing",
            start=start,
            tell=lambda _: True,
            clock=lambda: datetime.now(UTC) + later,
        )
    )


@pytest.mark.parametrize("hub", ["", "hub"])
def test_one_that_died_before_its_end_is_ended_by_the_reconciler(
    container: ContainerClient, hub: str
) -> None:
    name = "ticket-refused-1"
    document = {"purpose": "", "way": "queue", "message": "text", "reason": "#: is not JSON"}
    ledger = Ledger(container, "default", name)
    ledger.create(TICKET, document)
    if hub:
        ledger.start(hub)
    assert reconciled(container, timedelta()) == []
    assert reconciled(container, timedelta(minutes=2)) == [Action(name, "refuse")]
    state = Ledger(container, "default", name).state()
    assert (state.state, state.reason) == ("refused", "#: is not JSON")
    assert reconciled(container, timedelta(minutes=2)) == []


def test_a_ticket_is_told_of_its_refusal_by_the_app_that_refused_it_alone(container: ContainerClient) -> None:
    """Others on the same archive may not even know the ticketing system."""
    envelope = {"kind": "export", "ticket": {"system": "jira", "key": "PRIV-1"}}
    name = refused(container, b"{}", envelope, hub="ours", environment=JIRA)
    assert reconciled(container, timedelta(), hub="theirs") == []
    assert reconciled(container, timedelta(), hub="ours") == [Action(name, "tell")]
    assert refused(container, b"{}", envelope, hub="theirs", environment=JIRA) == name
    assert reconciled(container, timedelta(), hub="theirs") == []


def test_the_same_again_is_the_same_record_and_after_its_details_are_gone_too(
    container: ContainerClient,
) -> None:
    name = refused(container)
    assert refused(container) == name
    other = refused(container, b"another message")
    assert {each.id for each in list_requests(container, "default")} == {name, other}
    forgotten = forget(container, "default", keep=timedelta(), now=datetime.now(UTC))
    assert {each.request for each in forgotten} == {name, other}
    assert refused(container) == name
    assert [event.type for event in Ledger(container, "default", name).read()] == [
        "accepted",
        "started",
        "ended",
    ]


def test_a_ticket_that_changes_beside_what_is_asked_for_is_not_refused_anew(
    container: ContainerClient,
) -> None:
    """Each comment on a ticket is an event of it, our own too."""
    envelope = {"kind": "export", "ticket": {"system": "jira", "key": "PRIV-1"}}
    name = refused(container, b'{"timestamp": 1}', envelope)
    assert refused(container, b'{"timestamp": 2}', envelope) == name
    (found,) = list_requests(container, "default")
    assert (found.ticket, found.state) == (("jira", "PRIV-1"), "refused")


def test_deliveries_are_forgotten_once_no_signature_could_be_believed(container: ContainerClient) -> None:
    store, now = ArchiveStore(container), datetime.now(UTC)
    old, young = Delivery(now - timedelta(days=4), "a" * 64), Delivery(now, "b" * 64)
    assert not was_taken(store, "default", young)
    for each in (old, young, young):
        record_taken(store, "default", each)
    forget_deliveries(store, "default", now=now)
    assert [str(name).rpartition("/")[2] for name in container.list_blob_names()] == [young.digest]
    assert was_taken(store, "default", young)
