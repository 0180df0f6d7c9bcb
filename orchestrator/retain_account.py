"""Retain what is to be kept of an account: take its turn, expire its old bags, collect copies that no bag names any more."""

from datetime import timedelta

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import ArchivesRef
from activities.payloads import Ending, RequestRef, Turn, WaitingRequest
from activities.retention_payloads import Collected, CopiesRef, Expiring, Retained
from orchestrator import names
from orchestrator.calls import Steps, fault_of, step
from orchestrator.retry import END
from orchestrator.turns import ENDED_MEANWHILE, WAITS_PER_RUN, hold_turn
from orchestrator.work_on_bags import every_bag, run_of

bp = df.Blueprint()

# A batch of deletions whose answer never came may still reach the store: its client waits a minute for an answer.
ON_ITS_WAY = timedelta(minutes=10)


@bp.orchestration_trigger(context_name="ctx", orchestration=names.RETAIN_ACCOUNT)
def retain_account(ctx: task.OrchestrationContext, request: WaitingRequest) -> Steps[Retained]:
    """The whole life of a retention; its end is always on record in the ledger."""
    ref = RequestRef(request=request["request"], account=request["account"])
    waits = request.get("waits", 0)
    try:
        turn: Turn = yield from hold_turn(ctx, ref, waits)
        if not (turn["held"] or turn["over"]):
            ctx.continue_as_new({**ref, "waits": waits + WAITS_PER_RUN}, save_events=True)
            return Retained(state="queued", reason="")
        ending = Retained(state="cancelled", reason=ENDED_MEANWHILE)
        if turn["held"]:
            ending = yield from retain(ctx, ref)
    except task.TaskFailedError as error:
        ending = Retained(state="failed", reason=fault_of(error)["fault"]["reason"])
    yield from step(ctx, names.END_REQUEST, Ending(**ref, **ending), END)
    return ending


def retain(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[Retained]:
    """Copies last: until then a bag that goes still names them."""
    ctx.set_custom_status({"phase": "expire"})
    expiring: Expiring = yield from step(ctx, names.FIND_EXPIRING, ref)
    yield from every_bag(ctx, ArchivesRef(**ref, run=run_of(ctx)), expiring["count"], names.EXPIRE_BAG)
    ctx.set_custom_status({"phase": "collect"})
    try:
        yield from collect(ctx, ref)
    except task.TaskFailedError:
        # The turn is free with the request's end, and the next export relies on the copies that it lists.
        yield ctx.create_timer(ON_ITS_WAY)
        raise
    return (yield from step(ctx, names.CLOSE_RETENTION, ref))


def collect(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[None]:
    """Some projects after the other."""
    last = ""
    while True:
        collected: Collected = yield from step(ctx, names.COLLECT_COPIES, CopiesRef(**ref, after=last))
        if not (last := collected["last"]):
            return
