"""What a project holds, in memory: iterations, exports, predictions. Images and tags: emulator/workspace.py.

Ids are lower-case UUID text; times are ticks (emulator/times.py). The rules of the service stand in the handlers:
here everything goes that keeps the parts consistent, so that seeds can build any account directly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from emulator import domains
from emulator.pictures import Picture
from emulator.workspace import (
    Box,
    ImageRegion,
    ImageTag,
    StoredImage,
    Tag,
    TagType,
    Workspace,
    new_id,
    region_id,
)

ClassificationType = Literal["Multiclass", "Multilabel"]
ProjectStatus = Literal["Succeeded", "Importing", "Failed"]
IterationStatus = Literal["Training", "Completed", "Failed"]
ExportStatus = Literal["Exporting", "Done", "Failed"]


@dataclass(slots=True)
class Export:
    """A model made, or being made, of an iteration; (platform, flavor) is its key."""

    platform: str
    flavor: str | None
    status: ExportStatus
    exporter_version: int = 1


@dataclass(slots=True)
class Iteration:
    id: str
    name: str
    status: IterationStatus
    created: int
    last_modified: int
    trained_at: int | None
    snapshot: Workspace
    # Null while training has just begun, as classification_type (recording TrainAndPublishProject).
    domain_id: str | None
    classification_type: ClassificationType | None
    training_type: Literal["Regular", "Advanced"] = "Regular"
    reserved_budget_in_hours: int = 0
    training_time_in_minutes: int = 1
    publish_name: str | None = None
    original_publish_resource_id: str | None = None
    custom_base_model: tuple[str, str] | None = None
    training_error_details: str | None = None
    exports: list[Export] = field(default_factory=list[Export])


@dataclass(frozen=True, slots=True)
class PredictedTag:
    tag_id: str
    tag_name: str
    tag_type: TagType
    probability: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """A picture that the service was asked about, and what it answered (highest probability first)."""

    id: str
    created: int
    iteration_id: str
    domain_id: str
    picture: Picture
    results: tuple[PredictedTag, ...]
    # The name of the application that asked, where it gave one.
    application: str | None = None


@dataclass(slots=True)
class Project:
    id: str
    name: str
    description: str
    domain_id: str
    classification_type: ClassificationType
    created: int
    last_modified: int
    status: ProjectStatus = "Succeeded"
    dr_mode_enabled: bool = False
    use_negative_set: bool = True
    detection_parameters: str | None = None
    target_export_platforms: tuple[str, ...] = ()
    augmentation_methods: Mapping[str, bool] = field(
        default_factory=lambda: dict(domains.AUGMENTATION_METHODS)
    )
    export_model_container_uri: str | None = None
    notification_queue_uri: str | None = None
    workspace: Workspace = field(default_factory=Workspace)
    iterations: dict[str, Iteration] = field(default_factory=dict[str, Iteration])
    predictions: dict[str, StoredPrediction] = field(default_factory=dict[str, StoredPrediction])
    # Numbering goes on after a delete (recordings README, "Iterations").
    iterations_made: int = 0

    def add_tag(
        self,
        name: str,
        *,
        tag_id: str | None = None,
        description: str | None = None,
        kind: TagType = "Regular",
    ) -> Tag:
        """A new tag of the workspace."""
        tag = Tag(tag_id or new_id(), name, description, kind)
        self.workspace.put_tag(tag)
        return tag

    def add_image(
        self,
        picture: Picture,
        *,
        created: int,
        image_id: str | None = None,
        tag_ids: Sequence[str] = (),
        regions: Sequence[tuple[str, Box]] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> StoredImage:
        """A new image of the workspace; regions are (tag id, box) and bring their tags along."""
        image = StoredImage(
            image_id or new_id(),
            created,
            picture,
            tuple(
                ImageTag(tag_id, created)
                for tag_id in dict.fromkeys([*tag_ids, *(tag_id for tag_id, _ in regions)])
            ),
            tuple(
                ImageRegion(region_id(image_id, n), tag_id, created, box)
                for n, (tag_id, box) in enumerate(regions)
            ),
            dict(metadata or {}),
        )
        self.workspace.put_image(image)
        return image

    def add_iteration(
        self,
        *,
        created: int,
        trained_at: int | None,
        iteration_id: str | None = None,
        name: str | None = None,
        status: IterationStatus = "Completed",
        publish_name: str | None = None,
        original_publish_resource_id: str | None = None,
        training_error_details: str | None = None,
    ) -> Iteration:
        """A new iteration that keeps the workspace as it is now."""
        self.iterations_made += 1
        iteration = Iteration(
            id=iteration_id or new_id(),
            name=name or f"Iteration {self.iterations_made}",
            status=status,
            created=created,
            last_modified=trained_at or created,
            trained_at=trained_at,
            snapshot=self.workspace.copy(),
            domain_id=self.domain_id,
            classification_type=self.classification_type,
            publish_name=publish_name,
            original_publish_resource_id=original_publish_resource_id,
            training_error_details=training_error_details,
        )
        self.iterations[iteration.id] = iteration
        return iteration

    def add_prediction(
        self,
        picture: Picture,
        *,
        created: int,
        iteration: Iteration,
        results: Sequence[PredictedTag],
        prediction_id: str | None = None,
        application: str | None = None,
    ) -> StoredPrediction:
        """A new stored prediction; results are put in order of probability."""
        prediction = StoredPrediction(
            prediction_id or new_id(),
            created,
            iteration.id,
            iteration.domain_id or self.domain_id,
            picture,
            tuple(sorted(results, key=lambda result: -result.probability)),
            application,
        )
        self.predictions[prediction.id] = prediction
        return prediction

    def find_picture(self, image_id: str) -> Picture | None:
        """The picture of an image that the workspace or any iteration still has."""
        for workspace in (self.workspace, *(iteration.snapshot for iteration in self.iterations.values())):
            if image := workspace.images.get(image_id):
                return image.picture
        return None
