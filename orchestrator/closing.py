"""Close a project: add it up; tags that only its images name are asked for, and it is added up again."""

from durabletask import task

from activities.payloads import ClosedProject, ProjectClosing, UnlistedTags
from orchestrator import names
from orchestrator.calls import Steps, call, step

# The second finds every tag in its list, unless a late twin of an activity has written that list anew.
CLOSINGS = 3


def close_project(ctx: task.OrchestrationContext, closing: ProjectClosing) -> Steps[None]:
    """A tag that cannot be had stands in its list as a gap: it fails neither the project nor the request."""
    for _ in range(CLOSINGS):
        closed: ClosedProject = yield from step(ctx, names.CLOSE_PROJECT, closing)
        if not closed["unlisted"]:
            return
        result = yield from call(ctx, names.EXPORT_UNLISTED_TAGS, closing)
        if "fault" in result:
            yield from step(ctx, names.RECORD_UNLISTED_TAGS, UnlistedTags(**closing, fault=result["fault"]))
