"""What stands before an erasure: legal holds, which nothing waives, and a bag that has everything that will go."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

import azure.durable_functions as df

from activities.erasure_payloads import GuardCheck, Guarded
from activities.holding import holds_against
from activities.scope import erasure_request, recorded_plan
from steward.accounts import Account, account
from steward.archive.bag import projects_in
from steward.archive.damage import UNREADABLE
from steward.archive.errors import BlobMissing
from steward.archive.manifest import TAGMANIFEST
from steward.archive.names import BagNames
from steward.archive.verify import verify
from steward.erasure.bag_ledgers import noted_redactions
from steward.erasure.coverage import uncovered
from steward.erasure.plan import PlannedProject, RecordedPlan
from steward.erasure.planning import unseen_iterations
from steward.evidence.bags import check_bag
from steward.evidence.keys import load_signer
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import Ledger, list_requests
from steward.ledger.state import APPROVED, GUARD, SEALED, RequestState, began, fold
from steward.settings import current_settings

bp = df.Blueprint()

# Each is verified whole and its payload read: the newest few are looked at, not a year of nightly copies.
MOST_BAGS = 5


@bp.activity_trigger(input_name="check")
def guard_erasure(check: GuardCheck) -> Guarded:
    """Why nothing may be erased, empty where it may. What has begun to erase is past that, and stops at a hold by itself."""
    home = account(check["account"])
    ledger = Ledger(home.container, check["account"], check["request"])
    events = ledger.read()
    state = fold(ledger.id, ledger.account, events)
    refusal = _unapproved(state) if check["last"] else ""
    if refusal or began(events, "erase"):
        return Guarded(refusal=refusal)
    recorded = recorded_plan(check["account"], check["request"])
    if held := [
        hold for project in recorded.plan["projects"] for hold in holds_against(check, project["id"])
    ]:
        return Guarded(refusal=f"legal holds cover what would be erased: {', '.join(sorted(set(held))[:5])}")
    if unseen := [each for project in recorded.plan["projects"] for each in _unseen(project)]:
        return Guarded(refusal=f"the plan has not seen all of {', '.join(unseen[:5])}; ask for a new plan")
    if check["last"] and datetime.fromisoformat(recorded.plan["expires"]) <= datetime.now(UTC):
        return Guarded(
            refusal=f"the plan expired at {recorded.plan['expires']}, before it was the request's turn"
        )
    if state.guard and not check["last"]:
        return Guarded(refusal="")
    refusal, found = _fallback(check, home, recorded, state.guard)
    if not refusal:
        ledger.append(GUARD, "guard-last" if check["last"] else "guard-first", found)
    return Guarded(refusal=refusal)


def _unapproved(state: RequestState) -> str:
    """Why the plan may not be carried out, whoever has started that; empty where it is approved and the request goes on."""
    if state.has_ended:
        return f"the request has ended: {state.state}"
    decision = state.decision
    if decision.get("decision") != APPROVED or decision["planHash"] != state.plan["hash"]:
        return "nobody has approved this plan"
    return ""


def _unseen(project: PlannedProject) -> list[str]:
    return [f"iteration {each} of project {project['id']}" for each in unseen_iterations(project)]


def _fallback(
    check: GuardCheck, home: Account, recorded: RecordedPlan, known: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Why there is nothing to fall back on, and what there is, or why nothing is needed."""
    request = erasure_request(check["account"], check["request"])
    if request.waive_export:
        return "", {"waived": True}
    if request.archives == "erase":
        # Nothing would be left to fall back on.
        return "", {"archives": True}
    first = _candidate(home, known["export"]["request"]) if known else None
    candidates = chain([first] if first else [], _candidates(home, recorded))
    reasons: list[str] = []
    for export in islice(candidates, MOST_BAGS):
        if not (reason := _unfit(home, recorded, export)):
            return "", {"export": export.document()}
        reasons.append(f"{export.request}: {reason}")
    if not reasons:
        hours = current_settings().export_age_hours
        reasons = [f"there is none that was sealed in the {hours:g} hours before the plan was made, or since"]
    return f"no export covers the plan ({'; '.join(reasons)[:1500]})", {}


@dataclass(frozen=True, slots=True)
class _Export:
    """`redacted`: what its ledger says of redactions of its bag."""

    request: str
    sealed: datetime
    tagmanifest: str
    redacted: dict[str, str]

    def document(self) -> dict[str, str]:
        return {
            "request": self.request,
            "tagmanifest": self.tagmanifest,
            "sealed": self.sealed.isoformat(),
        }


def _candidates(home: Account, recorded: RecordedPlan) -> Iterator[_Export]:
    """Sealed exports that are not too old, the newest first."""
    oldest = datetime.fromisoformat(recorded.plan["made"]) - timedelta(
        hours=current_settings().export_age_hours
    )
    ended = [
        each
        for each in list_requests(home.container, home.name)
        if each.kind == "export" and each.state.startswith("completed") and each.updated
    ]
    found = [_candidate(home, each.id) for each in ended if each.updated and each.updated >= oldest]
    young = [each for each in found if each and each.sealed >= oldest]
    for export in sorted(young, key=lambda each: each.sealed, reverse=True):
        if _has_projects(home, export, recorded):
            yield export


def _has_projects(home: Account, export: _Export, recorded: RecordedPlan) -> bool:
    """Whether its bag has all projects of the plan: exports of others are not worth a look."""
    planned = {each["id"] for each in recorded.plan["projects"]}
    return planned <= projects_in(home.store, BagNames(home.name, export.request))


def _candidate(home: Account, request: str) -> _Export | None:
    """The export as it stands now: a redaction since has given its bag another tagmanifest. None where nobody can tell when it
    was sealed."""
    try:
        events = Ledger(home.container, home.name, request).read()
    except ChainBroken:
        return None
    sealed = [event.at for event in events if event.type == SEALED]
    found = home.store.find(BagNames(home.name, request).blob(TAGMANIFEST))
    if not sealed or found is None:
        return None
    return _Export(request, sealed[0], found.sha256 or "", noted_redactions(events))


def _unfit(home: Account, recorded: RecordedPlan, export: _Export) -> str:
    """Why the export is no fallback; empty where it verifies and covers the plan."""
    bag = BagNames(home.name, export.request)
    try:
        if lacks := uncovered(home.store, bag, recorded):
            return "; ".join(lacks)
    except (BlobMissing, *UNREADABLE) as error:
        # Somebody has changed it since it was sealed; another bag may still do.
        return f"its bag does not verify: {error}"
    if problems := verify(home.store, home.name, export.request).problems:
        return f"its bag does not verify: {problems[0]}"
    ours = [load_signer(current_settings().evidence_key).public_key]
    return check_bag(home.store, bag, export.tagmanifest, ours, export.redacted)
