"""What a page shows of one line of a list: the picture, or why there is none, with its tags, regions and facts."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from steward.archive.documents import Gap, item_of
from steward.bag_pages.bag_on_disk import BagOnDisk, Json
from steward.orientation import Box, Lie, box_as_shown, lie_of

# Results of lower probability are listed, not drawn: the service stores every guess.
SURE = 0.5


@dataclass(frozen=True, slots=True)
class Region:
    """A box of a picture as shown; `probability` of a result."""

    name: str
    box: Box
    probability: float | None = None

    @property
    def drawn(self) -> bool:
        return self.probability is None or self.probability >= SURE

    @property
    def style(self) -> str:
        """Where CSS puts it on the picture, whatever size that has on the screen."""
        left, top, right, bottom = self.box
        sides = {"left": left, "top": top, "width": right - left, "height": bottom - top}
        return ";".join(f"{side}:{share * 100:.4f}%" for side, share in sides.items())


@dataclass(frozen=True, slots=True)
class Card:
    """`number` in its list, from 1; `picture` is a path of the bag, empty beside a `gap`; `size` as shown."""

    number: int
    id: str
    picture: str
    gap: Gap | None
    size: tuple[int, int] | None
    created: str
    tags: list[tuple[str, float | None]]
    regions: list[Region] = field(default_factory=list[Region])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


def card_of(bag: BagOnDisk, number: int, data: bytes) -> Card:
    """The card of a line of images or of stored predictions."""
    line = cast("Json", json.loads(data))
    item = item_of(line) or {}
    picture = bag.picture(line)
    # A region names its tag too.
    found = [*(item.get("regions") or ()), *(each for each in item.get("predictions") or () if _box(each))]
    size = _named_size(item)
    lie = lie_of(bag.folder / picture) if picture and found else None
    return Card(
        number,
        str(item.get("id", "")),
        picture,
        line.get("gap"),
        lie.shown if lie else size,
        str(item.get("created", "")),
        [(_name(each), each.get("probability")) for each in _tags(item)],
        [_region(each, lie, size) for each in found],
        item.get("metadata") or {},
    )


def _named_size(item: Json) -> tuple[int, int] | None:
    width, height = item.get("width"), item.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _tags(item: Json) -> list[Json]:
    """Of a result, what is no box, the surest first."""
    results = [each for each in item.get("predictions") or () if not _box(each)]
    return [*(item.get("tags") or ()), *sorted(results, key=lambda each: -each.get("probability", 0))]


def _name(tag: Json) -> str:
    return str(tag.get("tagName") or tag.get("tagId") or "")


def _box(result: Json) -> Json | None:
    return result.get("boundingBox")


def _region(said: Json, lie: Lie | None, size: tuple[int, int] | None) -> Region:
    edges = _box(said) or said
    left, top = float(edges["left"]), float(edges["top"])
    right, bottom = left + float(edges["width"]), top + float(edges["height"])
    box = Box(max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
    if lie and size:
        box = box_as_shown(box, lie, size)
    return Region(_name(said), box, said.get("probability"))
