"""Erase a project's part of the plan, children before their parents: predictions, publications, images, tags,
iterations, and the project itself where nothing is left in it."""

from datetime import timedelta

import azure.durable_functions as df
from durabletask import task

from activities.payloads import Batch, BatchFault, BatchResult, ErasureRef, Fault, PlannedWork
from orchestrator import names
from orchestrator.calls import Steps, call, call_all, step

bp = df.Blueprint()

BATCHES_AT_ONCE = 50
# Between looks at deletes that the service has accepted and not finished; some ten minutes in all.
LOOKS = tuple(timedelta(seconds=each) for each in (5, 10, 20, 30, 60, 60, 60, 120, 120, 120))
NOT_TRIED = Fault(code="NotTried", reason="what hangs on it, or what it holds, is still there")


@bp.orchestration_trigger(context_name="ctx", orchestration=names.ERASE_PROJECT)
def erase_project(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[dict[str, int]]:
    """What stays is written down with its reason; that the rest is gone only the read back says."""
    work: PlannedWork = yield from step(ctx, names.READ_PLANNED_WORK, ref)
    stays = yield from erase(ctx, ref, names.DELETE_PREDICTIONS, "predictions", work["predictions"])
    stays += yield from erase(ctx, ref, names.UNPUBLISH_ITERATIONS, "unpublish", work["unpublish"])
    images = yield from erase(ctx, ref, names.DELETE_IMAGES, "images", work["images"])
    # Deleting a tag changes every image that carries it: not while one of them stays.
    if images:
        yield from leave(ctx, ref, "tags", work["tags"])
    else:
        stays += yield from erase(ctx, ref, names.DELETE_TAGS, "tags", work["tags"])
    stays += images + (yield from erase(ctx, ref, names.DELETE_ITERATIONS, "iterations", work["iterations"]))
    if work["whole"] and stays:
        yield from leave(ctx, ref, "project", 1)
    elif work["whole"]:
        result: BatchResult = yield from call(ctx, names.DELETE_PROJECT, ref)
        if "fault" in result:
            yield from undeleted(ctx, Batch(**ref, kind="project", number=0), result["fault"])
    return {"stays": stays}


def erase(
    ctx: task.OrchestrationContext, ref: ErasureRef, activity: str, kind: str, count: int
) -> Steps[int]:
    """Work on every batch of a kind, and wait for what the service goes on with; how many objects stay."""
    stays = 0
    batches = [Batch(**ref, kind=kind, number=number) for number in range(count)]
    for first in range(0, count, BATCHES_AT_ONCE):
        wave = batches[first : first + BATCHES_AT_ONCE]
        results: list[BatchResult] = yield from call_all(ctx, [(activity, each) for each in wave])
        for batch, result in zip(wave, results, strict=True):
            if "fault" in result:
                yield from undeleted(ctx, batch, result["fault"])
            stays += result.get("stays", 1)
        pending = [batch for batch, result in zip(wave, results, strict=True) if result.get("pending")]
        stays += yield from settle(ctx, pending)
    return stays


def settle(ctx: task.OrchestrationContext, pending: list[Batch]) -> Steps[int]:
    """Look again, at growing intervals, until nothing of the batches is there; how many of them never got so far."""
    for pause in LOOKS:
        if not pending:
            break
        yield ctx.create_timer(pause)
        results: list[BatchResult] = yield from call_all(
            ctx, [(names.AWAIT_IMAGES, each) for each in pending]
        )
        pending = [batch for batch, result in zip(pending, results, strict=True) if result.get("pending", 1)]
    return len(pending)


def leave(ctx: task.OrchestrationContext, ref: ErasureRef, kind: str, count: int) -> Steps[None]:
    """Name what is not tried."""
    for number in range(count):
        yield from undeleted(ctx, Batch(**ref, kind=kind, number=number), NOT_TRIED)


def undeleted(ctx: task.OrchestrationContext, batch: Batch, fault: Fault) -> Steps[None]:
    """Write down that a batch was not worked on to its end."""
    yield from step(ctx, names.RECORD_UNDELETED, BatchFault(**batch, fault=fault))
