"""Export an account: take its turn, export its projects, seal the bag, verify it, sign it."""

from typing import Any

import azure.durable_functions as df
from durabletask import task

from activities.payloads import (
    AccountInformation,
    Ended,
    Ending,
    ExportPlan,
    RequestRef,
    Sealed,
    Verified,
    WaitingRequest,
)
from orchestrator import names
from orchestrator.calls import Steps, call, child, fault_of, step
from orchestrator.projects import every_project
from orchestrator.retry import END
from orchestrator.tellers import wake_tellers
from orchestrator.turns import ENDED_MEANWHILE, WAITS_PER_RUN, hold_turn

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.EXPORT_ACCOUNT)
def export_account(ctx: task.OrchestrationContext, request: WaitingRequest) -> Steps[dict[str, str]]:
    """The whole life of an export request; its end is always on record in the ledger."""
    ref = RequestRef(request=request["request"], account=request["account"])
    waits = request.get("waits", 0)
    ending: dict[str, str] = {}
    try:
        if not waits:
            ending = refused((yield from call(ctx, names.PLAN_EXPORT, ref)))
        if not ending:
            turn = yield from hold_turn(ctx, ref, waits)
            if not (turn["held"] or turn["over"]):
                ctx.continue_as_new({**ref, "waits": waits + WAITS_PER_RUN}, save_events=True)
                return {"state": "queued", "reason": ""}
            ending = {"state": "cancelled", "reason": ENDED_MEANWHILE}
            if turn["held"]:
                ending = yield from export_everything(ctx, ref)
    except task.TaskFailedError as error:
        ending = {"state": "failed", "reason": fault_of(error)["fault"]["reason"]}
    last_word = Ending(**ref, state=ending["state"], reason=ending["reason"])
    ended: Ended = yield from step(ctx, names.END_REQUEST, last_word, END)
    yield from wake_tellers(ctx, ref, ended)
    return ending


def export_everything(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[dict[str, str]]:
    """From the plan, made while the turn is held, to a verified and signed bag."""
    plan: ExportPlan = yield from call(ctx, names.BEGIN_EXPORT, ref)
    if refusal := refused(plan):
        return refusal
    if not plan.get("sealed"):
        yield from export_projects(ctx, ref, plan)
    ctx.set_custom_status({"phase": "seal"})
    sealed: Sealed = yield from step(ctx, names.SEAL_BAG, ref)
    ctx.set_custom_status({"phase": "verify"})
    verified: Verified = yield from step(ctx, names.VERIFY_BAG, ref)
    if verified["problems"]:
        return {"state": "failed", "reason": f"the bag does not verify: {verified['first']}"}
    yield from step(ctx, names.SIGN_BAG, ref)
    return {"state": "completed-with-gaps" if sealed["gaps"] else "completed", "reason": ""}


def export_projects(ctx: task.OrchestrationContext, ref: RequestRef, plan: ExportPlan) -> Steps[None]:
    """The account's own information, then every project."""

    def start(project: str) -> task.Task[Any]:
        payload = {**ref, "project": project, "options": plan.get("options")}
        return child(ctx, names.EXPORT_PROJECT, project, payload)

    ctx.set_custom_status({"phase": "export", "done": 0, "total": plan.get("projects", 0)})
    yield from export_account_information(ctx, ref)
    yield from every_project(ctx, ref, "export", start)


def export_account_information(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[None]:
    """What fails is asked for again, as any call is; if it still fails then, the rest is written beside the reason."""
    result = yield from call(ctx, names.EXPORT_ACCOUNT_INFORMATION, AccountInformation(**ref, last=False))
    if "fault" in result:
        yield from step(ctx, names.EXPORT_ACCOUNT_INFORMATION, AccountInformation(**ref, last=True))


def refused(plan: ExportPlan) -> dict[str, str]:
    """Why there will be no export: the scope chose nothing, or the service cannot be asked; empty when there will."""
    if "fault" in plan:
        return {"state": "failed", "reason": plan["fault"]["reason"]}
    if reason := plan.get("refusal"):
        return {"state": "refused", "reason": reason}
    return {}
