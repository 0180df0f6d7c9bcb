"""Whether a bag has everything that a plan would take from the service: each object, and each picture with its hash."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from steward.archive.manifest import EXPORT
from steward.archive.names import BagNames, iteration_folder, project_folder
from steward.archive.store import ArchiveStore
from steward.erasure.inventory import Inventory, load_inventory
from steward.erasure.plan import PlannedProject, RecordedPlan, all_predictions
from steward.erasure.planning import taken

# Options of an export without which it has less of an iteration than a deletion takes.
_OF_ITERATIONS = ("models", "imagePerformance")


@dataclass(slots=True)
class _Held:
    """What the bag has of a project, without gaps; images and predictions only with their picture."""

    details: bool = False
    tags: set[str] = field(default_factory=set[str])
    iterations: set[str] = field(default_factory=set[str])
    images: set[bytes] = field(default_factory=set[bytes])
    predictions: set[bytes] = field(default_factory=set[bytes])


def uncovered(store: ArchiveStore, bag: BagNames, recorded: RecordedPlan) -> list[str]:
    """What the bag lacks, a sentence for each kind of object in each project; empty where it covers the plan."""
    export = json.loads(store.read(bag.blob(EXPORT)))
    return [
        f"project {project['id']}: {lack}"
        for project in recorded.plan["projects"]
        for lack in _lacks(store, bag, export, recorded, project)
    ]


def _lacks(
    store: ArchiveStore,
    bag: BagNames,
    export: dict[str, Any],
    recorded: RecordedPlan,
    project: PlannedProject,
) -> Iterator[str]:
    held = _held(store, bag, project["id"])
    held.iterations = _with_all_they_have(held.iterations, export, project["id"])
    inventory = load_inventory(store, recorded.names, "plan", project["id"], project["inventory"])
    if project["whole"] and not held.details:
        yield "its details are not in it"
    yield from _missing("image tags", set(project["tags"]) - held.tags, len(project["tags"]))
    yield from _missing(
        "iterations", set(project["iterations"]) - held.iterations, len(project["iterations"])
    )
    images = _images(inventory, project)
    yield from _missing("images", images - held.images, len(images))
    predictions = {UUID(each).bytes for each in all_predictions(store, recorded, project["id"])}
    yield from _missing("stored predictions", predictions - held.predictions, len(predictions))


def _images(inventory: Inventory, project: PlannedProject) -> set[bytes]:
    return {UUID(image).bytes for image, _ in taken(inventory, project)}


def _missing(kind: str, missing: set[str] | set[bytes], planned: int) -> Iterator[str]:
    if missing:
        yield f"{len(missing)} of {planned} {kind} are not in it, or not with all that they have"


def _held(store: ArchiveStore, bag: BagNames, project: str) -> _Held:
    held = _Held()
    folder = bag.blob(project_folder(project))
    for blob in store.list(folder):
        tail = blob.name.removeprefix(folder)
        iteration = tail.split("/")[1] if tail.startswith("iterations/") else ""
        if tail.endswith(".jsonl"):
            _take_lines(store, blob.name, held)
            continue
        document = json.loads(store.read(blob.name))
        if "gap" in document:
            continue
        match tail.rpartition("/")[2]:
            case "project.json":
                held.details = True
            case "iteration.json":
                held.iterations.add(iteration)
            case "tags.json":
                held.tags.update(tag["id"] for tag in document["tags"] if "gap" not in tag)
            case _:
                pass
    return held


def _with_all_they_have(iterations: set[str], export: dict[str, Any], project: str) -> set[str]:
    """Those whose labels, performances and models the export did not leave out, and of which no document, page, list or
    model is a gap. An image without its picture is one by its id, and missed among the images."""
    options: dict[str, bool] = export["about"].get("options", {})
    if not all(options.get(each, True) for each in _OF_ITERATIONS):
        return set()
    torn = [gap["path"] for gap in export["gaps"] if "id" not in gap]
    return {
        each
        for each in iterations
        if not any(path.startswith(iteration_folder(project, each)) for path in torn)
    }


def _take_lines(store: ArchiveStore, name: str, held: _Held) -> None:
    for line in map(json.loads, store.read_lines(name)):
        if "picture" not in line:
            continue
        if image := line.get("image"):
            held.images.add(UUID(image["id"]).bytes)
        elif prediction := line.get("prediction"):
            held.predictions.add(UUID(prediction["id"]).bytes)
