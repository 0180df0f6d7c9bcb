"""Erase a project's part of the plan, children before their parents: predictions, publications, images, tags,
iterations, and the project itself where nothing is left in it."""

from typing import Literal

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import Batch, Batches, BatchResult, ErasureRef, PlannedWork
from activities.payloads import Fault
from orchestrator import names
from orchestrator.calls import Steps, call, child, step
from orchestrator.erase_batches import undeleted

bp = df.Blueprint()

type Kind = Literal["predictions", "unpublish", "images", "tags", "iterations"]

BATCHES_A_CHILD = 200
NOT_TRIED = Fault(code="NotTried", reason="what hangs on it, or what it holds, is still there")


@bp.orchestration_trigger(context_name="ctx", orchestration=names.ERASE_PROJECT)
def erase_project(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[dict[str, int]]:
    """What stays is written down with its reason; that the rest is gone only the read back says."""
    work: PlannedWork = yield from step(ctx, names.READ_PLANNED_WORK, ref)
    stays = yield from erase(ctx, ref, work, names.DELETE_PREDICTIONS, "predictions")
    stays += yield from erase(ctx, ref, work, names.UNPUBLISH_ITERATIONS, "unpublish")
    images = yield from erase(ctx, ref, work, names.DELETE_IMAGES, "images")
    # Deleting a tag changes every image that carries it: not while one of them stays.
    if images:
        yield from leave(ctx, ref, "tags", work["tags"])
    else:
        stays += yield from erase(ctx, ref, work, names.DELETE_TAGS, "tags")
    stays += images + (yield from erase(ctx, ref, work, names.DELETE_ITERATIONS, "iterations"))
    if work["whole"] and stays:
        yield from leave(ctx, ref, "project", 1)
    elif work["whole"]:
        result: BatchResult = yield from call(ctx, names.DELETE_PROJECT, ref)
        if "fault" in result:
            yield from undeleted(ctx, Batch(**ref, kind="project", number=0), result["fault"])
    return {"stays": stays}


def erase(
    ctx: task.OrchestrationContext, ref: ErasureRef, work: PlannedWork, activity: str, kind: Kind
) -> Steps[int]:
    """Work on every batch of a kind, in children whose histories stay short; how many objects stay."""
    stays = 0
    for first in range(0, work[kind], BATCHES_A_CHILD):
        count = min(BATCHES_A_CHILD, work[kind] - first)
        batches = Batches(
            **ref, activity=activity, kind=kind, first=first, count=count, patience=work["patience"]
        )
        stays += yield child(ctx, names.ERASE_BATCHES, f"{kind}-{first}", batches)
    return stays


def leave(ctx: task.OrchestrationContext, ref: ErasureRef, kind: str, count: int) -> Steps[None]:
    """Name what is not tried."""
    for number in range(count):
        yield from undeleted(ctx, Batch(**ref, kind=kind, number=number), NOT_TRIED)
