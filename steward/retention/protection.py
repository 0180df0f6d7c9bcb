"""What keeps a bag, whatever the rules say: legal holds, and erasures that rely on it or may come to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.storage.blob import ContainerClient

from steward.archive.bag import projects_in
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.ledger.chain import ChainBroken
from steward.ledger.details import DetailsAltered
from steward.ledger.holds import Hold, standing_holds
from steward.ledger.ledger import Ledger, LedgerMissing, list_requests
from steward.ledger.state import RequestState
from steward.retention.rules import EndedBag

HELD = "a legal hold covers it, or something of its projects"
RELIED_ON = "an erasure relies on it, or may come to"
UNREADABLE = "a request's record cannot be believed, so nobody can say who relies on it"


@dataclass(slots=True)
class Protection:
    """`holds`: those that stand; `bags`: requests that guards named; `since`: bags that ended then or later may still be chosen
    by a guard; `unreadable`: whether any bag may be meant."""

    holds: list[Hold]
    bags: set[str] = field(default_factory=set[str])
    since: datetime | None = None
    unreadable: bool = False

    def why_kept(self, store: ArchiveStore, account: str, bag: EndedBag) -> str:
        """Empty where the bag may go."""
        if self.unreadable:
            return UNREADABLE
        if self.holds:
            projects = projects_in(store, BagNames(account, bag.request))
            if any(hold.covers == "account" or _holds(hold, projects) for hold in self.holds):
                return HELD
        if bag.begun:
            # Nobody can rely on it any more.
            return ""
        young = self.since is not None and bag.ended >= self.since
        return RELIED_ON if bag.request in self.bags or young else ""


def protection(
    container: ContainerClient, account: str, *, export_age: timedelta, now: datetime
) -> Protection:
    """As it is now. `export_age`: how old an export may be that an erasure relies on, when its plan is made."""
    found = Protection(standing_holds(container, account))
    try:
        for state in _carried_out(container, account, now):
            if state is None:
                found.unreadable = True
            elif export := state.guard.get("export"):
                found.bags.add(export["request"])
            elif not state.guard and (oldest := _planned(container, state)):
                found.since = min(found.since or oldest - export_age, oldest - export_age)
    except (ChainBroken, DetailsAltered):
        found.unreadable = True
    return found


def _holds(hold: Hold, projects: set[str]) -> bool:
    return any(hold.names(project) for project in projects)


def _carried_out(container: ContainerClient, account: str, now: datetime) -> Iterator[RequestState | None]:
    """Erasures that have not ended, and dry runs whose plan may still be taken up; None for a record that says nothing."""
    for summary in list_requests(container, account):
        if summary.state == "unreadable":
            yield None
        elif summary.kind == "erasure" and (not summary.has_ended or summary.state == "planned"):
            state = Ledger(container, account, summary.id).state()
            if state.state != "planned" or datetime.fromisoformat(state.plan["expires"]) > now:
                yield state


def _planned(container: ContainerClient, state: RequestState) -> datetime | None:
    """A time before the plan of an erasure was, or will be, made; None where nothing will be asked for to fall back on."""
    details = Ledger(container, state.account, state.id).details()
    document = details.document if details else {}
    if document.get("waiveExport") or document.get("archives") == "erase":
        return None
    plan = state.plan or document.get("plan") or {}
    try:
        made_by = Ledger(container, state.account, plan.get("request", state.id)).state()
    except LedgerMissing:
        made_by = state
    return made_by.accepted
