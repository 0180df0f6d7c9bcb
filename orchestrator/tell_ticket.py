"""Tell a ticket, or a callback, every change of a request that somebody waits for, in order, until the request has ended."""

import hashlib
from datetime import timedelta

import azure.durable_functions as df
from durabletask import task

from activities.telling_payloads import Teller, TellerRef, Telling, Told
from orchestrator import names
from orchestrator.calls import Steps, step

bp = df.Blueprint()

# Each costs a handful of history events.
LOOKS_PER_RUN = 100
# Between two tries for one change: twice as long each time.
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
# Then the change is given up, and the next one has its turn.
PATIENCE = timedelta(days=1)
# News wake it; should they be lost, it looks by itself.
LOOK_AGAIN = timedelta(minutes=10)


@bp.orchestration_trigger(context_name="ctx", orchestration=names.TELL_TICKET)
def tell_ticket(ctx: task.OrchestrationContext, teller: Teller) -> Steps[dict[str, str]]:
    """Whatever becomes of it, the request goes its own way."""
    ref = TellerRef(request=teller["request"], account=teller["account"], place=teller["place"])
    failures, waited = teller.get("failures", 0), timedelta(seconds=teller.get("waited", 0.0))
    for _ in range(LOOKS_PER_RUN):
        telling = Telling(**ref, last=waited >= PATIENCE)
        told: Told = yield from step(ctx, names.TELL_CHANGE, telling)
        match told["outcome"]:
            case "over":
                return {"place": ref["place"]}
            case "waits":
                yield from news(ctx)
            case "told":
                failures, waited = 0, timedelta()
            case "again":
                pause = pause_after(failures, told["retry_after"], ctx.instance_id)
                failures, waited = failures + 1, waited + pause
                yield ctx.create_timer(pause)
    again = Teller(**ref, failures=failures, waited=waited.total_seconds())
    ctx.continue_as_new(again, save_events=True)
    return {"place": ref["place"]}


def pause_after(failures: int, retry_after: float, instance: str) -> timedelta:
    """As long as the other side asks for at least, up to the longest pause, since a date may be wrong; and up to half as long
    again, which is each instance's own, so that not all of them try at once."""
    doubled = FIRST_PAUSE * 2 ** min(failures, 20)
    pause = min(max(doubled, timedelta(seconds=retry_after)), LONGEST_PAUSE)
    digest = hashlib.sha256(f"{instance} {failures}".encode()).digest()
    return pause * (1 + int.from_bytes(digest[:4]) / 2**33)


def news(ctx: task.OrchestrationContext) -> Steps[None]:
    """Wait until something has happened to the request, or until it is time to look."""
    woken = ctx.wait_for_external_event(names.NEWS)
    timer = ctx.create_timer(LOOK_AGAIN)
    yield task.when_any([woken, timer])
    # As in `approved` of erase_account: neither is left behind.
    for each in (woken, timer):
        if not each.is_complete:
            each.cancel()
