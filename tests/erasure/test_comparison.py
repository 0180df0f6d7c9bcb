"""What the read back of a project makes of what was there before the erase and what is there now."""

from typing import Any
from uuid import UUID, uuid4

from steward.erasure.comparison import Compared, ProjectFindings, compare
from steward.erasure.findings import Entity
from steward.erasure.inventory import WORKSPACE, InventoriedImage, Inventory, IterationObject, ProjectObjects
from steward.erasure.plan import DerivedIteration, PlannedProject
from steward.erasure.results import ProjectResults

PROJECT, IMAGE, KNOWN, LATER = (str(uuid4()) for _ in range(4))


def inventory(*iterations: str, image: bool = False) -> Inventory:
    """Of a project with these iterations, and with the image of the person that the scope names."""
    objects = ProjectObjects(
        id=PROJECT,
        name="Hats",
        gone=False,
        whole=False,
        read=[WORKSPACE],
        counted={},
        predictions=False,
        iterations=[IterationObject(id=each, name=each, published=False, fits=False) for each in iterations],
        tags=[],
        models=[],
        modelContainer="",
    )
    images = {UUID(IMAGE).bytes: InventoriedImage(places=1, fits=True)} if image else {}
    return Inventory(objects, images=images)


def found(
    before: Inventory, after: Inventory, planned: dict[Entity, set[str]], **more: Any
) -> ProjectFindings:
    plan: Any = {"id": PROJECT, "whole": False, "derivedIterations": more.pop("derived", [])}
    everything: dict[Entity, set[str]] = {
        "stored predictions": set(),
        "published iterations": set(),
        "images": set(),
        "image tags": set(),
        "iterations": set(),
        "projects": set(),
    }
    results = ProjectResults(left={}, refused={}, asked=set(), served=set())
    part: PlannedProject = plan
    return compare(
        Compared(part, everything | planned, before, after, more.pop("asked", {}), results, **more)
    )


def test_an_iteration_that_was_trained_between_plan_and_erase_is_named() -> None:
    """It has learned of the images that went, and was not there to be named by the plan."""
    before, after = inventory(KNOWN, image=True), inventory(KNOWN, LATER)
    (new,) = found(before, after, {"images": {IMAGE}})["newItems"]
    assert (new["entity"], new["project"], new["count"]) == ("iterations", PROJECT, 1)
    assert "trained" in new.get("why", "")


def test_an_iteration_that_was_in_training_when_it_was_planned_is_named() -> None:
    """The service may have given no snapshot of it then."""
    before, after = inventory(KNOWN, image=True), inventory(KNOWN)
    before.objects["iterations"][0]["training"] = True
    (new,) = found(before, after, {"images": {IMAGE}})["newItems"]
    assert (new["entity"], new["count"]) == ("iterations", 1)
    derived = [DerivedIteration(id=KNOWN, name="", images=1)]
    assert found(before, after, {"images": {IMAGE}}, derived=derived)["newItems"] == []


def test_an_iteration_is_no_matter_of_an_erase_of_other_things() -> None:
    assert found(inventory(KNOWN), inventory(KNOWN, LATER), {"iterations": {str(uuid4())}})["newItems"] == []


def test_what_no_list_has_is_there_where_it_is_given_by_its_id() -> None:
    tag = str(uuid4())
    planned: dict[Entity, set[str]] = {
        "iterations": {KNOWN, LATER},
        "published iterations": {KNOWN, LATER},
        "image tags": {tag},
    }
    asked = {each: {WORKSPACE} for each in (KNOWN, tag)}
    findings = found(inventory(KNOWN, LATER), inventory(), planned, asked=asked, published={KNOWN})
    counts = {each["entity"]: (each["absent"], each["present"]) for each in findings["asked"]}
    assert counts["iterations"] == counts["published iterations"] == (1, 1)
    assert counts["image tags"] == (0, 1)
    assert KNOWN in findings["present"]
