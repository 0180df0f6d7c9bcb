"""What schedules start: one request an account and due time, however often a timer fires, and none while the last one goes on."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df

from starting.requests import put_on_record, start, with_hub
from steward.accounts import Account, account
from steward.ledger.index import Summary
from steward.ledger.ledger import Ledger, list_requests
from steward.requests_api.contract import parse_export
from steward.requests_api.identity import Occurrence, is_of_schedule, occurrence_id, request_id
from steward.retention.going import find_going
from steward.retention.protection import protection
from steward.retention.rules import Rules
from steward.schedules import last_due
from steward.settings import current_settings

# Names of schedules are parts of ids: they are never changed.
EXPORT = "export_accounts"
RETENTION = "retain_accounts"

_log = logging.getLogger(__name__)


def start_export(client: df.SyncDurableFunctionsClient, name: str) -> str:
    """Start an account's export; what became of it, for the log.

    Raises Conflict, ArchiveError, ChainBroken, DetailsAltered, grpc.RpcError.
    """
    home, due = account(name), last_due(current_settings().export_schedule, datetime.now(UTC))
    request = parse_export({"account": name, "scope": "account", "purpose": "backup"}, [name])
    wanted = request_id(request, Occurrence(EXPORT, due))
    if going := _still_going(list_requests(home.container, name), "export", EXPORT, wanted):
        return f"request {going} still goes on, so no other is started"
    state = put_on_record(request, wanted, by={"schedule": EXPORT})
    start(client, state)
    return f"request {wanted} is {state.state}"


def start_retention(client: df.SyncDurableFunctionsClient, name: str) -> str:
    """As `start_export`, by the rules that the settings have now, and where there is anything to do."""
    home, settings, now = account(name), current_settings(), datetime.now(UTC)
    wanted = occurrence_id(
        "retention", name, Occurrence(RETENTION, last_due(settings.retention_schedule, now))
    )
    requests = list(list_requests(home.container, name))
    if going := _still_going(requests, "retention", RETENTION, wanted):
        return f"request {going} still goes on, so no other is started"
    rules = Rules.of_settings(settings)
    is_known = any(each.id == wanted for each in requests)
    if not is_known and not _is_due(home, requests, rules, now):
        return "no bag is to go"
    ledger = Ledger(home.container, name, wanted)
    if is_known:
        state = with_hub(ledger, ledger.state())
    else:
        document = {"account": name, "purpose": "retention", "rules": rules.to_document()}
        state = with_hub(ledger, ledger.create("retention", document, by={"schedule": RETENTION}))
    start(client, state)
    return f"request {wanted} is {state.state}"


def _still_going(requests: Iterable[Summary], kind: str, schedule: str, wanted: str) -> str:
    """Another run of the schedule that has not ended and that this hub works on; empty where there is none.

    What a broken record or another hub keeps from ending may never end, and must not end the schedule: where it has the
    account's turn, what is started now is queued behind it, and says so.
    """
    going = ""
    for each in requests:
        if each.id == wanted or each.has_ended or not is_of_schedule(each.id, kind, each.account, schedule):
            continue
        if each.state == "unreadable":
            _log.warning(
                "request %s: its record cannot be believed; the schedule goes on without it", each.id
            )
        elif each.hub not in {None, current_settings().task_hub}:
            _log.warning(
                "request %s: has not ended, and is task hub %s's; the schedule goes on without it",
                each.id,
                each.hub,
            )
        else:
            going = each.id
    return going


def _is_due(home: Account, requests: Iterable[Summary], rules: Rules, now: datetime) -> bool:
    """Whether a bag is to go, or the last run has left something undone."""
    age = timedelta(hours=current_settings().export_age_hours)
    protected = protection(home.container, home.name, export_age=age, now=now)
    found = find_going(home.store, home.container, home.name, rules, protected, now, verifies=lambda _: True)
    runs = [each for each in requests if each.kind == "retention"]
    # By id, and with it by the time when they were due.
    return bool(found.going) or (bool(runs) and _left_something(home, max(runs, key=lambda each: each.id)))


def _left_something(home: Account, run: Summary) -> bool:
    if run.state != "completed":
        return True
    return bool(Ledger(home.container, home.name, run.id).state().retained.get("notCollected"))
