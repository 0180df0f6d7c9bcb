"""The read back of a project: list it again, ask for every planned object by its id, and compare with what was there before."""

from typing import Literal

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import (
    Asked,
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

type Kind = Literal["images", "tags", "iterations"]
# What each kind is called in the certificate, and who asks. Of stored predictions there is only the list.
ASKED: tuple[tuple[Kind, str, str], ...] = (
    ("images", "images", names.ASK_IMAGES),
    ("iterations", "iterations", names.ASK_ITERATIONS),
    ("tags", "image tags", names.ASK_TAGS),
)
type Failed = tuple[str, Fault]
"""Of which kind not all could be asked for, and why."""


@bp.orchestration_trigger(context_name="ctx", orchestration=names.READ_BACK_PROJECT)
def read_back_project(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[dict[str, str]]:
    """What could not be read proves nothing, and is on record as that."""
    found: InventoryResult = yield child(
        ctx, names.INVENTORY_PROJECT, "inventory", InventoryRef(**ref, reading="read-back")
    )
    failed: list[Failed] = [("images", found["fault"])] if "fault" in found else []
    if not found.get("gone"):
        failed += yield from ask_all(ctx, ref)
    comparison = Comparison(**ref, listed="fault" not in found)
    if failed:
        comparison["entity"], comparison["fault"] = failed[0]
    yield from step(ctx, names.COMPARE_PROJECT, comparison)
    return {"project": ref["project"]}


def ask_all(ctx: task.OrchestrationContext, ref: ErasureRef) -> Steps[list[Failed]]:
    """What could not be asked for."""
    work: PlannedWork = yield from step(ctx, names.READ_PLANNED_WORK, ref)
    failed: list[Failed] = []
    for kind, entity, activity in ASKED:
        batches = [Batch(**ref, kind=kind, number=number) for number in range(work[kind])]
        for first in range(0, len(batches), BATCHES_AT_ONCE):
            wave = batches[first : first + BATCHES_AT_ONCE]
            results: list[Asked] = yield from call_all(ctx, [(activity, each) for each in wave])
            failed += [(entity, each["fault"]) for each in results if "fault" in each]
    return failed
