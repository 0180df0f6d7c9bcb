"""What a person decides about an erasure, and how far it has come: read from its ledger and written there."""

from datetime import UTC, datetime, timedelta

import azure.durable_functions as df

from activities.erasure_payloads import ApprovalAsked, Decision, Phase
from activities.payloads import RequestRef
from activities.scope import recorded_plan
from steward.accounts import account
from steward.ledger.ledger import Ledger
from steward.ledger.state import PHASE, WAITING
from steward.settings import current_settings

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
def ask_approval(ref: RequestRef) -> ApprovalAsked:
    """From now on the request waits for a person: for a set time, and not longer than the plan holds."""
    recorded = recorded_plan(ref["account"], ref["request"])
    patience = datetime.now(UTC) + timedelta(hours=current_settings().approval_hours)
    until = min(patience, datetime.fromisoformat(recorded.plan["expires"]))
    ledger = _ledger(ref)
    event = ledger.append(WAITING, WAITING, {"until": until.isoformat()})
    return ApprovalAsked(until=str(event.data["until"]), untold=bool(ledger.state().untold))


@bp.activity_trigger(input_name="ref")
def read_decision(ref: RequestRef) -> Decision:
    """What stands in the ledger; the event that wakes the orchestration says nothing of it."""
    state = _ledger(ref).state()
    now = datetime.now(UTC)
    if state.cancel_asked and not state.decision:
        return Decision(decision="cancelled", reason="cancelled before anything was erased", seconds=0)
    if state.decision and state.decision["planHash"] != state.plan["hash"]:
        return Decision(decision="refused", reason="what was decided about is another plan", seconds=0)
    if state.decision:
        reason = str(state.decision.get("reason", ""))
        return Decision(decision=state.decision["decision"], reason=reason, seconds=0)
    assert state.waiting_until is not None  # noqa: S101 - approval has been asked for
    if now >= state.waiting_until:
        return Decision(
            decision="refused",
            reason=f"nobody approved the plan until {state.waiting_until.isoformat(timespec='seconds')}",
            seconds=0,
        )
    return Decision(decision="", reason="", seconds=(state.waiting_until - now).total_seconds())


@bp.activity_trigger(input_name="phase")
def record_phase(phase: Phase) -> dict[str, str]:
    """Once a phase, however often the orchestration comes by."""
    _ledger(phase).append(PHASE, f"{PHASE}-{phase['phase']}", {"phase": phase["phase"]})
    return {"phase": phase["phase"]}


def _ledger(ref: RequestRef) -> Ledger:
    return Ledger(account(ref["account"]).container, ref["account"], ref["request"])
