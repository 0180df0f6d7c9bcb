"""Everything of one Custom Vision resource, in memory, and what is still to happen in it."""

import heapq
import itertools
from collections.abc import Callable

from emulator import domains
from emulator.models import model_archive, model_path
from emulator.pictures import Picture
from emulator.state import ClassificationType, Export, ExportStatus, Iteration, Project, ProjectStatus
from emulator.times import PER_SECOND, Clock
from emulator.workspace import new_id


class Account:
    """Projects, and what the blob store keeps beside them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.projects: dict[str, Project] = {}
        # By path in the blob store; they outlive iterations and projects ("View or delete user data": deleted upon
        # account deletion).
        self.models: dict[str, bytes] = {}
        # Pictures of stored predictions whose project is gone, where an option has them outlive it.
        self.deleted_project_pictures: dict[str, dict[str, Picture]] = {}
        # Deleted projects whose pictures are not purged yet.
        self.unpurged: dict[str, Project] = {}
        # Projects as they were when they were exported, by the path of their token.
        self.project_exports: dict[str, Project] = {}
        self._pending: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = itertools.count()

    def add_project(
        self,
        name: str,
        *,
        created: int,
        project_id: str | None = None,
        description: str = "",
        domain_id: str = domains.GENERAL,
        classification_type: ClassificationType = "Multilabel",
        status: ProjectStatus = "Succeeded",
    ) -> Project:
        """A new, empty project."""
        project = Project(
            id=project_id or new_id(),
            name=name,
            description=description,
            domain_id=domain_id,
            classification_type=classification_type,
            created=created,
            last_modified=created,
            status=status,
        )
        self.projects[project.id] = project
        return project

    def add_export(
        self,
        project: Project,
        iteration: Iteration,
        platform: str,
        *,
        flavor: str | None = None,
        status: ExportStatus = "Done",
        exporter_version: int = 1,
    ) -> Export:
        """A new export of an iteration; one that is done has its model file."""
        export = Export(platform, flavor, status, exporter_version)
        iteration.exports.append(export)
        if status == "Done":
            self.finish_export(project, iteration, export)
        return export

    def finish_export(self, project: Project, iteration: Iteration, export: Export) -> None:
        """Mark the export done and keep its model file."""
        export.status = "Done"
        self.models[model_path(project.id, iteration.id, export.platform, export.flavor)] = model_archive(
            iteration_id=iteration.id,
            platform=export.platform,
            flavor=export.flavor,
            exporter_version=export.exporter_version,
            labels=[tag.name for tag in iteration.snapshot.tags.values()],
        )

    def delete_project(self, project: Project, *, purge_seconds: float) -> None:
        """The project is gone at once, its pictures so much later."""
        del self.projects[project.id]
        self.unpurged[project.id] = project
        self.after(purge_seconds, lambda: self.unpurged.__delitem__(project.id))

    def with_pictures(self, project_id: str) -> Project | None:
        """The project, or what is left of it in the blob store."""
        return self.projects.get(project_id) or self.unpurged.get(project_id)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Have the action done once the clock has moved on by that much."""
        due = self.clock.now() + round(seconds * PER_SECOND)
        heapq.heappush(self._pending, (due, next(self._sequence), action))

    def settle(self) -> None:
        """Do what has become due: called before every request, so that time passes without threads."""
        while self._pending and self._pending[0][0] <= self.clock.now():
            heapq.heappop(self._pending)[2]()
