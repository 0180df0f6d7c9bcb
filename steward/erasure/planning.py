"""From what a project holds to what goes of it."""

from collections.abc import Iterator
from itertools import batched
from typing import Literal
from uuid import UUID

from steward.archive.store import ArchiveStore
from steward.customvision.batches import IMAGE_BATCH, PREDICTION_BATCH
from steward.erasure.inventory import WORKSPACE, Inventory
from steward.erasure.names import ErasureNames
from steward.erasure.plan import DerivedIteration, PlannedImage, PlannedProject, write_batch
from steward.erasure.residue import of_container, of_models


def plan_project(
    store: ArchiveStore,
    names: ErasureNames,
    inventory: Inventory,
    inventory_digest: str,
    derived: Literal["keep", "erase"],
) -> PlannedProject:
    """Write the batches, and give the project's part of the plan; the same inventory makes the same plan."""
    objects = inventory.objects
    images = planned_images(inventory)
    predictions = sorted(each for each, prediction in inventory.predictions.items() if prediction.fits)
    trained_on = derived_iterations(inventory)
    named = [each["id"] for each in objects["iterations"] if each["fits"]]
    iterations = sorted({*named, *(each["id"] for each in trained_on if derived == "erase")})
    published = {each["id"] for each in objects["iterations"] if each["published"]}
    return PlannedProject(
        id=objects["id"],
        name=objects["name"],
        whole=objects["whole"],
        predictions=len(predictions),
        unpublish=[each for each in iterations if each in published],
        images=len(images),
        onlyInSnapshots=sum(WORKSPACE not in each["places"] for each in images),
        takenWithIterations=sum(
            not image.fits and not set(iterations).isdisjoint(inventory.places_of(image))
            for image in inventory.images.values()
        ),
        tags=sorted(each["id"] for each in objects["tags"]) if objects["whole"] else [],
        iterations=iterations,
        derivedIterations=trained_on,
        residue=[
            *of_models(
                objects["id"],
                [each for each in objects["models"] if objects["whole"] or each["iteration"] in iterations],
            ),
            *of_container(objects["modelContainer"] if objects["whole"] or iterations else ""),
        ],
        restless=inventory.restless,
        inventory=inventory_digest,
        imageBatches=[
            write_batch(store, names, objects["id"], "images", batch)
            for batch in batched(images, IMAGE_BATCH, strict=False)
        ],
        predictionBatches=[
            write_batch(store, names, objects["id"], "predictions", batch)
            for batch in batched(predictions, PREDICTION_BATCH, strict=False)
        ],
    )


def planned_images(inventory: Inventory) -> list[PlannedImage]:
    """Every image that fits, wherever it was found."""
    return [
        PlannedImage(id=str(UUID(bytes=key)), places=inventory.places_of(image))
        for key, image in sorted(inventory.images.items())
        if image.fits
    ]


def derived_iterations(inventory: Inventory) -> list[DerivedIteration]:
    """Iterations whose snapshot has an image that fits, and that the scope does not name."""
    found = dict.fromkeys(inventory.objects["read"], 0)
    for image in inventory.images.values():
        if image.fits:
            for place in inventory.places_of(image):
                found[place] += 1
    return [
        DerivedIteration(id=each["id"], name=each["name"], images=found[each["id"]])
        for each in inventory.objects["iterations"]
        if not each["fits"] and found.get(each["id"])
    ]


def unseen_iterations(planned: PlannedProject) -> list[str]:
    """Planned iterations whose snapshot may have more than its lists gave: neither holds nor an export were asked about that.

    What a list of the workspace does not give is not deleted.
    """
    restless = " ".join(planned["restless"]).lower()
    return [each for each in planned["iterations"] if each.lower() in restless]


def taken(inventory: Inventory, planned: PlannedProject) -> Iterator[tuple[str, list[str]]]:
    """Ids of all images that the service may lose by the plan, each with its tags: those that are planned, and those in
    the snapshots of planned iterations."""
    iterations = set(planned["iterations"])
    for key, image in inventory.images.items():
        if image.fits or not iterations.isdisjoint(inventory.places_of(image)):
            yield str(UUID(bytes=key)), inventory.tags_of(image)
