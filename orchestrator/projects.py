"""The projects of a request, many at once: the next begins as soon as one ends."""

from collections.abc import Callable
from typing import Any

from durabletask import task

from activities.payloads import PlannedProjects, PlanPart, RequestRef
from orchestrator import names
from orchestrator.calls import Steps, some_at_once, step

PROJECTS_AT_ONCE = 16
# Ids of so many have 4 KB; 16 may cross the boundary.
PROJECTS_A_PART = 100


def every_project(
    ctx: task.OrchestrationContext, ref: RequestRef, phase: str, start: Callable[[str], task.Task[Any]]
) -> Steps[list[Any]]:
    """Run a task for every project of the plan, sixteen at a time, and show how many are done; the results as they came."""
    projects = yield from planned_projects(ctx, ref)

    def show(done: int) -> None:
        ctx.set_custom_status({"phase": phase, "done": done, "total": len(projects)})

    show(0)
    return (yield from some_at_once(projects, start, PROJECTS_AT_ONCE, show))


def planned_projects(ctx: task.OrchestrationContext, ref: RequestRef) -> Steps[list[str]]:
    """Ids of the plan's projects."""
    projects: list[str] = []
    while True:
        part = PlanPart(**ref, first=len(projects), count=PROJECTS_A_PART)
        planned: PlannedProjects = yield from step(ctx, names.READ_PLAN, part)
        projects += planned["projects"]
        if len(planned["projects"]) < PROJECTS_A_PART:
            return projects
