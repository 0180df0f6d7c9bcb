"""JSON Lines for Azure Machine Learning's automated ML [Microsoft Learn, Data schemas to train computer vision models with
automated machine learning], each in a folder that is an MLTable [Prepare data for computer vision tasks]."""

import json
from typing import Any

from steward.datasets.formats import SPLITS, Format, Placed
from steward.datasets.projects import Project
from steward.datasets.target import Target

ANNOTATIONS = "annotations.jsonl"
_MLTABLE = f"""paths:
  - file: ./{ANNOTATIONS}
transformations:
  - read_json_lines:
      encoding: utf8
      invalid_lines: error
      include_path_column: false
  - convert_column_types:
      - columns: image_url
        column_type: stream_info
"""


class AzureMachineLearning(Format):
    """Its lines name pictures by their addresses in a datastore, where somebody brings the folder later."""

    def __init__(self, target: Target, folder: str, project: Project, address: str) -> None:
        super().__init__(target, folder, project)
        self._address = f"{address.rstrip('/')}/{folder}/"
        for part in SPLITS:
            self._annotations(part)

    def add(self, placed: Placed) -> None:
        (place,) = placed.places
        width, height = placed.size
        details = {"format": place.rpartition(".")[2], "width": width, "height": height}
        line: dict[str, Any] = {"image_url": self._address + place, "image_details": details}
        if placed.example.part in SPLITS:
            line["label"] = self._label(placed)
        name = self._annotations(placed.example.part)
        self.stream(name).write(json.dumps(line) + "\n")

    def finish(self) -> None:
        self.close_streams()

    def _annotations(self, part: str) -> str:
        name = f"{part}/{ANNOTATIONS}"
        if name not in self._open:
            self.stream(name)
            self.target.write(self.at(f"{part}/MLTable"), _MLTABLE.encode())
        return name

    def _label(self, placed: Placed) -> str | list[str] | list[dict[str, Any]]:
        if not self.project.detection:
            labels = [tag.label for tag in placed.example.tags]
            return labels if self.project.many else labels[0]
        return [
            {
                "label": region.category.label,
                "topX": region.box.left,
                "topY": region.box.top,
                "bottomX": region.box.right,
                "bottomY": region.box.bottom,
                "isCrowd": 0,
            }
            for region in placed.regions
        ]
