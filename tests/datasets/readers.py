"""Data sets as the tools that people use read them: each reader's findings in one form."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, parse

import jsonschema
import yaml
from globox.annotation import Annotation
from PIL import Image
from pycocotools.coco import COCO

type Labels = list[tuple[str, tuple[float, float, float, float] | None]]

PARTS = ("train", "val", "untagged")


@dataclass
class Found:
    """What a tool reads: an image's part, its picture's size, its labels with their boxes (left, top, right, bottom in
    pixels, or no box). `classes`: None where the format has no list of them."""

    parts: dict[str, str] = field(default_factory=dict[str, str])
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    labels: dict[str, Labels] = field(default_factory=lambda: defaultdict[str, Labels](list))
    classes: set[str] | None = None

    def see(self, picture: Path, part: str) -> tuple[str, tuple[int, int]]:
        """A picture is there, once."""
        with Image.open(picture) as image:
            size = image.size
        assert self.parts.setdefault(picture.stem, part) == part, "on both sides of the split"
        self.sizes[picture.stem] = size
        return picture.stem, size


def read_coco(folder: Path) -> Found:
    found = Found(classes=set())
    for part in PARTS:
        if not (folder / f"{part}.json").exists():
            assert part == "untagged"
            continue
        with redirect_stdout(StringIO()):
            coco = cast("Any", COCO(str(folder / f"{part}.json")))
        names = {each["id"]: each["name"] for each in coco.loadCats(coco.getCatIds())}
        found.classes = set(names.values())
        for image in coco.loadImgs(coco.getImgIds()):
            identity, size = found.see(folder / image["file_name"], part)
            assert size == (image["width"], image["height"])
            for each in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
                box = None
                if "bbox" in each:
                    left, top, width, height = each["bbox"]
                    box = (left, top, left + width, top + height)
                    assert each["area"] == round(width * height, 2)
                found.labels[identity].append((names[each["category_id"]], box))
    return found


def read_yolo(folder: Path) -> Found:
    data = yaml.safe_load((folder / "data.yaml").read_text("utf-8"))
    assert list(data["names"]) == list(range(len(data["names"])))
    found = Found(classes=set(data["names"].values()))
    for part in ("train", "val"):
        pictures = {path.stem: path for path in (folder / data[part]).iterdir()}
        # Where Ultralytics looks for labels: the last images of the path is labels.
        files = folder / str(data[part]).replace("images", "labels")
        labels = {path.stem: path for path in files.iterdir()} if files.exists() else {}
        assert labels.keys() == pictures.keys()
        for stem, picture in pictures.items():
            identity, size = found.see(picture, part)
            for box in Annotation.from_yolo_darknet(labels[stem], image_size=size).boxes:
                found.labels[identity].append((data["names"][int(box.label)], box.ltrb))
    for picture in (folder / "images" / "untagged").glob("*"):
        found.see(picture, "untagged")
    return found


def parse_voc_xml(node: Element) -> dict[str, Any]:
    """As torchvision's VOCDetection.parse_voc_xml makes it: an element's children by tag, objects always as a list."""
    children = list(node)
    if not children:
        return {node.tag: (node.text or "").strip()}
    several: dict[str, list[Any]] = defaultdict(list)
    for child in children:
        for tag, value in parse_voc_xml(child).items():
            several[tag].append(value)
    if node.tag == "annotation":
        several["object"] = [several["object"]]
    return {node.tag: {tag: value[0] if len(value) == 1 else value for tag, value in several.items()}}


def read_voc(folder: Path) -> Found:
    found = Found()
    for part in PARTS:
        listed = folder / "ImageSets" / "Main" / f"{part}.txt"
        for stem in listed.read_text().split() if listed.exists() else []:
            # VOCDetection has the pictures' names from the list, and their extension from itself.
            identity, (width, height) = found.see(folder / "JPEGImages" / f"{stem}.jpg", part)
            root = parse(folder / "Annotations" / f"{stem}.xml").getroot()  # noqa: S314 - our own
            annotation = parse_voc_xml(root)["annotation"]
            assert annotation["filename"] == f"{stem}.jpg"
            assert annotation["size"] == {"width": str(width), "height": str(height), "depth": "3"}
            for thing in annotation["object"]:
                box = {side: int(value) for side, value in thing["bndbox"].items()}
                assert 1 <= box["xmin"] <= box["xmax"] <= width
                assert 1 <= box["ymin"] <= box["ymax"] <= height
                edges = (box["xmin"] - 1, box["ymin"] - 1, box["xmax"], box["ymax"])
                found.labels[identity].append((thing["name"], edges))
    return found


def read_folders(folder: Path, names: Mapping[str, str]) -> Found:
    """As ImageFolder: classes are the folders, sorted; `names`: the tags of these folders, as dataset.json has them."""
    classes = [sorted(path.name for path in (folder / part).iterdir()) for part in ("train", "val")]
    assert classes[0] == classes[1]
    found = Found(classes={names[each] for each in classes[0]})
    for part in ("train", "val"):
        for picture in (folder / part).glob("*/*"):
            identity, _ = found.see(picture, part)
            found.labels[identity].append((names[picture.parent.name], None))
    for picture in (folder / "untagged").glob("*"):
        found.see(picture, "untagged")
    return found


def read_table(folder: Path) -> Found:
    found = Found()
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            identity, size = found.see(folder / row["file"], row["part"])
            assert (identity, str(size[0]), str(size[1])) == (
                row["image_id"], row["image_width"], row["image_height"]
            )  # fmt: skip
            box = None
            if row["left"]:
                left, top, width, height = (float(row[side]) for side in ("left", "top", "width", "height"))
                box = (left, top, left + width, top + height)
            if row["tag"]:
                found.labels[identity].append((row["tag"], box))
    return found


_FRACTION = {"type": "number", "minimum": 0, "maximum": 1}
_IMAGE: dict[str, Any] = {
    "image_url": {"type": "string", "pattern": "^azureml://.*/paths/[!-~]+$"},
    "image_details": {
        "type": "object",
        "properties": {
            "format": {"enum": ["jpg", "jpeg", "png", "jpe", "jfif", "bmp", "tif", "tiff"]},
            "width": {"type": "integer", "minimum": 1},
            "height": {"type": "integer", "minimum": 1},
        },
        "additionalProperties": False,
    },
}
_LABELS: dict[str, dict[str, Any]] = {
    "multiclass": {"type": "string", "minLength": 1},
    "multilabel": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    "detection": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "label": {"type": "string", "minLength": 1},
                **dict.fromkeys(("topX", "topY", "bottomX", "bottomY"), _FRACTION),
                "isCrowd": {"enum": [0, 1, False, True]},
            },
            "required": ["label", "topX", "topY", "bottomX", "bottomY"],
            "additionalProperties": False,
        },
    },
}


def azureml_schema(kind: str) -> dict[str, Any]:
    """Of a line [Microsoft Learn, Data schemas to train computer vision models with automated machine learning]."""
    properties = {**_IMAGE, "label": _LABELS[kind]} if kind else _IMAGE
    return {
        "type": "object",
        "properties": properties,
        "required": ["image_url", *(["label"] if kind else [])],
        "additionalProperties": False,
    }


def read_azureml(folder: Path, kind: str) -> Found:
    found = Found()
    for part in PARTS:
        if not (folder / part).exists():
            continue
        table = yaml.safe_load((folder / part / "MLTable").read_text())
        check = jsonschema.Draft202012Validator(azureml_schema(kind if part != "untagged" else ""))
        for line in (folder / part / table["paths"][0]["file"]).read_text("utf-8").splitlines():
            row = json.loads(line)
            check.validate(row)
            place = row["image_url"].partition(f"/paths/p/{folder.name}/")[2]
            identity, size = found.see(folder / place, part)
            details = row["image_details"]
            assert (details["width"], details["height"]) == size
            assert details["format"] == place.rpartition(".")[2]
            found.labels[identity] += _azureml_labels(row.get("label", []), size)
    return found


def _azureml_labels(label: Any, size: tuple[int, int]) -> Iterator[tuple[str, Any]]:
    for each in [label] if isinstance(label, str) else label:
        if isinstance(each, str):
            yield each, None
        else:
            edges = ("topX", "topY", "bottomX", "bottomY")
            yield each["label"], tuple(each[edge] * side for edge, side in zip(edges, size * 2, strict=True))


READERS: dict[str, Callable[..., Found]] = {
    "coco": read_coco,
    "yolo": read_yolo,
    "voc": read_voc,
    "folders": read_folders,
    "csv": read_table,
    "azureml": read_azureml,
}
