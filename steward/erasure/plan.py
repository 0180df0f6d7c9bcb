"""The plan of an erasure: everything that will be deleted, by id. It is written once, and nothing outside it is deleted.

Ids of images and predictions stand in batches, blobs beside the plan, whose digests the plan holds: the plan's own hash
stands for all of them.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict, cast

from steward.archive.documents import encode
from steward.archive.errors import ArchiveError, BlobExists
from steward.archive.store import JSON, ArchiveStore
from steward.erasure.names import Batched, ErasureNames
from steward.erasure.residue import Residue

FORMAT = "https://custom-vision-steward.dev/erasure-plan/v1"


class PlanAltered(ArchiveError):  # noqa: N818 - it names what is found
    """The plan, or a batch of it, is not what was recorded and approved."""


class PlannedImage(TypedDict):
    """`places`: where it was found, the workspace as an empty text, snapshots by their iteration's id."""

    id: str
    places: list[str]


class DerivedIteration(TypedDict):
    """One that was trained on images which will be erased, and that the scope does not name itself."""

    id: str
    name: str
    images: int


class PlannedProject(TypedDict):
    """What goes of one project. `whole`: the project itself goes too, if nothing unplanned is in it then.

    `images`, `predictions`: how many, `onlyInSnapshots` of the images; `takenWithIterations`: images that are not planned
    and lose their place in the snapshot of a planned iteration. The ids are in the batches, whose SHA-256 are
    given in their order. `unpublish`, `tags`, `iterations`: ids. `inventory`: SHA-256 of what the project held.
    """

    id: str
    name: str
    whole: bool
    predictions: int
    unpublish: list[str]
    images: int
    onlyInSnapshots: int
    takenWithIterations: int
    tags: list[str]
    iterations: list[str]
    derivedIterations: list[DerivedIteration]
    residue: list[Residue]
    restless: list[str]
    inventory: str
    imageBatches: list[str]
    predictionBatches: list[str]


class Plan(TypedDict):
    """`others`: ids of the account's projects that the scope does not give; `residue`: what cannot go, of the account as a whole; `counts`: by entity, over all projects."""

    format: str
    request: str
    account: str
    purpose: str
    made: str
    expires: str
    derivedIterations: Literal["keep", "erase"]
    projects: list[PlannedProject]
    others: list[str]
    counts: dict[str, int]
    residue: list[Residue]


@dataclass(frozen=True, slots=True)
class RecordedPlan:
    """The plan as it stands in the archive; `hash` is the SHA-256 of its bytes."""

    names: ErasureNames
    plan: Plan
    hash: str

    def project(self, project: str) -> PlannedProject:
        return next(each for each in self.plan["projects"] if each["id"] == project)


def counts_of(projects: list[PlannedProject]) -> dict[str, int]:
    """By entity, in the order in which they are erased."""
    return {
        "stored predictions": sum(each["predictions"] for each in projects),
        "published iterations": sum(len(each["unpublish"]) for each in projects),
        "images": sum(each["images"] for each in projects),
        "image tags": sum(len(each["tags"]) for each in projects),
        "iterations": sum(len(each["iterations"]) for each in projects),
        "projects": sum(each["whole"] for each in projects),
    }


def write_plan(store: ArchiveStore, names: ErasureNames, plan: Plan) -> RecordedPlan:
    """Record the plan; one that is there already stands."""
    with contextlib.suppress(BlobExists):
        store.write(names.plan, encode(plan), media_type=JSON, if_none_match=True)
    return read_plan(store, names)


def read_plan(store: ArchiveStore, names: ErasureNames, expected: str = "") -> RecordedPlan:
    """The plan; raises PlanAltered where its hash is not the expected one, BlobMissing where there is none."""
    data = store.read(names.plan)
    digest = hashlib.sha256(data).hexdigest()
    if expected and digest != expected:
        raise PlanAltered(f"{names.plan}: is not the plan of hash {expected}")
    return RecordedPlan(names, cast("Plan", json.loads(data)), digest)


def write_batch(
    store: ArchiveStore,
    names: ErasureNames,
    project: str,
    entity: Batched,
    items: Sequence[PlannedImage] | Sequence[str],
) -> str:
    """The SHA-256 of the batch, for the plan; its name too."""
    data = encode({"batch": list(items)})
    digest = hashlib.sha256(data).hexdigest()
    store.write(names.batch(project, entity, digest), data, media_type=JSON)
    return digest


def read_images(store: ArchiveStore, recorded: RecordedPlan, project: str, number: int) -> list[PlannedImage]:
    """One batch of images; raises PlanAltered."""
    return cast("list[PlannedImage]", _batch(store, recorded, project, "images", number))


def read_predictions(store: ArchiveStore, recorded: RecordedPlan, project: str, number: int) -> list[str]:
    """The ids of one batch of predictions; raises PlanAltered."""
    return cast("list[str]", _batch(store, recorded, project, "predictions", number))


def all_images(store: ArchiveStore, recorded: RecordedPlan, project: str) -> Iterator[PlannedImage]:
    for number in range(len(recorded.project(project)["imageBatches"])):
        yield from read_images(store, recorded, project, number)


def all_predictions(store: ArchiveStore, recorded: RecordedPlan, project: str) -> Iterator[str]:
    for number in range(len(recorded.project(project)["predictionBatches"])):
        yield from read_predictions(store, recorded, project, number)


def _batch(
    store: ArchiveStore, recorded: RecordedPlan, project: str, entity: Batched, number: int
) -> list[PlannedImage] | list[str]:
    planned = recorded.project(project)
    digests = planned["imageBatches"] if entity == "images" else planned["predictionBatches"]
    name = recorded.names.batch(project, entity, digests[number])
    data = store.read(name)
    if hashlib.sha256(data).hexdigest() != digests[number]:
        raise PlanAltered(f"{name}: is not the batch that the plan names")
    return json.loads(data)["batch"]
