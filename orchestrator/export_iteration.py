"""Export an iteration: its details and tags, its performance, its exported models, and the snapshot it was trained on."""

import azure.durable_functions as df
from durabletask import task

from activities.payloads import IterationDetails, IterationPart, IterationRef, RequestRef
from activities.snapshots import UNTRAINED
from orchestrator import names
from orchestrator.calls import Steps
from orchestrator.gaps import PayloadFile, export_or_gap
from orchestrator.readings import read_lists
from steward.archive.names import exports_path, iteration_path, performance_path, tags_path

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="ctx", orchestration=names.EXPORT_ITERATION)
def export_iteration(ctx: task.OrchestrationContext, ref: IterationRef) -> Steps[dict[str, str]]:
    """One whose training failed may have a snapshot all the same; it has no performance and no exports."""
    request = RequestRef(request=ref["request"], account=ref["account"])
    project, iteration = ref["project"], ref["iteration"]
    found: list[IterationDetails] = yield from export_or_gap(
        ctx, [(names.EXPORT_ITERATION_DETAILS, ref, iteration_path(project, iteration))]
    )
    details = found[0]
    if "fault" in details:
        return {"iteration": iteration}
    part = IterationPart(**request, project=project, iteration=iteration)
    whole = details.get("selected", False)
    if whole:
        files: list[PayloadFile] = [(names.EXPORT_TAGS, part, tags_path(project, iteration))]
        if details.get("trained"):
            files.append((names.EXPORT_PERFORMANCE, part, performance_path(project, iteration)))
            if ref["options"]["models"]:
                files.append((names.EXPORT_MODELS, part, exports_path(project, iteration)))
        # Where another word than the usual one stands, only the service knows whether there is any.
        yield from export_or_gap(ctx, files, () if details.get("completed") else UNTRAINED)
    yield from read_lists(ctx, request, "export", project, iteration, ["tagged", "untagged"], whole=whole)
    if details.get("trained") and ref["options"]["image_performance"]:
        # After the snapshot: with a selector, the images it chose say whose performance is given.
        yield from read_lists(ctx, request, "export", project, iteration, ["image-performance"], whole=whole)
    return {"iteration": iteration}
