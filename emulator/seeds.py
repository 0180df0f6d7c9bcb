"""Plants accounts to start with: the same ids, bytes and times in every run."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from emulator.account import Account
from emulator.drawing import Drawing, Kind, draw
from emulator.photographs import plant_folder
from emulator.pictures import Picture
from emulator.recipes import RECIPES, SHARED_PICTURES, Outcome, Recipe, SeedName
from emulator.state import Iteration, PredictedTag, Project
from emulator.times import PER_DAY, PER_SECOND, ticks
from emulator.workspace import Box, Tag, single

__all__ = ["plant", "plant_folder"]

_FIRST_DAY = ticks(datetime(2025, 3, 3, 8, 30, tzinfo=UTC))
_TRAINING = 8 * PER_SECOND + 2_190_000
_RESOURCE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/emulator"
    "/providers/Microsoft.CognitiveServices/accounts/emulator-prediction"
)
# Sides of at least 256 pixels: smaller pictures would be scaled up ("Limits and quotas").
_SIZES = ((320, 256), (400, 300), (300, 400), (480, 360))
_SHARED_SIZE = (256, 256)
_EVERY_NTH_UNTAGGED = 9
_EVERY_NTH_NEGATIVE = 11


def plant(account: Account, name: SeedName) -> None:
    """Add the projects of a seed to the account (what is in it stays)."""
    for number, recipe in enumerate(RECIPES[name]):
        bed = _Bed(
            account=account,
            recipe=recipe,
            source=random.Random(f"{name}: {recipe.name}"),  # noqa: S311 - repeatable on purpose
            moment=_FIRST_DAY + number * PER_DAY,
            first_picture=number * 1_000_000,
            shared_pictures=SHARED_PICTURES.get(name, 0),
        )
        _plant_project(bed)


@dataclass(slots=True)
class _Bed:
    """Where one project grows: the moment moves on with everything that is planted."""

    account: Account
    recipe: Recipe
    source: random.Random
    moment: int
    first_picture: int
    shared_pictures: int
    drawn: int = 0
    tags: list[Tag] = field(default_factory=list[Tag])

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.source.getrandbits(128), version=4))

    def later(self) -> int:
        """The next moment: odd fractions of a second, and now and then the same again, as uploads of one call are."""
        if self.drawn % 10 != 3:
            self.moment += 1_093_750 + self.source.getrandbits(18)
        return self.moment

    def picture(self, boxes: tuple[Box, ...] = ()) -> Picture:
        self.drawn += 1
        if self.shared_pictures:
            return _shared_picture(self.drawn % self.shared_pictures)
        width, height = _SIZES[self.drawn % len(_SIZES)]
        corners = tuple((box.left, box.top, box.width, box.height) for box in boxes)
        drawing = Drawing(self.first_picture + self.drawn, width, height, corners, _kind(self.drawn))
        return Picture.read(draw(drawing))


@lru_cache
def _shared_picture(number: int) -> Picture:
    return Picture.read(draw(Drawing(number, *_SHARED_SIZE, quality=60)))


def _kind(number: int) -> Kind:
    """Mostly JPEG; now and then each of the other formats that the service takes."""
    rare: dict[int, Kind] = {7: "PNG", 23: "GIF", 41: "BMP"}
    return rare.get(number % 50, "JPEG")


def _plant_project(bed: _Bed) -> None:
    recipe = bed.recipe
    project = bed.account.add_project(
        recipe.name,
        created=bed.moment,
        project_id=bed.new_id(),
        description=recipe.description,
        domain_id=recipe.domain,
        classification_type="Multiclass" if recipe.kind == "multiclass" else "Multilabel",
        status="Failed" if recipe.import_failed else "Succeeded",
    )
    forgotten = _plant_forgotten(bed, project)
    bed.tags = [project.add_tag(name, tag_id=bed.new_id()) for name in recipe.tags]
    special: dict[Literal["Negative", "GeneralProduct"], str | None] = {
        "Negative": recipe.negative,
        "GeneralProduct": recipe.general_product,
    }
    for kind, name in special.items():
        if name:
            project.add_tag(name, tag_id=bed.new_id(), kind=kind, description=f"The {kind} tag.")
    trained = _plant_images_and_iterations(bed, project, forgotten)
    if trained:
        _plant_predictions(bed, project, trained)
        for export in recipe.exports:
            bed.account.add_export(
                project, trained[-1], export.platform, flavor=export.flavor, status=export.status
            )
    project.last_modified = bed.moment


def _plant_forgotten(bed: _Bed, project: Project) -> list[str]:
    """Images with a tag of their own, which leave the workspace after the first training."""
    recipe = bed.recipe
    if not recipe.forgotten:
        return []
    bed.tags = [project.add_tag(recipe.forgotten_tag, tag_id=bed.new_id(), description="Consent withdrawn.")]
    return [_plant_image(bed, project, number) for number in range(1, recipe.forgotten + 1)]


def _plant_images_and_iterations(bed: _Bed, project: Project, forgotten: list[str]) -> list[Iteration]:
    """Images in as many parts as iterations, and one part more; the iterations that trained, in order."""
    recipe = bed.recipe
    trained: list[Iteration] = []
    parts = len(recipe.iterations) + 1
    for number in range(recipe.images):
        _plant_image(bed, project, number)
        training, at_end_of_part = divmod((number + 1) * parts, recipe.images)
        if at_end_of_part < parts and training < parts:
            iteration = _train(bed, project, recipe.iterations[training - 1])
            trained += [iteration] if iteration.status == "Completed" else []
            if training == 1:
                _forget(project, forgotten)
    return trained


def _forget(project: Project, forgotten: list[str]) -> None:
    """Leave the images and their tag in the snapshot only."""
    for tag_id in {tag.tag_id for image_id in forgotten for tag in project.workspace.images[image_id].tags}:
        project.workspace.remove_tag(tag_id)
    for image_id in forgotten:
        project.workspace.remove_image(image_id)


def _train(bed: _Bed, project: Project, outcome: Outcome) -> Iteration:
    created = bed.moment = bed.moment + 60 * PER_SECOND
    bed.moment += _TRAINING
    number = project.iterations_made + 1
    return project.add_iteration(
        created=created,
        iteration_id=bed.new_id(),
        trained_at=None if outcome == "failed" else bed.moment,
        status="Failed" if outcome == "failed" else "Completed",
        publish_name=f"model-{number}" if outcome == "published" else None,
        original_publish_resource_id=_RESOURCE if outcome == "published" else None,
        training_error_details="The training ended without a model." if outcome == "failed" else None,
    )


def _plant_image(bed: _Bed, project: Project, number: int) -> str:
    """One image; what it has follows from its number. Its id."""
    boxes = tuple(_boxes(bed)) if bed.recipe.kind == "detection" else ()
    chosen = _chosen_tags(bed, project, number)
    regions = [(bed.source.choice(bed.tags).id, box) for box in boxes] if chosen else []
    image = project.add_image(
        bed.picture(boxes if regions else ()),
        created=bed.later(),
        image_id=bed.new_id(),
        tag_ids=() if boxes else [tag.id for tag in chosen],
        regions=regions,
        metadata=_metadata(number),
    )
    return image.id


def _chosen_tags(bed: _Bed, project: Project, number: int) -> list[Tag]:
    if not bed.tags or number % _EVERY_NTH_UNTAGGED == 0:
        return []
    if number % _EVERY_NTH_NEGATIVE == 0 and len(bed.tags) > 1:
        # A negative tag stands alone (ErrorNegativeAndRegularTagOnSameImage).
        negative = [tag for tag in project.workspace.tags.values() if tag.type == "Negative"]
        if negative:
            return negative
    several = 1 + number % 3 if bed.recipe.kind == "multilabel" else 1
    return [bed.tags[(number + step) % len(bed.tags)] for step in range(min(several, len(bed.tags)))]


def _boxes(bed: _Bed) -> Iterator[Box]:
    for _ in range(1 + bed.source.getrandbits(2)):
        left, top = bed.source.random() * 0.7, bed.source.random() * 0.7
        width, height = 0.1 + bed.source.random() * 0.2, 0.1 + bed.source.random() * 0.2
        yield Box.of(left, top, width, height)


def _metadata(number: int) -> dict[str, str] | None:
    """Data subjects: number 42 has images in every project."""
    if number % 12 == 5:
        return {"subject": "42", "consent": "2025-02-28"}
    if number % 12 == 7:
        # A key that looks like one of the service's own addresses, and is not.
        return {
            "subject": str(43 + number % 5),
            "camera": 'Küche / "2"',
            "sourceUri": f"cameras/2?frame={number}",
        }
    return None


def _plant_predictions(bed: _Bed, project: Project, trained: list[Iteration]) -> None:
    for number in range(bed.recipe.predictions):
        iteration = trained[number % len(trained)]
        boxes = list(_boxes(bed)) if bed.recipe.kind == "detection" else []
        tags = [tag for tag in iteration.snapshot.tags.values() if tag.type != "GeneralProduct"]
        found = [(bed.source.choice(tags), box) for box in boxes] or [(tag, None) for tag in tags]
        project.add_prediction(
            bed.picture(tuple(boxes)),
            created=bed.later(),
            iteration=iteration,
            results=[
                PredictedTag(tag.id, tag.name, tag.type, single(bed.source.random()), box)
                for tag, box in found
            ],
            prediction_id=bed.new_id(),
            application=iteration.publish_name,
        )
