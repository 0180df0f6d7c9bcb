"""Read a project back: list it again, ask for every planned image by its id, and compare with what was there before."""

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import (
    AskedImages,
    Batch,
    Comparison,
    ErasureRef,
    InventoryRef,
    InventoryResult,
    PlannedWork,
)
from activities.payloads import Fault
from orchestrator import names
from orchestrator.calls import Steps, call_all, child, step
from orchestrator.erase_batches import BATCHES_AT_ONCE

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.READ_BACK_PROJECT)
def read_back_project(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[dict[str, str]]:
    """What could not be read proves nothing, and is on record as that."""
    found: InventoryResult = yield child(
        ctx, names.INVENTORY_PROJECT, "inventory", InventoryRef(**ref, reading="read-back")
    )
    faults = [found["fault"]] if "fault" in found else []
    if not found.get("gone"):
        faults += yield from ask_images(ctx, ref)
    comparison = Comparison(**ref, listed="fault" not in found)
    if faults:
        comparison["fault"] = faults[0]
    yield from step(ctx, names.COMPARE_PROJECT, comparison)
    return {"project": ref["project"]}


def ask_images(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[list[Fault]]:
    """The faults of batches that could not be asked for."""
    work: PlannedWork = yield from step(ctx, names.READ_PLANNED_WORK, ref)
    faults: list[Fault] = []
    batches = [Batch(**ref, kind="images", number=number) for number in range(work["images"])]
    for first in range(0, len(batches), BATCHES_AT_ONCE):
        wave = batches[first : first + BATCHES_AT_ONCE]
        results: list[AskedImages] = yield from call_all(ctx, [(names.ASK_IMAGES, each) for each in wave])
        faults += [each["fault"] for each in results if "fault" in each]
    return faults
