"""Export an iteration: its details and tags, its performance, its exported models, and the snapshot it was trained on."""

import azure.durable_functions as df
from durabletask import task

from activities.payloads import IterationDetails, IterationPart, IterationRef, ListingKind, RequestRef
from orchestrator import names
from orchestrator.calls import Steps, call
from orchestrator.export_project import export_listings, export_or_gap

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.EXPORT_ITERATION)
def export_iteration(ctx: task.OrchestrationContext, ref: IterationRef) -> Steps[dict[str, str]]:
    """An iteration that never finished training has no snapshot, no performance and no exports."""
    request = RequestRef(request=ref["request"], account=ref["account"])
    details: IterationDetails = yield from call(ctx, names.EXPORT_ITERATION_DETAILS, ref)
    iteration = details.get("iteration", "")
    if not iteration:
        raise ValueError(
            details.get("fault", {}).get("reason", "the iteration's id is not in the project's list")
        )
    if not details.get("trained"):
        return {"iteration": iteration}

    part = IterationPart(**request, project=ref["project"], iteration=iteration)
    folder = f"data/projects/{ref['project']}/iterations/{iteration}"
    kinds: list[ListingKind] = ["tagged", "untagged"]
    if details.get("selected"):
        yield from export_or_gap(ctx, names.EXPORT_TAGS, {**part}, f"{folder}/tags.json")
        yield from export_or_gap(ctx, names.EXPORT_PERFORMANCE, {**part}, f"{folder}/performance.json")
        if ref["options"]["models"]:
            yield from export_or_gap(ctx, names.EXPORT_MODELS, {**part}, f"{folder}/exports.json")
    yield from export_listings(ctx, request, ref["project"], iteration, kinds)
    if ref["options"]["image_performance"]:
        # After the snapshot: with a selector, the images it chose say whose performance is given.
        yield from export_listings(ctx, request, ref["project"], iteration, ["image-performance"])
    return {"iteration": iteration}
