"""Tags and images as the workspace and every snapshot have them: values that never change in place, so all may share them.

Ids are lower-case UUID text; times are ticks (emulator/times.py).
"""

import struct
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from emulator.pictures import Picture

TagType = Literal["Regular", "Negative", "GeneralProduct"]


def new_id() -> str:
    """A fresh id."""
    return str(uuid.uuid4())


def bare(identifier: str) -> str:
    """The id as blob names have it: hex digits without hyphens."""
    return identifier.replace("-", "")


def region_id(image_id: str | None, number: int) -> str:
    """Id of an image's nth region: follows from the image's id, so that seeded regions are the same in every run."""
    return str(uuid.uuid5(uuid.UUID(image_id), str(number))) if image_id else new_id()


def single(value: float) -> float:
    """The shortest double that prints as .NET prints this number as a single float (recordings README, "Wire")."""
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    short = float(f"{rounded:.7g}")
    return short if struct.pack("f", short) == struct.pack("f", rounded) else float(f"{rounded:.9g}")


def id_order(identifier: str) -> str:
    """Sort key: the order of SQL Server's uniqueidentifier, last 12 hex digits first (recordings README, "Wire")."""
    i = identifier
    return i[24:36] + i[19:23] + i[16:18] + i[14:16] + i[11:13] + i[9:11] + i[6:8] + i[4:6] + i[2:4] + i[0:2]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in parts of the picture's width and height, 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, left: float, top: float, width: float, height: float) -> "Box":
        """Box of single floats, as the service keeps them."""
        return cls(single(left), single(top), single(width), single(height))


@dataclass(frozen=True, slots=True)
class Tag:
    id: str
    name: str
    description: str | None
    type: TagType


@dataclass(frozen=True, slots=True)
class ImageTag:
    tag_id: str
    created: int


@dataclass(frozen=True, slots=True)
class ImageRegion:
    id: str
    tag_id: str
    created: int
    box: Box


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image with what was said about it: tags older first, regions newer first (recordings README, "Wire")."""

    id: str
    created: int
    picture: Picture
    tags: tuple[ImageTag, ...] = ()
    regions: tuple[ImageRegion, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def has_tag(self, tag_id: str) -> bool:
        return any(tag.tag_id == tag_id for tag in self.tags)

    def with_tag(self, tag_id: str, created: int) -> "StoredImage":
        """This image with the tag added; itself where it has the tag."""
        return self if self.has_tag(tag_id) else replace(self, tags=(*self.tags, ImageTag(tag_id, created)))

    def without_tag(self, tag_id: str) -> "StoredImage":
        """This image without the tag and its regions."""
        return replace(
            self,
            tags=tuple(tag for tag in self.tags if tag.tag_id != tag_id),
            regions=tuple(region for region in self.regions if region.tag_id != tag_id),
        )

    def with_region(self, region: ImageRegion) -> "StoredImage":
        """This image with the region, and with its tag (recording RegionManipulation)."""
        tagged = self.with_tag(region.tag_id, region.created)
        return replace(tagged, regions=(region, *self.regions))

    def without_region(self, region_id: str) -> "StoredImage":
        """This image without the region; its tag goes with the tag's last region (recording RegionManipulation)."""
        (gone,) = (region for region in self.regions if region.id == region_id)
        rest = tuple(region for region in self.regions if region.id != region_id)
        if any(region.tag_id == gone.tag_id for region in rest):
            return replace(self, regions=rest)
        return replace(self.without_tag(gone.tag_id), regions=rest)


class Workspace:
    """Tags and images. A project has one that is worked on; each iteration keeps one as it was (its snapshot)."""

    def __init__(self) -> None:
        self.tags: dict[str, Tag] = {}
        self.images: dict[str, StoredImage] = {}
        self._newest_first: list[StoredImage] | None = None
        self._image_counts: Counter[str] | None = None

    def copy(self) -> "Workspace":
        """The same tags and images in a workspace of its own."""
        twin = Workspace()
        twin.tags, twin.images = dict(self.tags), dict(self.images)
        twin._newest_first, twin._image_counts = self._newest_first, self._image_counts
        return twin

    def put_tag(self, tag: Tag) -> None:
        self.tags[tag.id] = tag

    def remove_tag(self, tag_id: str) -> None:
        """Remove the tag; images that had it stay, without it and its regions."""
        del self.tags[tag_id]
        for image in [image for image in self.images.values() if image.has_tag(tag_id)]:
            self.put_image(image.without_tag(tag_id))

    def remove_images_of_only(self, tag_id: str) -> None:
        """Remove the images that have this tag and no other."""
        for image in [one for one in self.images.values() if [tag.tag_id for tag in one.tags] == [tag_id]]:
            self.remove_image(image.id)

    def put_image(self, image: StoredImage) -> None:
        self.images[image.id] = image
        self._newest_first = self._image_counts = None

    def remove_image(self, image_id: str) -> None:
        """Remove the image where it is there."""
        if self.images.pop(image_id, None):
            self._newest_first = self._image_counts = None

    def newest_first(self) -> Sequence[StoredImage]:
        """Images by age, newest first, of one age by id (recordings README, "Wire")."""
        if self._newest_first is None:
            self._newest_first = sorted(
                self.images.values(), key=lambda image: (-image.created, id_order(image.id))
            )
        return self._newest_first

    def image_count(self, tag_id: str) -> int:
        """Number of images that have the tag."""
        if self._image_counts is None:
            self._image_counts = Counter(tag.tag_id for image in self.images.values() for tag in image.tags)
        return self._image_counts[tag_id]
