"""Retention: bags whose time has come go, and then the copies that no bag names any more. One bag an activity."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.erasure_payloads import BagPart
from activities.holding import standing_holds
from activities.leaving import write_once
from activities.payloads import RequestRef
from activities.retention_payloads import Collected, CopiesRef, Expiring, Retained
from steward.accounts import Account, account
from steward.archive.collecting import delete_unnamed, find_unnamed
from steward.archive.expiring import Expiry, expire, is_left, tagmanifest_of
from steward.archive.names import BagNames
from steward.ledger.ledger import Ledger
from steward.ledger.state import EXPIRED, RETAINED
from steward.retention.bags import ended_bag
from steward.retention.collected import collected, say_found, say_left
from steward.retention.going import find_going, verifies_now
from steward.retention.protection import Protection, protection
from steward.retention.rules import Rules
from steward.settings import current_settings

bp = df.Blueprint()

GONE = "bag-expired"
# Of many reasons the first say enough.
_NAMED = 50


@bp.activity_trigger(input_name="ref")
def find_expiring(ref: RequestRef) -> Expiring:
    """Write down which bags go, and which a rule names and something keeps."""
    home, now = account(ref["account"]), datetime.now(UTC)
    found = find_going(
        home.store,
        home.container,
        home.name,
        _rules(ref, home),
        _protection(home),
        now,
        verifies=verifies_now(home.store, home.name),
    )
    document = {"going": list(found.going.items()), "kept": list(found.kept.items())}
    write_once(home, _list(ref), document)
    return Expiring(count=len(_read(home, ref)["going"]))


@bp.activity_trigger(input_name="part")
def expire_bag(part: BagPart) -> dict[str, str]:
    """Delete one bag, unless something has come since that keeps it; its own ledger says so first."""
    home, ledger = account(part["account"]), _ledger(part)
    request, rule = _read(home, part)["going"][part["number"]]
    bag = BagNames(home.name, request)
    found = ended_bag(home.store, home.container, bag)
    # Whether the request has ended is asked last: the look before it takes its time.
    if found is None or _protection(home).why_kept(home.store, home.name, found) or ledger.has_ended():
        return _say_whether_gone(home, ledger, bag)
    expiry = Expiry(
        rule=rule,
        retention=part["request"],
        at=datetime.now(UTC).isoformat(),
        tagmanifest=tagmanifest_of(home.store, bag),
    )
    on_record = Ledger(home.container, home.name, request).append(EXPIRED, EXPIRED, {**expiry})
    expire(home.store, bag, Expiry(**on_record.data))
    return _say_whether_gone(home, ledger, bag)


@bp.activity_trigger(input_name="ref")
def collect_copies(ref: CopiesRef) -> Collected:
    """Delete the copies of some projects that no bag names; on record before is how many these are, and after it what stays."""
    home, ledger = account(ref["account"]), _ledger(ref)
    found = find_unnamed(home.store, home.name, after=ref["after"])
    say_found(ledger, found)

    def why_kept(project: str) -> str:
        """Once the request has ended another may name them, so that is asked last; a hold counts from the next batch on."""
        if any(hold.names(project) for hold in standing_holds(ref)):
            return "a legal hold covers something of it"
        return "the request has ended" if ledger.has_ended() else ""

    left = delete_unnamed(home.store, home.name, found, why_kept=why_kept)
    say_left(ledger, found, left)
    return Collected(last=found.last)


@bp.activity_trigger(input_name="ref")
def close_retention(ref: RequestRef) -> Retained:
    """Say in the ledger what went and what stayed."""
    home, ledger = account(ref["account"]), _ledger(ref)
    events, written = ledger.read(), _read(home, ref)
    gone = {event.data["bag"] for event in events if event.type == GONE}
    copies = collected(events)
    kept = [*written["kept"], *((bag, "it is kept since") for bag, _ in written["going"] if bag not in gone)]
    told = {
        "bags": len(gone),
        "copies": copies.gone,
        "kept": [{"bag": bag, "reason": why} for bag, why in kept[:_NAMED]],
        "notCollected": [*copies.unread, *copies.left][:_NAMED],
    }
    ledger.append(RETAINED, RETAINED, told)
    if copies.unread:
        return Retained(state="incomplete", reason=f"not all copies could be looked at: {copies.unread[0]}")
    return Retained(state="completed", reason="")


def _rules(ref: RequestRef, home: Account) -> Rules:
    """Those that were in force when the request was made."""
    details = Ledger(home.container, home.name, ref["request"]).details()
    assert details is not None  # noqa: S101 - nobody forgets a request that has not ended
    return Rules.of(details.document["rules"])


def _protection(home: Account) -> Protection:
    age = timedelta(hours=current_settings().export_age_hours)
    return protection(home.container, home.name, export_age=age, now=datetime.now(UTC))


def _say_whether_gone(home: Account, ledger: Ledger, bag: BagNames) -> dict[str, str]:
    """On record as progress too."""
    if not is_left(home.store, bag):
        ledger.append(GONE, f"{GONE}-{bag.request}", {"bag": bag.request})
    return {}


def _ledger(ref: RequestRef) -> Ledger:
    return Ledger(account(ref["account"]).container, ref["account"], ref["request"])


def _list(ref: RequestRef) -> str:
    return f"{BagNames(ref['account'], ref['request']).work}going.json"


def _read(home: Account, ref: RequestRef) -> Any:
    return json.loads(home.store.read(_list(ref)))
