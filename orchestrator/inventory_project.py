"""Take the inventory of a project: list what it holds, as ids, without changing anything."""

from typing import Any

import azure.durable_functions as df
from durabletask import task

from activities.erasure_payloads import InventoryParts, InventoryRef, InventoryResult
from activities.payloads import PredictionPageRef, RequestRef, TagCounts
from orchestrator import names
from orchestrator.calls import Steps, all_of, beside, call, child, step
from orchestrator.read_workspace import KINDS, read_workspace
from orchestrator.readings import listings_of
from steward.archive.page_digests import NO_PAGES
from steward.erasure.inventory import WORKSPACE

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.INVENTORY_PROJECT)
def inventory_project(ctx: task.OrchestrationContext, ref: InventoryRef) -> Steps[InventoryResult]:
    """Ends with `fault` where something could not be listed: then there is no inventory to rely on."""
    parts: InventoryParts = yield from call(ctx, names.INSPECT_PROJECT, ref)
    if "fault" in parts:
        return InventoryResult(fault=parts["fault"])
    under_way: list[task.Task[Any]] = []
    lists: list[Any] = yield from beside(under_way, read_all(ctx, ref, parts, under_way))
    for each in lists:
        if "fault" in each:
            return InventoryResult(fault=each["fault"])
    yield from step(ctx, names.CLOSE_INVENTORY, ref)
    return InventoryResult(gone=parts.get("gone", False))


def read_all(
    ctx: task.OrchestrationContext, ref: InventoryRef, parts: InventoryParts, under_way: list[task.Task[Any]]
) -> Steps[list[Any]]:
    """How each list ended: predictions beside the images, the workspace before the snapshots, these all at once."""
    request, reading = RequestRef(request=ref["request"], account=ref["account"]), ref["reading"]
    project, places = ref["project"], parts.get("places", [])
    if parts.get("predictions"):
        first = PredictionPageRef(
            **request, reading=reading, project=project, page=0, listed=0, digest=NO_PAGES, token={}
        )
        under_way.append(child(ctx, names.READ_PREDICTIONS, f"{reading}-predictions", first))
    results: list[Any] = []
    if WORKSPACE in places:
        tags = TagCounts(counts=parts["tags"]) if "tags" in parts else TagCounts()
        results += yield from read_workspace(ctx, request, project, reading=reading, whole=False, tags=tags)
    under_way += [
        child(ctx, names.READ_LISTING, f"{iteration}-{kind}", each)
        for iteration in places
        if iteration != WORKSPACE
        for kind, each in listings_of(request, reading, project, iteration, KINDS, whole=False).items()
    ]
    results += yield from all_of(under_way)
    return results
