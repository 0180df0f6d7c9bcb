"""What the archives hold of a scope: copies of what fits its selectors, also of what the service has lost since.

A person's images may have been deleted in the service long ago and still stand in old bags.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from steward.archive.erased import Erased
from steward.archive.errors import BlobMissing
from steward.archive.names import PROJECTS, BagNames, canonical_id, project_folder, project_path
from steward.archive.store import ArchiveStore
from steward.customvision.answers import Project
from steward.requests_api.scope import ScopedProject


@dataclass(slots=True)
class Archived:
    """Ids of what fits; `tags`: by image, those that it carries in any bag."""

    images: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    predictions: set[str] = field(default_factory=set[str])
    iterations: set[str] = field(default_factory=set[str])

    def erased(self, project: str) -> Erased:
        return Erased(
            project,
            images=frozenset(self.images),
            predictions=frozenset(self.predictions),
            iterations=frozenset(self.iterations),
        )


def find_archived(store: ArchiveStore, account: str, scoped: ScopedProject) -> Archived:
    """Read what every bag has of a project, sealed or not, and evaluate the selectors over it."""
    found = Archived()
    for prefix in store.children(f"{account}/exports/"):
        bag = BagNames(account, prefix.rstrip("/").rpartition("/")[2])
        for document in _documents(store, bag, scoped.id):
            if (image := document.get("image")) and scoped.selects_image(image):
                carried = [*(image.get("tags") or ()), *(image.get("regions") or ())]
                tags = found.images.setdefault(canonical_id(image["id"]), set())
                tags.update(each["tagId"] for each in carried)
            elif (prediction := document.get("prediction")) and scoped.selects_prediction(prediction):
                found.predictions.add(canonical_id(prediction["id"]))
            elif (iteration := document.get("iteration")) and scoped.selects_iteration(iteration):
                found.iterations.add(canonical_id(iteration["id"]))
    return found


def _documents(store: ArchiveStore, bag: BagNames, project: str) -> Iterator[dict[str, Any]]:
    folder = bag.blob(project_folder(project))
    for blob in store.list(folder):
        path = "/" + blob.name.removeprefix(folder)
        if "/images/" in path or path.startswith("/predictions/") or path.endswith("/iteration.json"):
            yield from map(json.loads, store.read_lines(blob.name))


def archived_projects(store: ArchiveStore, account: str, known: Collection[str]) -> list[Project]:
    """Projects that only bags have, none of the `known` ids; by the name that each had in the latest of them."""
    found: dict[str, Project] = {}
    for prefix in store.children(f"{account}/exports/"):
        bag = BagNames(account, prefix.rstrip("/").rpartition("/")[2])
        for folder in store.children(bag.blob(PROJECTS)):
            project = folder.rstrip("/").rpartition("/")[2]
            if project in known or not (details := _details(store, bag, project)):
                continue
            if project not in found or details["created"] >= found[project]["created"]:
                found[project] = details
    return list(found.values())


def _details(store: ArchiveStore, bag: BagNames, project: str) -> Project | None:
    """Its id and name; a bag that could not have the project's details knows no name."""
    try:
        document: dict[str, Any] = json.loads(store.read(bag.blob(project_path(project))))
    except BlobMissing:
        return None
    details: dict[str, Any] = document.get("project") or {}
    # `created` is the time of its last change here: of several bags the latest name counts.
    return Project(id=project, name=details.get("name", ""), created=details.get("lastModified", ""))
