"""Regions of an image, which the service says in fractions of its picture, and pixels of what they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steward.orientation import Box

# The service says fractions in single precision: left and width of a region up to the edge may come to a bit more than 1.
_PRECISION = 1e-6


@dataclass(frozen=True, slots=True)
class Clipped:
    """`box` is None where nothing of it is in the picture; `said`: what was done to it, empty where nothing was."""

    box: Box | None
    said: str


@dataclass(frozen=True, slots=True)
class Pixels:
    """Of a picture of a certain size, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


def clipped(region: Mapping[str, Any]) -> Clipped:
    """A region of the service, as far as it is in the picture."""
    left, top = float(region["left"]), float(region["top"])
    given = Box(left, top, left + float(region["width"]), top + float(region["height"]))
    within = Box(*(min(max(edge, 0.0), 1.0) for edge in given))
    where = "left {}, top {}, right {}, bottom {}".format(*(f"{edge:.7g}" for edge in given))
    if within.right <= within.left or within.bottom <= within.top:
        return Clipped(None, f"has no area in the picture: {where}")
    if max(abs(one - other) for one, other in zip(given, within, strict=True)) > _PRECISION:
        return Clipped(within, f"reaches out of the picture: {where}")
    return Clipped(within, "")


def in_pixels(box: Box, size: tuple[int, int]) -> Pixels:
    """To a hundredth, which single precision of the fractions gives of pictures of any size that the service takes."""
    width, height = size
    left, top = round(box.left * width, 2), round(box.top * height, 2)
    return Pixels(
        left,
        top,
        round(min((box.right - box.left) * width, width - left), 2),
        round(min((box.bottom - box.top) * height, height - top), 2),
    )
