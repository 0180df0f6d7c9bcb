"""Deleting what the plan names, batch by batch: predictions, tags, iterations, and the project when nothing else is in it.

Each batch is begun only while the request goes on, nobody has cancelled and no hold covers it. What the service refuses is written down with
the service's code; that something is gone only the read back says.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

import azure.durable_functions as df

from activities.erasure_payloads import Batch, BatchFault, BatchResult, ErasureRef, PlannedWork
from activities.holding import held_iterations, why_to_stop
from activities.outcome import fault_of, is_passing, outcome
from activities.scope import recorded_plan
from steward.accounts import Account, account
from steward.customvision.batches import Deletion
from steward.customvision.client import CustomVisionClient
from steward.customvision.errors import CustomVisionError, NotFound
from steward.erasure.names import ErasureNames
from steward.erasure.plan import read_images, read_predictions
from steward.erasure.results import Remark, Result, read_results, result, write_result
from steward.ledger.ledger import Ledger
from steward.settings import current_settings

bp = df.Blueprint()

# One call each: a batch is what may be half done when a process dies.
TAGS = 20
ITERATIONS = 5
# Appending reads the ledger: often enough to count as progress, seldom enough to keep it short.
_PROGRESS_EVERY = 10
# What the orchestration says of a batch whose turn never came.
NOT_TRIED = "NotTried"


@bp.activity_trigger(input_name="ref")
def read_planned_work(ref: ErasureRef) -> PlannedWork:
    """How many batches of each kind there are in a project's part of the plan."""
    planned = recorded_plan(ref["account"], ref["request"]).project(ref["project"])
    return PlannedWork(
        predictions=len(planned["predictionBatches"]),
        unpublish=-(-len(planned["unpublish"]) // ITERATIONS),
        images=len(planned["imageBatches"]),
        tags=-(-len(planned["tags"]) // TAGS),
        iterations=-(-len(planned["iterations"]) // ITERATIONS),
        whole=planned["whole"],
        patience=current_settings().delete_patience_seconds,
    )


@bp.activity_trigger(input_name="batch")
@outcome
def delete_predictions(batch: Batch) -> Mapping[str, Any]:
    """At most 64 stored predictions in one call."""
    home, recorded = account(batch["account"]), recorded_plan(batch["account"], batch["request"])
    ids = read_predictions(home.store, recorded, batch["project"], batch["number"])
    if stop := why_to_stop(batch, batch["project"]):
        return left(batch, "stored predictions", ids, stop)
    try:
        home.client.delete_predictions(batch["project"], ids)
    except CustomVisionError as error:
        return ended(batch, result("stored predictions", refused=refusals(ids, error)))
    return ended(batch, result("stored predictions"))


@bp.activity_trigger(input_name="batch")
@outcome
def unpublish_iterations(batch: Batch) -> Mapping[str, Any]:
    """A published iteration cannot be deleted, nor its project."""
    client, project, ids = (
        account(batch["account"]).client,
        batch["project"],
        planned_part(batch, "unpublish"),
    )
    if stop := why_to_stop(batch, project):
        return left(batch, "published iterations", ids, stop)
    refused = _refused(ids, lambda each: client.unpublish_iteration(project, each))
    return ended(batch, result("published iterations", refused=refused))


@bp.activity_trigger(input_name="batch")
@outcome
def delete_tags(batch: Batch) -> Mapping[str, Any]:
    """One that only a snapshot still has is not there for this call: it goes with its iteration.

    Images that came since, or were left, lose their labels with a tag, or go with it: so while any has one, all stay.
    """
    client, project, ids = account(batch["account"]).client, batch["project"], planned_part(batch, "tags")
    if stop := why_to_stop(batch, project):
        return left(batch, "image tags", ids, stop)
    if _count_images(client, project, tagged=True):
        return left(batch, "image tags", ids, "carried")
    refused = _refused(ids, lambda each: client.delete_tag(project, each))
    return ended(batch, result("image tags", refused=refused))


@bp.activity_trigger(input_name="batch")
@outcome
def delete_iterations(batch: Batch) -> Mapping[str, Any]:
    """One that is still published is not tried: what the service refused to unpublish is named with its code. Nor is one
    whose snapshot has an image that a hold covers by a tag which came since the plan."""
    home, project, ids = account(batch["account"]), batch["project"], planned_part(batch, "iterations")
    if stop := why_to_stop(batch, project):
        return left(batch, "iterations", ids, stop)
    refused = read_results(home.store, ErasureNames(batch["account"], batch["request"]), project).refused
    # A run before a restart may have been refused what this one was not.
    published = {
        each
        for each in ids
        if ("published iterations", each) in refused and _is_published(home, project, each)
    }
    held = held_iterations(batch, project, ids)
    stays = [_why_left(each, held=each in held) for each in ids if each in published | held]
    going = [each for each in ids if each not in published | held]
    still = _refused(going, lambda each: home.client.delete_iteration(project, each))
    return ended(batch, result("iterations", left=stays, refused=still))


def _why_left(iteration: str, *, held: bool) -> Remark:
    if held:
        reason = "a legal hold covers an image of its snapshot, as it is now"
        return Remark(id=iteration, code="Held", reason=reason)
    reason = "it could not be unpublished, so it was not deleted"
    return Remark(id=iteration, code="StillPublished", reason=reason)


def _is_published(home: Account, project: str, iteration: str) -> bool:
    try:
        return bool(home.client.get_iteration(project, iteration).get("publishName"))
    except NotFound:
        return False


@bp.activity_trigger(input_name="ref")
@outcome
def delete_project(ref: ErasureRef) -> Mapping[str, Any]:
    """List the project once more: with anything in it, planned or not, it stays."""
    home, project = account(ref["account"]), ref["project"]
    batch = Batch(**ref, kind="project", number=0)
    if stop := why_to_stop(ref, project):
        return left(batch, "projects", [project], stop)
    try:
        found = _found(ref)
    except CustomVisionError as error:
        if getattr(error, "code", "") == "NotFoundProject":
            return BatchResult(stays=0)
        raise
    if found:
        reason = f"incomplete: new items, or some that were left, are in it: {', '.join(found)}"
        remark = Remark(id=project, code="NotEmpty", reason=reason)
        return ended(batch, result("projects", left=[remark]))
    refused = _refused([project], home.client.delete_project)
    return ended(batch, result("projects", refused=refused))


def _found(ref: ErasureRef) -> list[str]:
    """What is still in the project, by kind: its own lists, none of them through a filter of the service's."""
    client, project = account(ref["account"]).client, ref["project"]
    lists: dict[str, int] = {
        "tagged images": _count_images(client, project, tagged=True),
        "untagged images": _count_images(client, project, tagged=False),
        "image tags": len(client.list_tags(project)),
        "iterations": len(client.list_iterations(project)),
        # An empty page may come before one that is not.
        "stored predictions": len(list(islice(client.iterate_predictions(project), 1))),
    }
    return [f"{count} {kind}" for kind, count in lists.items() if count]


def _count_images(client: CustomVisionClient, project: str, *, tagged: bool) -> int:
    """How many there are at least, by the count or by the list: either may be wrong. None in a project that is gone."""
    try:
        counted = client.count_images(project, tagged=tagged)
        return max(counted, len(client.page_images(project, tagged=tagged, skip=0, take=1)))
    except NotFound as error:
        if error.code == "NotFoundProject":
            return 0
        raise


@bp.activity_trigger(input_name="failed")
def record_undeleted(failed: BatchFault) -> dict[str, bool]:
    """Write down that a batch could not be worked on to its end, whatever became of it."""
    home, names = account(failed["account"]), ErasureNames(failed["account"], failed["request"])
    if Ledger(home.container, home.name, failed["request"]).state().has_ended:
        return {"recorded": False}
    entity, ids = _batch_of(failed)
    fault = failed["fault"]
    tried = fault["code"] != NOT_TRIED
    reason = "the service did not do it for as long as it was asked" if tried else fault["reason"]
    stays = [Remark(id=each, code=fault["code"], reason=reason) for each in ids]
    found = result(entity, refused=stays) if tried else result(entity, left=stays)
    write_result(home.store, names, failed["project"], found)
    return {"recorded": True}


def _batch_of(batch: Batch) -> tuple[str, list[str]]:
    recorded, store = recorded_plan(batch["account"], batch["request"]), account(batch["account"]).store
    match batch["kind"]:
        case "predictions":
            return "stored predictions", read_predictions(store, recorded, batch["project"], batch["number"])
        case "images":
            images = read_images(store, recorded, batch["project"], batch["number"])
            return "images", [each["id"] for each in images]
        case "unpublish":
            return "published iterations", planned_part(batch, "unpublish")
        case "tags":
            return "image tags", planned_part(batch, "tags")
        case "iterations":
            return "iterations", planned_part(batch, "iterations")
        case _:
            return "projects", [batch["project"]]


def planned_part(batch: Batch, field: Literal["unpublish", "tags", "iterations"]) -> list[str]:
    """The ids of a batch of what the plan itself names."""
    size = TAGS if field == "tags" else ITERATIONS
    planned = recorded_plan(batch["account"], batch["request"]).project(batch["project"])
    return planned[field][batch["number"] * size : (batch["number"] + 1) * size]


def _refused(ids: Sequence[str], delete: Callable[[str], Deletion]) -> list[Remark]:
    """Delete each, and give those that the service refuses."""
    refused: list[Remark] = []
    for each in ids:
        try:
            delete(each)
        except CustomVisionError as error:
            refused += refusals([each], error)
    return refused


def refusals(ids: Sequence[str], error: CustomVisionError) -> list[Remark]:
    """What the service refuses for good, said of each object; what may pass is raised again.

    Its code without its message: that may hold a name, and remarks stand in certificates.
    """
    if is_passing(error):
        raise error
    code = fault_of(error)["code"]
    return [Remark(id=each, code=code, reason="the service refused to delete it") for each in ids]


_CARRIED = "incomplete: new items, or some that were left: images of the project carry tags"
_STOPPED = {
    "carried": ("StillCarried", _CARRIED),
    "cancelled": ("Cancelled", "the request was cancelled before it was deleted"),
    "held": ("Held", "a legal hold covers it"),
}


def left(batch: Batch, entity: str, ids: Sequence[str], stop: str) -> BatchResult:
    """Nothing of the batch was tried; each of its objects is named with the reason, unless the request has had its last word."""
    if stop == "ended":
        return BatchResult(stays=len(ids))
    code, reason = _STOPPED[stop]
    found = result(entity, left=[Remark(id=each, code=code, reason=reason) for each in ids])
    return ended(batch, found)


def ended(batch: Batch, found: Result, pending: int = 0) -> BatchResult:
    """Write down what became of a batch."""
    home = account(batch["account"])
    write_result(home.store, ErasureNames(batch["account"], batch["request"]), batch["project"], found)
    if batch["number"] % _PROGRESS_EVERY == 0:
        # Only restarts without any progress count against a request.
        progress = f"progress-{batch['project']}-{batch['kind']}-{batch['number']}"
        Ledger(home.container, home.name, batch["request"]).append("progress", progress)
    return BatchResult(stays=len(found["left"]) + len(found["refused"]), pending=pending)
