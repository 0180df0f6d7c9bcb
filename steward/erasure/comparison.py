"""The read back of one project: what the plan names against what is there now, and what is gone that no plan names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from steward.archive.erased import ErasedBefore
from steward.erasure.findings import (
    AskedAgain,
    Entity,
    Findings,
    Noticed,
    PlannedResidue,
    Remainder,
    Unsettled,
)
from steward.erasure.inventory import WORKSPACE, Inventory
from steward.erasure.plan import PlannedProject
from steward.erasure.results import ProjectResults, Remark
from steward.requests_api.scope import time_of

# The service keeps stored predictions for 30 days: what was that old may have gone by itself.
PREDICTIONS_LAST = timedelta(days=29)
_TRAINED_SINCE = "trained since the plan, perhaps on images that were to go, whose deletion leaves what it has learned of them"
_IN_SNAPSHOT = ("SnapshotKept", "the workspace has lost it, the snapshot of an iteration keeps it")


class AskedPictures(TypedDict):
    """How many pictures of erased images storage was asked for, and how many it still served."""

    asked: int
    served: int


class ProjectFindings(Findings):
    """A project's part of the read back; the ids that are absent, by entity, and all that are present of images, predictions
    and iterations, planned or not; `gone`: the service said that it has no such project."""

    absent: dict[Entity, list[str]]
    present: list[str]
    gone: bool
    pictures: AskedPictures


@dataclass(slots=True)
class Compared:
    """`planned`: ids of the plan by entity; `asked`: planned objects that were found by their id, images with the places,
    `published`: iterations that are published still; `fault`: why not all of `entity` could be asked for."""

    plan: PlannedProject
    planned: dict[Entity, set[str]]
    before: Inventory
    after: Inventory | None
    asked: dict[str, set[str]]
    results: ProjectResults
    published: set[str] = field(default_factory=set[str])
    fault: str = ""
    entity: Entity = "images"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def compare(compared: Compared) -> ProjectFindings:
    """What is proved, and what is not; without an inventory from after the erase nothing is proved of any list."""
    findings = ProjectFindings(
        asked=[],
        left=[],
        refused=[],
        residue=[],
        newItems=[],
        goneBeside=[],
        unsettled=[],
        absent={},
        present=[],
        gone=bool(compared.after and compared.after.objects["gone"]),
        pictures=AskedPictures(asked=len(compared.results.asked), served=len(compared.results.served)),
    )
    project = compared.plan["id"]
    if compared.fault:
        findings["unsettled"].append(
            Unsettled(entity=compared.entity, project=project, reason=compared.fault)
        )
    if compared.after is None:
        return findings
    findings["unsettled"] += [
        Unsettled(
            entity="stored predictions" if "predictions" in each else "images", project=project, reason=each
        )
        for each in compared.after.restless
    ]
    there = _present(compared, compared.after)
    findings["present"] = sorted(there["images"] | there["stored predictions"] | there["iterations"])
    for entity, planned in compared.planned.items():
        present = planned & there[entity]
        findings["absent"][entity] = sorted(planned - present)
        findings["asked"].append(
            AskedAgain(
                entity=entity, project=project, absent=len(planned) - len(present), present=len(present)
            )
        )
        _explain(compared, entity, present, findings)
    findings["newItems"] = [
        *_noticed(project, _new(compared, compared.after)),
        *_trained_since(compared, compared.after),
    ]
    findings["goneBeside"] = list(_noticed(project, _gone(compared, compared.after)))
    return findings


def without(before: Inventory, erased: ErasedBefore) -> Inventory:
    """The inventory without what other erasures have proved to be gone since it was taken."""
    objects = before.objects
    objects["gone"] = objects["gone"] or bool(erased.project)
    for image in erased.images:
        before.images.pop(UUID(image).bytes, None)
    for prediction in erased.predictions:
        before.predictions.pop(prediction, None)
    objects["iterations"] = [each for each in objects["iterations"] if each["id"] not in erased.iterations]
    objects["tags"] = [each for each in objects["tags"] if each["id"] not in erased.tags]
    # Of places whose images are not in it only their number is known.
    objects["counted"] = {place: count - len(erased.images) for place, count in objects["counted"].items()}
    return before


def _present(compared: Compared, after: Inventory) -> dict[Entity, set[str]]:
    """Ids that are there, by entity, also where only asking by id has found them."""
    objects = after.objects
    asked = {entity: ids.intersection(compared.asked) for entity, ids in compared.planned.items()}
    return {
        "stored predictions": set(after.predictions),
        "published iterations": {each["id"] for each in objects["iterations"] if each["published"]}
        | compared.published,
        "images": {*map(_text, after.images), *asked["images"]},
        "image tags": {each["id"] for each in objects["tags"]} | asked["image tags"],
        "iterations": {each["id"] for each in objects["iterations"]} | asked["iterations"],
        "projects": set() if objects["gone"] else {objects["id"]},
    }


def _explain(compared: Compared, entity: Entity, present: Iterable[str], findings: ProjectFindings) -> None:
    """Why planned objects are still there, as far as the erase itself has said."""
    project = compared.plan["id"]
    left: dict[tuple[str, str], int] = {}
    refused: dict[tuple[str, str], int] = {}
    kept: dict[tuple[str, str], int] = {}
    for each in present:
        remark = compared.results.left.get((entity, each))
        if remark:
            _count(left, remark)
            continue
        remark = compared.results.refused.get((entity, each))
        if entity == "images" and WORKSPACE not in _places(compared, each):
            code, reason = (remark["code"], remark["reason"]) if remark else _IN_SNAPSHOT
            kept[code, reason] = kept.get((code, reason), 0) + 1
        elif remark:
            _count(refused, remark)
    findings["left"] += _remainders(entity, project, left)
    findings["refused"] += _remainders(entity, project, refused)
    findings["residue"] += [
        PlannedResidue(**each, remover="whoever deletes the iterations that were trained on it")
        for each in _remainders(entity, project, kept)
    ]


def _places(compared: Compared, image: str) -> set[str]:
    places = set(compared.asked.get(image, set()))
    if compared.after and (found := compared.after.images.get(UUID(image).bytes)):
        places.update(compared.after.places_of(found))
    return places


def _count(counts: dict[tuple[str, str], int], remark: Remark) -> None:
    key = remark["code"], remark["reason"]
    counts[key] = counts.get(key, 0) + 1


def _remainders(entity: Entity, project: str, counts: dict[tuple[str, str], int]) -> list[Remainder]:
    return [
        Remainder(entity=entity, project=project, code=code, reason=reason, count=count)
        for (code, reason), count in sorted(counts.items())
    ]


def _noticed(project: str, found: Iterable[tuple[Entity, int]]) -> Iterator[Noticed]:
    for entity, count in found:
        if count:
            yield Noticed(entity=entity, project=project, count=count)


def _new(compared: Compared, after: Inventory) -> Iterator[tuple[Entity, int]]:
    """What fits the scope now and no plan has."""
    planned, objects = compared.planned, after.objects
    images = {_text(key) for key, image in after.images.items() if image.fits}
    yield "images", len(images - planned["images"])
    predictions = {each for each, prediction in after.predictions.items() if prediction.fits}
    yield "stored predictions", len(predictions - planned["stored predictions"])
    iterations = {each["id"] for each in objects["iterations"] if each["fits"]}
    yield "iterations", len(iterations - planned["iterations"])
    if objects["whole"]:
        yield "image tags", len({each["id"] for each in objects["tags"]} - planned["image tags"])


def _trained_since(compared: Compared, after: Inventory) -> Iterator[Noticed]:
    """Iterations that the plan could not name, where images go; a deletion takes these out of their snapshots too, so that
    nothing tells any more on what they were trained."""
    # Of one that was in training then the plan may have seen nothing.
    trained = {each["id"] for each in compared.before.objects["iterations"] if not each.get("training")}
    derived = {each["id"] for each in compared.plan["derivedIterations"]}
    known = trained | derived | compared.planned["iterations"]
    new = [each for each in after.objects["iterations"] if not each["fits"] and each["id"] not in known]
    if new and compared.planned["images"]:
        yield Noticed(entity="iterations", project=compared.plan["id"], count=len(new), why=_TRAINED_SINCE)


def _gone(compared: Compared, after: Inventory) -> Iterator[tuple[Entity, int]]:
    """What was there, is in no plan, and is gone; a project that went whole took all of it, as planned."""
    before, planned = compared.before, compared.planned
    if after.objects["gone"]:
        yield "projects", int(not compared.plan["whole"] and not before.objects["gone"])
        return
    yield "images", max(_images_gone(compared, after), _fewer(before, after))
    oldest = compared.now - PREDICTIONS_LAST
    if after.objects["predictions"]:
        young = {
            each
            for each, found in before.predictions.items()
            if not found.fits and time_of(found.created) > oldest
        }
        yield "stored predictions", len(young - set(after.predictions))
    there = {each["id"]: each for each in after.objects["iterations"]}
    others = [each for each in before.objects["iterations"] if each["id"] not in planned["iterations"]]
    yield "iterations", sum(each["id"] not in there for each in others)
    yield (
        "published iterations",
        sum(
            each["published"] and each["id"] in there and not there[each["id"]]["published"]
            for each in others
        ),
    )
    tags = {each["id"] for each in before.objects["tags"] if WORKSPACE in each["places"]}
    now = {each["id"] for each in after.objects["tags"] if WORKSPACE in each["places"]}
    yield "image tags", len(tags - now - planned["image tags"])


def _images_gone(compared: Compared, after: Inventory) -> int:
    """Images that a place has lost which should have kept them: the workspace, or a snapshot that is still there."""
    kept = set(compared.before.objects["read"]) & set(after.objects["read"])
    gone = 0
    for key, image in compared.before.images.items():
        if image.fits:
            continue
        expected = kept.intersection(compared.before.places_of(image))
        found = after.images.get(key)
        gone += bool(expected.difference(after.places_of(found) if found else ()))
    return gone


def _fewer(before: Inventory, after: Inventory) -> int:
    """How many images at least are gone from places of which only their number is known."""
    counted = after.objects["counted"]
    before_of = before.objects["counted"]
    return max([0, *(number - counted[place] for place, number in before_of.items() if place in counted)])


def _text(key: bytes) -> str:
    return str(UUID(bytes=key))
