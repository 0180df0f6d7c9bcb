"""Erase what a request names: plan, guard, approval, erase, read back, certificate."""

from datetime import UTC, timedelta
from typing import Any

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import (
    ApprovalAsked,
    ArchivesRef,
    Bags,
    CertificateRef,
    Decision,
    ErasurePlan,
    ErasureRef,
    GuardCheck,
    Guarded,
    InventoryRef,
    InventoryResult,
    Phase,
)
from activities.payloads import Ended, Ending, Fault, RequestRef, Turn, WaitingRequest
from orchestrator import names
from orchestrator.calls import Steps, call, child, fault_of, step
from orchestrator.projects import every_project
from orchestrator.retry import END
from orchestrator.tellers import wake_tellers
from orchestrator.turns import ENDED_MEANWHILE, WAITS_PER_RUN, hold_turn
from orchestrator.work_on_bags import every_bag, run_of

bp = df.Blueprint()

# An approval wakes the request; should the event be lost, it looks by itself.
LOOK_AGAIN = timedelta(minutes=5)
type Answer = dict[str, str]
"""A request's end: `state` and `reason`; empty where it is time for a new run of the orchestration."""


@bp.orchestration_trigger(context_name="ctx", orchestration=names.ERASE_ACCOUNT)
def erase_account(ctx: task.OrchestrationContext, request: WaitingRequest) -> Steps[Answer]:
    """The whole life of an erasure; its end is always on record in the ledger."""
    ref = RequestRef(request=request["request"], account=request["account"])
    waits = request.get("waits", 0)
    try:
        ending = (
            (yield from erase_and_certify(ctx, ref))
            if request.get("fresh")
            else (yield from plan_and_wait(ctx, ref, waits))
        )
    except task.TaskFailedError as error:
        ending = {"state": "failed", "reason": fault_of(error)["fault"]["reason"]}
    if not ending:
        again = {"fresh": True} if ending is None else {"waits": waits + WAITS_PER_RUN}
        ctx.continue_as_new({**ref, **again}, save_events=True)
        return {"state": "waiting", "reason": ""}
    last_word = Ending(**ref, state=ending["state"], reason=ending["reason"])
    over: Ended = yield from step(ctx, names.END_REQUEST, last_word, END)
    yield from wake_tellers(ctx, ref, over)
    return ending


def plan_and_wait(ctx: task.OrchestrationContext, ref: RequestRef, waits: int) -> Steps[Answer | None]:
    """Nothing once the plan is on record, guarded, approved, and the account's turn is held: the erase itself begins with
    an empty history."""
    plan: ErasurePlan = yield from make_plan(ctx, ref)
    if answer := ended(plan):
        return answer
    answer: Answer | None = yield from guarded(ctx, ref, last=False)
    if not answer:
        answer = yield from approved(ctx, ref, waits)
    if answer is not None:
        return answer
    turn: Turn = yield from hold_turn(ctx, ref, waits)
    if turn["over"]:
        return {"state": "cancelled", "reason": ENDED_MEANWHILE}
    return None if turn["held"] else {}


def erase_and_certify(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[Answer]:
    """Nothing is changed before the guard has looked once more."""
    answer: Answer | None = yield from guarded(ctx, ref, last=True)
    if answer:
        return answer
    yield from erase_projects(ctx, ref)
    ended = _now(ctx)
    yield from read_back(ctx, ref)
    certificate = CertificateRef(**ref, ended=ended, read_back=_now(ctx))
    yield from redact_archives(ctx, ref)
    yield from show(ctx, ref, "certificate")
    return (yield from step(ctx, names.ISSUE_CERTIFICATE, certificate))


def make_plan(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[ErasurePlan]:
    """The plan on record; else one that is made now, of inventories of all the projects that the scope gives."""
    yield from show(ctx, ref, "plan")
    plan: ErasurePlan = yield from call(ctx, names.BEGIN_PLAN, ref)
    if plan.get("recorded") or plan.get("refusal") or "fault" in plan:
        return plan
    faults = yield from take_inventories(ctx, ref)
    if faults:
        return ErasurePlan(fault=faults[0])
    return (yield from step(ctx, names.WRITE_PLAN, ref))


def ended(plan: ErasurePlan) -> Answer:
    """The end of a request that does not go beyond its plan."""
    if "fault" in plan:
        return {"state": "failed", "reason": plan["fault"]["reason"]}
    if reason := plan.get("refusal"):
        return {"state": "refused", "reason": reason}
    if plan.get("dry"):
        return {"state": "planned", "reason": "nothing to erase" if plan.get("empty") else ""}
    return {}


def guarded(ctx: task.OrchestrationContext, ref: RequestRef, *, last: bool) -> Steps[Answer | None]:
    """The refusal, where a hold covers the plan or nothing would be left to fall back on."""
    yield from show(ctx, ref, "guard")
    guard: Guarded = yield from step(ctx, names.GUARD_ERASURE, GuardCheck(**ref, last=last))
    return {"state": "refused", "reason": guard["refusal"]} if guard["refusal"] else None


def approved(ctx: task.OrchestrationContext, ref: RequestRef, waits: int) -> Steps[Answer | None]:
    """Nothing once a person has approved the plan; the request's end where somebody says no, or nobody says anything."""
    asked: ApprovalAsked = yield from step(ctx, names.ASK_APPROVAL, ref)
    yield from wake_tellers(ctx, ref, asked)
    for _ in range(waits, waits + WAITS_PER_RUN):
        decision: Decision = yield from step(ctx, names.READ_DECISION, ref)
        match decision["decision"]:
            case "approved":
                return None
            case "rejected" | "cancelled" | "refused" as state:
                return {"state": state, "reason": decision["reason"]}
            case _:
                ctx.set_custom_status({"phase": "approval"})
        woken = ctx.wait_for_external_event(names.DECISION)
        timer = ctx.create_timer(min(LOOK_AGAIN, timedelta(seconds=max(1.0, decision["seconds"]))))
        yield task.when_any([woken, timer])
        # Neither is left behind: the one would keep the history open, the other would take the next event.
        for each in (woken, timer):
            if not each.is_complete:
                each.cancel()
    return {}


def erase_projects(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[None]:
    """Every project of the plan."""

    def start(project: str) -> task.Task[Any]:
        return child(ctx, names.ERASE_PROJECT, f"erase-{project}", ErasureRef(**ref, project=project))

    yield from show(ctx, ref, "erase")
    yield from every_project(ctx, ref, "erase", start)


def read_back(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[None]:
    """List everything again, ask for every planned id again, and compare with what was there before."""

    def start(project: str) -> task.Task[Any]:
        return child(ctx, names.READ_BACK_PROJECT, f"read-back-{project}", ErasureRef(**ref, project=project))

    yield from show(ctx, ref, "read-back")
    yield from every_project(ctx, ref, "read-back", start)
    yield from call(ctx, names.COMPARE_ACCOUNT, ref)


def redact_archives(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[None]:
    """Take what is gone out of every bag that holds it, one bag after the other, if the request says so."""
    yield from show(ctx, ref, "archives")
    archives = ArchivesRef(**ref, run=run_of(ctx))
    bags: Bags = yield from step(ctx, names.FIND_BAGS, archives)
    if bags["leaving"]:
        yield from every_bag(ctx, archives, bags["count"], names.SEARCH_BAG)
        yield from step(ctx, names.DECIDE_LEAVING, archives)
        yield from every_bag(ctx, archives, bags["count"], names.REDACT_BAG, at_once=1)
        # Last: until then a bag that is not redacted yet still names them.
        yield from step(ctx, names.DELETE_COPIES, archives)
        yield from every_bag(ctx, archives, bags["count"], names.READ_BACK_BAG)
    yield from step(ctx, names.READ_BACK_ARCHIVE, archives)


def take_inventories(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[list[Fault]]:
    """The faults of projects whose inventory could not be taken."""

    def start(project: str) -> task.Task[Any]:
        payload = InventoryRef(**ref, reading="plan", project=project)
        return child(ctx, names.INVENTORY_PROJECT, f"plan-{project}", payload)

    results: list[InventoryResult] = yield from every_project(ctx, ref, "plan", start)
    return [each["fault"] for each in results if "fault" in each]


def show(ctx: task.OrchestrationContext, ref: RequestRef, phase: str) -> Steps[None]:
    """Say in the ledger, and to whoever looks, how far the request is."""
    ctx.set_custom_status({"phase": phase})
    yield from step(ctx, names.RECORD_PHASE, Phase(**ref, phase=phase))


def _now(ctx: task.OrchestrationContext) -> str:
    """The orchestration's own time, the same in each replay."""
    return ctx.current_utc_datetime.replace(tzinfo=UTC).isoformat()
