"""CSV: a line a label; an image without one has a line as well."""

import csv
from collections.abc import Iterator

from steward.datasets.formats import Format, Placed
from steward.datasets.projects import Project
from steward.datasets.regions import in_pixels
from steward.datasets.target import Target

COLUMNS = (
    *("part", "file", "image_id", "image_width", "image_height", "tag", "tag_type"),
    *("left", "top", "width", "height"),
)


class Table(Format):
    def __init__(self, target: Target, folder: str, project: Project) -> None:
        super().__init__(target, folder, project)
        self._rows = csv.writer(self.stream("labels.csv"), lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def add(self, placed: Placed) -> None:
        (file,) = placed.places
        image = (placed.example.part, file, placed.example.id, *placed.size)
        for label in [*_labels(placed)] or [("", "", "", "", "", "")]:
            self._rows.writerow((*image, *label))

    def finish(self) -> None:
        self.close_streams()


def _labels(placed: Placed) -> Iterator[tuple[str | float, ...]]:
    """Regions, and the tags that no region says where they are."""
    for region in placed.regions:
        box = in_pixels(region.box, placed.size)
        tag = region.category
        yield tag.label, tag.type, box.left, box.top, box.width, box.height
    somewhere = {region.category.id for region in placed.regions}
    for tag in placed.example.tags:
        if tag.id not in somewhere:
            yield tag.label, tag.type, "", "", "", ""
