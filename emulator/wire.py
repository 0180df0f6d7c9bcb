"""The JSON of each entity: keys, their order, nulls, omissions and dates as the recordings show them, by version."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.domains import CATALOGUE, Domain
from emulator.models import model_path
from emulator.options import Options
from emulator.state import Export, Iteration, PredictedTag, Project, StoredPrediction
from emulator.times import with_milliseconds, with_ticks
from emulator.workspace import Box, ImageRegion, StoredImage, Tag, Workspace, bare

type Json = dict[str, Any]

VERSIONS = ("3.0", "3.1", "3.2", "3.3", "3.4-preview")
PREVIEW = "3.4-preview"

# Export platforms a version can name: enum ExportPlatform of its OpenAPI file; v3.0: recording ExportTests.
_PLATFORMS = {
    "3.0": ("CoreML", "DockerFile", "ONNX", "TensorFlow"),
    PREVIEW: ("VAIDK", "CoreML", "DockerFile", "ONNX", "OpenVino", "TensorFlow"),
}
_STABLE_PLATFORMS = ("VAIDK", "CoreML", "DockerFile", "ONNX", "TensorFlow")
# A string, skipped, or the exponent of a number.
_EXPONENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=\d)e(?=[-+]\d)')


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def encode_figures(value: Any) -> bytes:
    """Compact JSON whose exponents are written as .NET does: `1.1920929E-07` (recording CreateImagesFromPredictions)."""
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _EXPONENT.sub(lambda found: "E" if found[0] == "e" else found[0], compact).encode()


def platforms(domain: Domain, version: str) -> list[str]:
    """Platforms that an iteration of the domain can be exported to, in this version's words."""
    return [name for name in domain.platforms if name in _PLATFORMS.get(version, _STABLE_PLATFORMS)]


def domain_json(domain: Domain, version: str) -> Json:
    plain: Json = {
        "id": domain.id,
        "name": domain.name,
        "type": domain.type,
        "exportable": domain.exportable,
        "enabled": True,
    }
    if version != PREVIEW:
        return plain
    information = {
        "estimatedModelSizeInMegabytes": domain.model_megabytes,
        "description": domain.model_description,
    }
    return plain | {
        "exportablePlatforms": list(domain.platforms),
        "modelInformation": information if domain.exportable else None,
    }


def tag_json(tag: Tag, workspace: Workspace) -> Json:
    return {
        "id": tag.id,
        "name": tag.name,
        "description": tag.description,
        "type": tag.type,
        "imageCount": workspace.image_count(tag.id),
    }


def box_json(box: Box) -> Json:
    return {"left": box.left, "top": box.top, "width": box.width, "height": box.height}


def region_json(region: ImageRegion, tag_name: str | None) -> Json:
    return {
        "regionId": region.id,
        "tagName": tag_name,
        "created": with_ticks(region.created),
        "tagId": region.tag_id,
        **box_json(region.box),
    }


def predictions_json(results: Sequence[PredictedTag], version: str) -> list[Json]:
    """`tagType` from v3.4-preview (Prediction API: v3.1) only; `boundingBox` in detection only."""
    return [
        {"probability": result.probability, "tagId": result.tag_id, "tagName": result.tag_name}
        | ({"boundingBox": box_json(result.box)} if result.box else {})
        | ({"tagType": result.tag_type} if version == PREVIEW else {})
        for result in results
    ]


class Wire:
    """Writes what needs URIs: `uri` gives the address of a path in the blob store."""

    def __init__(self, version: str, uri: Callable[[str], str], options: Options) -> None:
        self.version = version
        self.uri = uri
        self._options = options

    def project(self, project: Project) -> Json:
        # Which image gives the thumbnail is not known; null without images (recording ProjectRetrieval).
        images = project.workspace.newest_first()
        thumbnail = self.uri(f"/i-{bare(project.id)}/t-{bare(images[-1].id)}") if images else None
        written: Json = {
            "id": project.id,
            "name": project.name,
            "description": project.description,
            "settings": self._settings(project),
            "created": with_milliseconds(project.created),
            "lastModified": with_milliseconds(project.last_modified),
            "thumbnailUri": thumbnail,
            "drModeEnabled": project.dr_mode_enabled,
        }
        # Since import exists (recordings ImportProject, CreateDeleteProjectWithDomain).
        return written if self.version in {"3.0", "3.1"} else written | {"status": project.status}

    def _settings(self, project: Project) -> Json:
        head: Json = {"domainId": project.domain_id, "classificationType": project.classification_type}
        sets: Json = {
            "useNegativeSet": project.use_negative_set,
            "detectionParameters": project.detection_parameters,
        }
        targets: Json = {"targetExportPlatforms": list(project.target_export_platforms)}
        if self.version == "3.0":
            return head | sets | targets
        settings = head | targets | sets
        settings["imageProcessingSettings"] = {"augmentationMethods": dict(project.augmentation_methods)}
        if self.version == PREVIEW and project.export_model_container_uri:
            settings["exportModelContainerUri"] = project.export_model_container_uri
        if self.version == PREVIEW and project.notification_queue_uri:
            settings["notificationQueueUri"] = project.notification_queue_uri
        return settings

    def image(self, project: Project, image: StoredImage, tags: Mapping[str, Tag] | None) -> Json:
        """An image; with no tags to look names up in (a create's answer) every tagName is null."""
        folder = f"/i-{bare(project.id)}"
        original = self.uri(f"{folder}/i-{bare(image.id)}")
        own = self._options.resized == "own"
        written: Json = {
            "id": image.id,
            "created": with_ticks(image.created),
            "width": image.picture.width,
            "height": image.picture.height,
            "resizedImageUri": self.uri(f"{folder}/r-{bare(image.id)}") if own else original,
            "thumbnailUri": self.uri(f"{folder}/t-{bare(image.id)}"),
            "originalImageUri": original,
        }
        written |= self.labels(image, tags)
        if image.metadata:
            written["metadata"] = dict(image.metadata)
        return written

    def labels(self, image: StoredImage, tags: Mapping[str, Tag] | None) -> Json:
        """Tags and regions, each omitted where there are none."""
        written: Json = {}
        if image.tags:
            written["tags"] = [
                {
                    "tagId": tag.tag_id,
                    "tagName": tags[tag.tag_id].name if tags else None,
                    "created": with_ticks(tag.created),
                }
                for tag in image.tags
            ]
        if image.regions:
            written["regions"] = [
                region_json(region, tags[region.tag_id].name if tags else None) for region in image.regions
            ]
        return written

    def iteration(self, project: Project, iteration: Iteration) -> Json:
        domain = CATALOGUE[iteration.domain_id] if iteration.domain_id else None
        ready = iteration.status == "Completed" and domain is not None and domain.exportable
        targets = platforms(domain, self.version) if domain and ready else []
        # Null before the domain is known, and always in v3.4-preview where there are none.
        empty: list[str] | None = None if domain is None or self.version == PREVIEW else []
        written: Json = {
            "id": iteration.id,
            "name": iteration.name,
            "status": self._options.failed_status if iteration.status == "Failed" else iteration.status,
            "created": with_milliseconds(iteration.created),
            "lastModified": with_milliseconds(iteration.last_modified),
        }
        if iteration.trained_at is not None:
            written["trainedAt"] = with_milliseconds(iteration.trained_at)
        written |= {
            "projectId": project.id,
            "exportable": bool(targets),
            "exportableTo": targets or empty,
            "domainId": iteration.domain_id,
            "classificationType": iteration.classification_type,
            "trainingType": iteration.training_type,
            "reservedBudgetInHours": iteration.reserved_budget_in_hours,
        }
        if self.version != "3.0":
            written["trainingTimeInMinutes"] = iteration.training_time_in_minutes
        written |= {
            "publishName": iteration.publish_name,
            "originalPublishResourceId": iteration.original_publish_resource_id,
        }
        if self.version == PREVIEW:
            written["customBaseModelInfo"] = _base_model_json(iteration)
            written["trainingErrorDetails"] = iteration.training_error_details
        return written

    def export(self, project: Project, iteration: Iteration, export: Export) -> Json:
        linked = export.status == "Done" and self._options.model_links
        return {
            "platform": export.platform,
            "status": export.status,
            "downloadUri": self.uri(model_path(project.id, iteration.id, export.platform, export.flavor))
            if linked
            else None,
            "flavor": export.flavor,
            "newerVersionAvailable": export.exporter_version < self._options.exporter_version,
        }

    def prediction(self, project: Project, prediction: StoredPrediction) -> Json:
        """A quick test's answer."""
        return {
            "id": prediction.id,
            "project": project.id,
            "iteration": prediction.iteration_id,
            "created": with_milliseconds(prediction.created),
            "predictions": predictions_json(prediction.results, self.version),
        }

    def stored_prediction(self, project: Project, prediction: StoredPrediction) -> Json:
        # Containers by version: recordings DeletePrediction (v3.1), QueryPredictionResults (v3.2).
        old = self.version in {"3.0", "3.1"}
        folder = f"/e-{bare(project.id)}" if old else f"/predictionimages/{project.id}"
        original = self.uri(f"{folder}/o-{bare(prediction.id)}")
        return {
            "resizedImageUri": original,
            "thumbnailUri": self.uri(f"{folder}/t-{bare(prediction.id)}"),
            "originalImageUri": original,
            "domain": prediction.domain_id,
            **self.prediction(project, prediction),
        }


def _base_model_json(iteration: Iteration) -> Json | None:
    if iteration.custom_base_model is None:
        return None
    project_id, iteration_id = iteration.custom_base_model
    return {"projectId": project_id, "iterationId": iteration_id}
