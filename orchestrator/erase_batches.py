"""Work on batches of one kind, in waves, and wait for what the service has accepted to delete and goes on with."""

from datetime import timedelta

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import (
    Batch,
    Batches,
    BatchFault,
    BatchResult,
    ErasureRef,
    PendingBatches,
    StillPending,
)
from activities.payloads import Fault
from orchestrator import names
from orchestrator.calls import Steps, call, call_all, step

bp = df.Blueprint()

BATCHES_AT_ONCE = 50
# Seconds between looks at deletes that go on.
SHORTEST_PAUSE, LONGEST_PAUSE = 5.0, 120.0
NOT_FINISHED = Fault(
    code="NotFinished",
    reason="the service accepted the deletion, and had not done it when it was waited for no longer",
)


@bp.orchestration_trigger(context_name="ctx", orchestration=names.ERASE_BATCHES)
def erase_batches(ctx: task.OrchestrationContext, batches: Batches) -> Steps[int]:
    """How many objects stay; each is written down with its reason."""
    stays = 0
    stop = batches["first"] + batches["count"]
    for first in range(batches["first"], stop, BATCHES_AT_ONCE):
        wave = [batch_of(batches, number) for number in range(first, min(stop, first + BATCHES_AT_ONCE))]
        results: list[BatchResult] = yield from call_all(ctx, [(batches["activity"], each) for each in wave])
        for batch, result in zip(wave, results, strict=True):
            if "fault" in result:
                yield from undeleted(ctx, batch, result["fault"])
            stays += result.get("stays", 1)
        pending = [
            batch["number"] for batch, result in zip(wave, results, strict=True) if result.get("pending")
        ]
        stays += yield from settle(ctx, batches, pending)
    return stays


def batch_of(batches: Batches, number: int) -> Batch:
    return Batch(
        request=batches["request"],
        account=batches["account"],
        project=batches["project"],
        kind=batches["kind"],
        number=number,
    )


def settle(ctx: task.OrchestrationContext, batches: Batches, pending: list[int]) -> Steps[int]:
    """Look again, at growing intervals, until nothing of the batches is there; how many of them never got so far."""
    ref = ErasureRef(request=batches["request"], account=batches["account"], project=batches["project"])
    pause, patience = SHORTEST_PAUSE, batches["patience"]
    while pending and patience > 0:
        pause = min(pause, patience)
        yield ctx.create_timer(timedelta(seconds=pause))
        patience -= pause
        pause = min(pause * 2, LONGEST_PAUSE)
        looked: StillPending = yield from call(
            ctx, names.AWAIT_IMAGES, PendingBatches(**ref, numbers=pending)
        )
        pending = looked.get("numbers", pending)
    for number in pending:
        yield from undeleted(ctx, batch_of(batches, number), NOT_FINISHED)
    return len(pending)


def undeleted(ctx: task.OrchestrationContext, batch: Batch, fault: Fault) -> Steps[None]:
    """Write down that a batch was not worked on to its end."""
    yield from step(ctx, names.RECORD_UNDELETED, BatchFault(**batch, fault=fault))
