"""COCO: one JSON document a part, as pycocotools reads it [cocodataset.org, Data format]. A tag without a region, of a
classification, is an annotation without a box, as Azure's own COCO files for classification have it [Microsoft Learn,
Create and train a custom Image Analysis model, COCO files]."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from steward.datasets.formats import SPLITS, Format, Placed
from steward.datasets.projects import Part, Project, Region
from steward.datasets.regions import in_pixels
from steward.datasets.target import Target


class Coco(Format):
    def __init__(self, target: Target, folder: str, project: Project) -> None:
        super().__init__(target, folder, project)
        self._documents = {part: _Document(self, part) for part in SPLITS}
        self._images = 0
        self._annotations = 0

    def add(self, placed: Placed) -> None:
        part = placed.example.part
        if part not in self._documents:
            self._documents[part] = _Document(self, part)
        self._images += 1
        width, height = placed.size
        (place,) = placed.places
        image = {"id": self._images, "file_name": place, "width": width, "height": height}
        self._documents[part].add(image, self._annotations_of(placed))

    def finish(self) -> None:
        # COCO's own begin with 1, and some tools keep 0 for the background.
        categories = [
            {"id": each.number + 1, "name": each.label, "supercategory": each.type}
            for each in self.project.labelled
        ]
        for document in self._documents.values():
            document.finish(self.project.name, categories)

    def _annotations_of(self, placed: Placed) -> Iterator[dict[str, Any]]:
        detection = self.project.detection
        labels = placed.regions if detection else placed.example.tags
        for label in labels:
            self._annotations += 1
            category = label.category if isinstance(label, Region) else label
            annotation = {
                "id": self._annotations,
                "image_id": self._images,
                "category_id": category.number + 1,
            }
            if isinstance(label, Region):
                box = in_pixels(label.box, placed.size)
                annotation |= {
                    "bbox": [box.left, box.top, box.width, box.height],
                    "area": round(box.width * box.height, 2),
                    "iscrowd": 0,
                    "segmentation": [],
                }
            yield annotation


class _Document:
    """Its two lists are written side by side and put together at the end, so that none is held in memory."""

    def __init__(self, coco: Coco, part: Part) -> None:
        self._file = coco.target.stream(coco.at(f"{part}.json"))
        self._aside = coco.target.aside(coco.at(f"{part}.annotations.json"))
        self._part = part
        self._separators = {"images": "", "annotations": ""}
        self._file.write('{"images":[')

    def add(self, image: Mapping[str, Any], annotations: Iterator[Mapping[str, Any]]) -> None:
        self._file.write(self._item("images", image))
        for annotation in annotations:
            self._aside.write(self._item("annotations", annotation))

    def finish(self, project: str, categories: list[dict[str, Any]]) -> None:
        self._file.write('\n],"annotations":[')
        for text in self._aside.read_back():
            self._file.write(text)
        info = {"description": f"{project}: {self._part}"}
        rest = f'"categories":{json.dumps(categories)},"licenses":[],"info":{json.dumps(info)}'
        self._file.write(f"\n],{rest}}}\n")
        self._file.close()

    def _item(self, kind: str, item: Mapping[str, Any]) -> str:
        separator, self._separators[kind] = self._separators[kind], ","
        return f"{separator}\n{json.dumps(item, separators=(',', ':'))}"
