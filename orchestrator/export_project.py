"""Export a project: its details and tags, its images, its iterations, its stored predictions; then add it all up."""

import azure.durable_functions as df
from durabletask import task

from activities.payloads import (
    Gap,
    IterationRef,
    Listing,
    ListingKind,
    PredictionPageRef,
    ProjectClosing,
    ProjectDetails,
    ProjectRef,
    RequestRef,
)
from orchestrator import names
from orchestrator.calls import Steps, all_of, call, child, children, step

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.EXPORT_PROJECT)
def export_project(ctx: task.OrchestrationContext, ref: ProjectRef) -> Steps[dict[str, str]]:
    """Whatever cannot be had stands as a gap in the payload; only a fault of the archive itself fails the project."""
    request = RequestRef(request=ref["request"], account=ref["account"])
    details: ProjectDetails = yield from call(ctx, names.EXPORT_PROJECT_DETAILS, ref)
    project = details.get("project", "")
    if not project:
        raise ValueError(details.get("fault", {}).get("reason", "the project's id is not in the plan"))

    if details.get("whole"):
        yield from export_or_gap(
            ctx,
            names.EXPORT_TAGS,
            {**request, "project": project, "iteration": ""},
            f"data/projects/{project}/tags.json",
        )
    if details.get("with_images"):
        # The workspace first: snapshots hold mostly the same pictures, and find them stored.
        yield from export_listings(ctx, request, project, "", ["tagged", "untagged"])
    iterations = range(details.get("iterations", 0))
    parts = [
        child(
            ctx,
            names.EXPORT_ITERATION,
            str(number),
            IterationRef(**request, project=project, number=number, options=ref["options"]),
        )
        for number in iterations
    ]
    if details.get("with_predictions") and ref["options"]["predictions"]:
        first = PredictionPageRef(**request, project=project, page=0, token={})
        parts.append(child(ctx, names.EXPORT_PREDICTIONS, "predictions", first))
    yield from all_of(parts)
    yield from step(
        ctx, names.CLOSE_PROJECT, ProjectClosing(**request, number=ref["number"], project=project)
    )
    return {"project": project}


def export_listings(
    ctx: task.OrchestrationContext,
    request: RequestRef,
    project: str,
    iteration: str,
    kinds: list[ListingKind],
) -> Steps[None]:
    """Read several lists of one project at the same time."""
    listings = {kind: Listing(**request, project=project, iteration=iteration, kind=kind) for kind in kinds}
    yield from children(ctx, names.EXPORT_LISTING, listings)


def export_or_gap(
    ctx: task.OrchestrationContext, activity: str, payload: dict[str, object], path: str
) -> Steps[dict[str, object]]:
    """Export one payload file; when it cannot be had, the file says so."""
    result = yield from call(ctx, activity, payload)
    if "fault" in result:
        gap = Gap(
            request=str(payload["request"]), account=str(payload["account"]), path=path, fault=result["fault"]
        )
        yield from step(ctx, names.RECORD_GAP, gap)
    return result
