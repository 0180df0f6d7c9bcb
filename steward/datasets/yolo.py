"""YOLO: a text file beside each picture, a line a region, and data.yaml [Ultralytics, Object detection datasets].

Folders by tag are what YOLO classifies with, so this is for detection alone."""

import json

from steward.datasets.formats import SPLITS, Format, Placed
from steward.datasets.projects import Example, Project, Region
from steward.datasets.target import Target


class Yolo(Format):
    def __init__(self, target: Target, folder: str, project: Project) -> None:
        super().__init__(target, folder, project)
        # Classes count without a gap.
        self._numbers = {each.id: number for number, each in enumerate(project.labelled)}

    @classmethod
    def refuses(cls, project: Project) -> str:
        if project.detection:
            return ""
        return "has no regions: YOLO classifies by folders, so take the format folders"

    def places(self, example: Example) -> tuple[str, ...]:
        return (f"images/{example.part}/{self.file_name(example)}",)

    def add(self, placed: Placed) -> None:
        example = placed.example
        # A picture with an empty file shows nothing, one without a file is not known.
        if example.part in SPLITS:
            lines = map(self._line, placed.regions)
            self.target.write(self.at(f"labels/{example.part}/{example.id}.txt"), "".join(lines).encode())

    def finish(self) -> None:
        # A word in JSON's quotes is one in YAML's.
        names = (
            f"  {self._numbers[each.id]}: {json.dumps(each.label, ensure_ascii=False)}\n"
            for each in self.project.labelled
        )
        for part in SPLITS:
            self.target.make_folder(self.at(f"images/{part}"))
        text = f"train: images/train\nval: images/val\nnames:\n{''.join(names)}"
        self.target.write(self.at("data.yaml"), text.encode())

    def _line(self, region: Region) -> str:
        box = region.box
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        figures = (*middle, box.right - box.left, box.bottom - box.top)
        return " ".join([str(self._numbers[region.category.id]), *(f"{each:.6f}" for each in figures)]) + "\n"
