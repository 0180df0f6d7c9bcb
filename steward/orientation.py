"""How a picture lies: a camera may write it on its side and say so in EXIF, browsers and viewers turn it, many tools do not.

Whether the service says regions of the picture as stored or as shown is not known [?]. The width and height that it names
tell, where the two differ; where they do not, regions count as said of the picture as shown, which is what people see who
draw them, and what models are trained on [Microsoft Learn, Run a TensorFlow model in Python: the steps that "mimic the image
manipulation performed during training" begin with the orientation of EXIF].
"""

import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from steward.customvision.formats import format_of

_ORIENTATION = 0x0112
# EXIF orientations that lay the picture on its side.
_SIDEWAYS = frozenset({5, 6, 7, 8})


class Box(NamedTuple):
    """Edges as fractions of a picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Lie:
    """A picture's size in pixels as stored, and the EXIF orientation, 1 to 8, by which it is shown."""

    width: int
    height: int
    orientation: int

    @property
    def shown(self) -> tuple[int, int]:
        sideways = self.orientation in _SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)


def lie_of(picture: Path | bytes) -> Lie | None:
    """Read from the header alone; None for one past reading."""
    try:
        with BytesIO(picture) if isinstance(picture, bytes) else picture.open("rb") as file:
            if not (found := format_of(file.read(16))):
                return None
            file.seek(0)
            with found.reader(file) as image:
                # Of the other formats Pillow would decode every pixel to look for EXIF.
                said = image.getexif().get(_ORIENTATION) if "exif" in image.info else 1
                orientation = said if isinstance(said, int) and 1 <= said <= 8 else 1
                return Lie(*image.size, orientation)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error):
        return None


def box_as_shown(box: Box, lie: Lie, named: tuple[int, int]) -> Box:
    """Where a region is in the picture as shown; `named`: the width and height that the service gives."""
    said_of_stored = named == (lie.width, lie.height) != lie.shown
    return _turned(box, lie.orientation) if said_of_stored else box


def _turned(box: Box, orientation: int) -> Box:
    """From the picture as stored to the picture as shown [EXIF 2.32, 4.6.4 A, Orientation]."""
    left, top, right, bottom = box
    match orientation:
        case 5:
            return Box(top, left, bottom, right)
        case 6:
            return Box(1 - bottom, left, 1 - top, right)
        case 7:
            return Box(1 - bottom, 1 - right, 1 - top, 1 - left)
        case 8:
            return Box(top, 1 - right, bottom, 1 - left)
        case _:
            return box
