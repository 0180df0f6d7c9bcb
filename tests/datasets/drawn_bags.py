"""Bags for data sets, written by the archive's own library: pictures that were drawn for them, and regions that are known."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageDraw
from PIL.Image import Transpose

from steward.archive import names
from steward.archive.closing import close_project
from steward.archive.pictures import store_picture
from steward.archive.store import ArchiveStore
from tests.archive.exports import ACCOUNT, DrawnPicture, Export, Project

SIZE = (120, 80)
BOX = (30, 20, 90, 50)
"""Of what is red in a picture: left, top, right, bottom, in pixels."""

# How a picture lies in its file, so that EXIF's orientation brings it upright [EXIF 2.32, 4.6.4 A, Orientation].
_STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


def drawn(kind: str = "JPEG", orientation: int = 1, shade: int = 0) -> bytes:
    """A picture of SIZE as it is shown, with BOX in red; `shade` makes it another one."""
    image = Image.new("RGB", SIZE, (shade % 256, 255, 255 - shade // 256))
    ImageDraw.Draw(image).rectangle((BOX[0], BOX[1], BOX[2] - 1, BOX[3] - 1), fill=(255, 0, 0))
    exif = Image.Exif()
    if orientation != 1:
        image = image.transpose(_STORED[orientation])
        exif[0x0112] = orientation
    out = BytesIO()
    image.save(out, kind, **({"quality": 95, "subsampling": 0, "exif": exif} if kind == "JPEG" else {}))
    return out.getvalue()


def red_in(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what is red in its pixels, whatever EXIF says."""
    red, green, _ = image.convert("RGB").split()
    return ImageChops.subtract(red, green).point([0] * 128 + [255] * 128).getbbox()


def fractions(box: tuple[float, ...], size: tuple[int, int]) -> dict[str, float]:
    """A box in pixels as a region of the service."""
    (left, top, right, bottom), (width, height) = box, size
    return {
        "left": left / width,
        "top": top / height,
        "width": (right - left) / width,
        "height": (bottom - top) / height,
    }


@dataclass
class DrawnBag:
    """One project; its images are added, then it is sealed."""

    store: ArchiveStore
    name: str = "Workbench"
    request: str = "export-1"
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    tags: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"tagged": [], "untagged": []})

    def __post_init__(self) -> None:
        self.export = Export(self.store, request=self.request)
        self.project = Project(name=self.name)

    def tag(self, name: str | None, kind: str = "Regular") -> str:
        """Its id; without a name a tag that the service no longer knew."""
        identity = str(uuid.uuid5(uuid.UUID(self.project.id), f"tag {len(self.tags)}"))
        gap = {"gap": {"code": "NotFound", "reason": "HTTP 404 NotFoundTag"}}
        self.tags.append({"id": identity, **({"name": name, "type": kind} if name is not None else gap)})
        return identity

    def image(
        self,
        data: bytes | None,
        tags: Sequence[str] = (),
        regions: Sequence[dict[str, Any]] = (),
        size: tuple[int, int] = SIZE,
        media_type: str = "image/jpeg",
    ) -> str:
        """Its id; without bytes its picture was gone."""
        lines = self.lines["tagged" if tags or regions else "untagged"]
        number = sum(map(len, self.lines.values()))
        identity = str(uuid.uuid5(uuid.UUID(self.project.id), f"image {number}"))
        named = {tag["id"]: tag.get("name") for tag in self.tags}
        image = {
            "id": identity,
            "width": size[0],
            "height": size[1],
            "tags": [{"tagId": tag, "tagName": named[tag]} for tag in tags],
            "regions": [{"tagName": named[each["tagId"]], **each} for each in regions],
        }
        if data is None:
            lines.append({"image": image, "gap": {"code": "PictureGone", "reason": "HTTP 404"}})
            return identity
        blob = names.pictures_prefix("default", self.project.id) + identity
        stored = store_picture(self.store, blob, DrawnPicture(data, media_type))
        path = names.picture_path(self.project.id, identity, stored.extension)
        lines.append({"image": image, "picture": stored.pointer(path, blob)})
        return identity

    def seal(self) -> names.BagNames:
        export, project = self.export, self.project
        export.document(names.ACCOUNT_PATH, ACCOUNT)
        details = {"id": project.id, "name": project.name, "settings": self.settings}
        export.document(names.project_path(project.id), {"project": details})
        export.document(names.iterations_path(project.id), {"iterations": []})
        export.document(names.tags_path(project.id), {"tags": self.tags})
        export.pages(project, "", "tagged", self.lines["tagged"])
        export.pages(project, "", "untagged", self.lines["untagged"])
        close_project(self.store, export.bag, project.id)
        export.seal()
        return export.bag


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
