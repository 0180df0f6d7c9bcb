"""What the archives hold of a scope: copies of what fits its selectors, also of what the service has lost since.

A person's images may have been deleted in the service long ago and still stand in old bags.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from steward.archive.bag import all_bags, projects_in
from steward.archive.damage import UNREADABLE
from steward.archive.errors import BlobMissing
from steward.archive.names import BagNames, canonical_id, project_folder, project_path
from steward.archive.redaction_due import due_projects
from steward.archive.store import ArchiveStore
from steward.customvision.answers import Project
from steward.requests_api.scope import ScopedProject, tags_on


@dataclass(slots=True)
class Snapshots:
    """What goes with an iteration: images and tags of its snapshots in bags."""

    images: set[str] = field(default_factory=set[str])
    tags: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Archived:
    """Ids of what fits; `images`: with the tags that each carries in any bag; `snapshots`: of iterations that may go;
    `unreadable`: bags of which not all could be read."""

    images: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    predictions: set[str] = field(default_factory=set[str])
    iterations: set[str] = field(default_factory=set[str])
    snapshots: dict[str, Snapshots] = field(default_factory=dict[str, Snapshots])
    unreadable: set[str] = field(default_factory=set[str])

    def snapshots_of(self, iterations: Iterable[str]) -> Snapshots:
        """Those of several iterations as one."""
        found = Snapshots()
        for each in iterations:
            snapshot = self.snapshots.get(each, found)
            found.images |= snapshot.images
            found.tags |= snapshot.tags
        return found

    def add(self, document: dict[str, Any]) -> None:
        """What another bag has, as `to_document` made it."""
        for image, tags in document["images"].items():
            self.images.setdefault(image, set()).update(tags)
        self.predictions.update(document["predictions"])
        self.iterations.update(document["iterations"])
        for iteration, (images, tags) in document["snapshots"].items():
            snapshot = self.snapshots.setdefault(iteration, Snapshots())
            snapshot.images.update(images)
            snapshot.tags.update(tags)
        self.unreadable.update(document["unreadable"])

    def to_document(self) -> dict[str, Any]:
        """Sorted, so that the same is the same bytes."""
        return {
            "images": {image: sorted(tags) for image, tags in sorted(self.images.items())},
            "predictions": sorted(self.predictions),
            "iterations": sorted(self.iterations),
            "snapshots": {
                iteration: [sorted(each.images), sorted(each.tags)]
                for iteration, each in sorted(self.snapshots.items())
            },
            "unreadable": sorted(self.unreadable),
        }


def search_bag(
    store: ArchiveStore, bag: BagNames, scoped: ScopedProject, planned: Collection[str]
) -> Archived:
    """Read what a bag has of a project, sealed or not, and evaluate the selectors over it. `planned`: iterations that may go
    besides those which the selectors name."""
    found = Archived()
    going = set(planned)
    folder = bag.blob(project_folder(scoped.id))
    names = [blob.name for blob in store.list(folder)]
    # Which snapshots are of interest is known once the iterations have been read.
    for name in sorted(names, key=lambda name: not name.endswith("/iteration.json")):
        path = name.removeprefix(folder)
        try:
            for document in _documents(store, name, path):
                _add(found, going, path, document, scoped)
        except UNREADABLE:
            found.unreadable.add(bag.request)
    return found


def _documents(store: ArchiveStore, name: str, path: str) -> Iterator[dict[str, Any]]:
    if path.endswith(("/iteration.json", "/tags.json")):
        yield json.loads(store.read(name))
    elif "images/" in path or path.startswith("predictions/"):
        yield from map(json.loads, store.read_lines(name))


def _add(
    found: Archived, going: set[str], path: str, document: dict[str, Any], scoped: ScopedProject
) -> None:
    snapshot = _snapshot(found, going, path)
    if image := document.get("image"):
        if scoped.selects_image(image):
            found.images.setdefault(canonical_id(image["id"]), set()).update(tags_on(image))
        if snapshot:
            snapshot.images.add(canonical_id(image["id"]))
            snapshot.tags.update(tags_on(image))
    elif snapshot and path.endswith("/tags.json"):
        snapshot.tags.update(canonical_id(tag["id"]) for tag in document.get("tags") or ())
    elif (prediction := document.get("prediction")) and scoped.selects_prediction(prediction):
        found.predictions.add(canonical_id(prediction["id"]))
    elif (iteration := document.get("iteration")) and scoped.selects_iteration(iteration):
        found.iterations.add(canonical_id(iteration["id"]))
        going.add(canonical_id(iteration["id"]))


def _snapshot(found: Archived, going: set[str], path: str) -> Snapshots | None:
    kind, _, rest = path.partition("/")
    iteration = rest.partition("/")[0]
    if kind != "iterations" or iteration not in going:
        return None
    return found.snapshots.setdefault(iteration, Snapshots())


def archived_projects(store: ArchiveStore, account: str, known: Collection[str]) -> list[Project]:
    """Projects that only the archives have, none of the `known` ids; by the name that each had in the latest bag. One of which
    an erasure took all from the bags, and left copies, has no name any more."""
    found: dict[str, Project] = {}
    for bag in all_bags(store, account):
        for project in projects_in(store, bag):
            if project in known or not (details := _details(store, bag, project)):
                continue
            if project not in found or details["created"] >= found[project]["created"]:
                found[project] = details
    for project in due_projects(store, account):
        if project not in known:
            found.setdefault(project, Project(id=project, name="", created=""))
    return list(found.values())


def _details(store: ArchiveStore, bag: BagNames, project: str) -> Project | None:
    """Its id and name; a bag that could not have the project's details, or whose are damaged, knows no name."""
    try:
        document: dict[str, Any] = json.loads(store.read(bag.blob(project_path(project))))
        details: dict[str, Any] = document.get("project") or {}
    except BlobMissing:
        return None
    except UNREADABLE:
        details = {}
    # `created` is the time of its last change here: of several bags the latest name counts.
    return Project(id=project, name=details.get("name", ""), created=details.get("lastModified", ""))
