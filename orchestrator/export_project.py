"""Export a project: its details and tags, its images, its iterations, its stored predictions; then add it all up."""

from typing import Any

import azure.durable_functions as df
from durabletask import task

from activities.payloads import (
    IterationPart,
    IterationRef,
    PredictionPageRef,
    ProjectClosing,
    ProjectDetails,
    ProjectRef,
    RequestRef,
    TagCounts,
)
from orchestrator import names
from orchestrator.calls import Steps, all_of, beside, child, step
from orchestrator.closing import close_project
from orchestrator.gaps import export_or_gap
from orchestrator.read_workspace import read_workspace
from steward.archive.names import project_path, tags_path
from steward.archive.page_digests import NO_PAGES

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.EXPORT_PROJECT)
def export_project(ctx: task.OrchestrationContext, ref: ProjectRef) -> Steps[dict[str, str]]:
    """Whatever cannot be had stands as a gap in the payload; only a fault of the archive itself fails the project."""
    request = RequestRef(request=ref["request"], account=ref["account"])
    project = ref["project"]
    found: list[ProjectDetails] = yield from export_or_gap(
        ctx, [(names.EXPORT_PROJECT_DETAILS, ref, project_path(project))]
    )
    parts: list[task.Task[Any]] = []
    yield from beside(parts, export_parts(ctx, ref, found[0], parts))
    closing = ProjectClosing(**request, project=project)
    if not found[0].get("whole"):
        yield from step(ctx, names.EXPORT_SELECTION, closing)
    yield from close_project(ctx, closing)
    return {"project": project}


def export_parts(
    ctx: task.OrchestrationContext, ref: ProjectRef, details: ProjectDetails, parts: list[task.Task[Any]]
) -> Steps[None]:
    """Everything in the project; `parts` takes the children that are under way meanwhile."""
    request = RequestRef(request=ref["request"], account=ref["account"])
    project, options = ref["project"], ref["options"]
    if details.get("with_predictions"):
        # Nothing else waits for them, nor they for anything: they are under way while the lists are read.
        first = PredictionPageRef(
            **request, reading="export", project=project, page=0, listed=0, digest=NO_PAGES, token={}
        )
        parts.append(child(ctx, names.READ_PREDICTIONS, "predictions", first))
    whole, tags = details.get("whole", False), TagCounts()
    if whole:
        workspace = IterationPart(**request, project=project, iteration="")
        (tags,) = yield from export_or_gap(ctx, [(names.EXPORT_TAGS, workspace, tags_path(project))])
    if details.get("with_images"):
        # The workspace first: snapshots hold mostly the same pictures, and find them stored.
        yield from read_workspace(ctx, request, project, reading="export", whole=whole, tags=tags)
    for iteration in details.get("iterations", []):
        part = IterationRef(**request, project=project, iteration=iteration, options=options)
        parts.append(child(ctx, names.EXPORT_ITERATION, iteration, part))
    yield from all_of(parts)
