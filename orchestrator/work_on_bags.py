"""One activity a bag: a bag may be large, and there may be many."""

from typing import Any

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import ArchivesRef, BagPart, BagsPart
from orchestrator import names
from orchestrator.calls import Steps, child, some_at_once, time_of
from orchestrator.retry import STEP

bp = df.Blueprint()

# Each costs a handful of history events, some more where it is tried again.
BAGS_A_CHILD = 100
# Reading a bag is mostly waiting for the store.
BAGS_AT_ONCE = 4


@bp.orchestration_trigger(context_name="ctx", orchestration=names.WORK_ON_BAGS)
def work_on_bags(ctx: task.OrchestrationContext, part: BagsPart) -> Steps[dict[str, int]]:
    """Run the activity for each of these bags."""

    def start(number: str) -> task.Task[Any]:
        bag = BagPart(request=part["request"], account=part["account"], run=part["run"], number=int(number))
        return ctx.call_activity(part["activity"], input=bag, retry_policy=STEP)

    numbers = [str(number) for number in range(part["first"], part["first"] + part["count"])]
    yield from some_at_once(numbers, start, part["at_once"], lambda _: None)
    return {"bags": part["count"]}


def every_bag(
    ctx: task.OrchestrationContext,
    ref: ArchivesRef,
    count: int,
    activity: str,
    *,
    at_once: int = BAGS_AT_ONCE,
) -> Steps[None]:
    """Run an activity for every bag on record, in children whose histories stay short."""
    for first in range(0, count, BAGS_A_CHILD):
        bags = min(BAGS_A_CHILD, count - first)
        part = BagsPart(**ref, activity=activity, first=first, count=bags, at_once=at_once)
        yield child(ctx, names.WORK_ON_BAGS, f"{activity}-{first}", part)


def run_of(ctx: task.OrchestrationContext) -> str:
    """A word for this run, the same in each replay: one that is started again looks anew."""
    return time_of(ctx).replace(".", "-")
