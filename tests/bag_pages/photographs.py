"""A bag of pictures that lie every way, with a red mark in each and a region around it, under names that look like markup."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, override

from PIL import Image, ImageDraw, ImageOps

from steward.archive import names
from steward.archive.documents import gap
from steward.archive.pictures import store_picture
from steward.archive.store import ArchiveStore
from tests.archive.exports import DrawnPicture, Export, Project, child

# Nothing of it may run, close an attribute, turn the direction of what follows, or break the file: half of a pair is last.
NAME = "<script>document.title='ran'</script>\"><img src=x onerror=alert(1)> \u202e\ud800"
SIZE = (300, 200)
MARK = (30, 20, 150, 60)
# What the service says of picture 0, 1, …: its EXIF orientation, and whether size and region are said of it as shown.
LIES = [(1, False), *((turn, False) for turn in (5, 6, 7, 8)), *((turn, True) for turn in range(2, 9))]
PICTURES = 64
GONE = 3
BEYOND = 60


class Photographed(Export):
    """An export whose pictures are pictures."""

    @override
    def image(self, project: Project, number: int, tags: list[dict[str, str]]) -> dict[str, Any]:
        orientation, as_shown = LIES[number % len(LIES)]
        picture = marked(orientation)
        size, (left, top, right, bottom) = truth(BytesIO(picture)) if as_shown else (SIZE, MARK)
        edges = {"left": left, "top": top, "width": right - left, "height": bottom - top}
        region = {key: value / size[key in ("top", "height")] for key, value in edges.items()}
        if number == BEYOND:
            region = {"left": -0.25, "top": 0.5, "width": 1.5, "height": 3.0}
        identity = child(project, "image", number)
        image = {
            "id": identity,
            "created": "2026-06-06T17:53:28.0821491",
            "width": size[0],
            "height": size[1],
            "tags": tags,
            "regions": [{"tagName": NAME, "tagId": child(project, "tag", 0), **region}],
            "metadata": {NAME: NAME},
        }
        if number in project.gone:
            return {"image": image, **gap("PictureGone", NAME)}
        blob = names.pictures_prefix(self.bag.account, project.id) + identity
        stored = store_picture(self.store, blob, DrawnPicture(picture, "image/jpeg"))
        return {
            "image": image,
            "picture": stored.pointer(names.picture_path(project.id, identity, stored.extension), blob),
        }

    @override
    def iteration(self, project: Project, iteration: str, numbers: Sequence[int]) -> None:
        super().iteration(project, iteration, numbers)
        of_tag = {"id": child(project, "tag", 0), "name": NAME, "precision": 0.5, "recall": 0.25}
        performance = {"precision": 0.9, "recall": 0.875, "averagePrecision": None}
        self.document(
            names.performance_path(project.id, iteration),
            {"performance": {**performance, "perTagPerformance": [of_tag]}},
        )


def photographed(store: ArchiveStore) -> Photographed:
    """Sealed, of one project."""
    export = Photographed(store)
    whole = list(range(PICTURES))
    project = Project(
        NAME, tags=[NAME], tagged=whole, untagged=[], gone=[GONE], snapshots=[[0, 1]], predictions=0
    )
    export.write([project])
    export.seal()
    return export


def marked(orientation: int) -> bytes:
    """A JPEG file."""
    picture = Image.new("RGB", SIZE, "white")
    left, top, right, bottom = MARK
    ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), fill="red")
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif)
    return buffer.getvalue()


def truth(file: BytesIO | Path) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """The size of a picture as Pillow turns it, and where the red is, in pixels."""
    with Image.open(file) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    mark = picture.getchannel("G").point([255] * 128 + [0] * 128).getbbox()
    assert mark
    return picture.size, mark
