"""Pascal VOC: an XML file beside each picture, and lists of the parts [PASCAL VOC 2012 Development Kit, 4]."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from steward.datasets.formats import SPLITS, Format, Placed
from steward.datasets.projects import Example, Project, Region
from steward.datasets.regions import in_pixels
from steward.datasets.target import Target


class Voc(Format):
    # torchvision's VOCDetection looks for NAME.jpg, whatever the XML says.
    extensions = ("jpg",)

    def __init__(self, target: Target, folder: str, project: Project) -> None:
        super().__init__(target, folder, project)
        for part in SPLITS:
            self._list_of(part)

    @classmethod
    def refuses(cls, project: Project) -> str:
        return "" if project.detection else "has no regions: Pascal VOC is for these, take another format"

    def places(self, example: Example) -> tuple[str, ...]:
        return (f"JPEGImages/{self.file_name(example)}",)

    def add(self, placed: Placed) -> None:
        example = placed.example
        self.stream(self._list_of(example.part)).write(f"{example.id}\n")
        self.target.write(self.at(f"Annotations/{example.id}.xml"), self._annotation(placed))

    def finish(self) -> None:
        self.close_streams()

    def _list_of(self, part: str) -> str:
        name = f"ImageSets/Main/{part}.txt"
        self.stream(name)
        return name

    def _annotation(self, placed: Placed) -> bytes:
        root = Element("annotation")
        _texts(root, folder="VOC", filename=self.file_name(placed.example))
        width, height = placed.size
        _texts(SubElement(root, "size"), width=width, height=height, depth=3)
        _texts(root, segmented=0)
        for region in placed.regions:
            _add_object(root, region, placed.size)
        indent(root)
        return tostring(root, encoding="utf-8")


def _add_object(root: Element, region: Region, size: tuple[int, int]) -> None:
    thing = SubElement(root, "object")
    _texts(thing, name=region.category.label, pose="Unspecified", truncated=0, difficult=0)
    box = in_pixels(region.box, size)
    # Whole pixels, counted from 1; the last ones are inside.
    left, top = (min(round(edge), side - 1) for edge, side in zip((box.left, box.top), size, strict=True))
    right, bottom = max(round(box.left + box.width), left + 1), max(round(box.top + box.height), top + 1)
    _texts(SubElement(thing, "bndbox"), xmin=left + 1, ymin=top + 1, xmax=right, ymax=bottom)


def _texts(parent: Element, **texts: str | int) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = str(text)
