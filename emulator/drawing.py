"""Draws the pictures of the seeds: the same number gives the same bytes, each number another picture."""

import io
import random
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

type Kind = Literal["JPEG", "PNG", "GIF", "BMP"]
"""The picture formats that Custom Vision takes (its page "Limits and quotas")."""

type Box = tuple[float, float, float, float]
"""Left, top, width, height as fractions of the picture, as the service writes regions."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw: `number` decides everything that is not said; sides are in pixels."""

    number: int
    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    kind: Kind = "JPEG"
    quality: int = 75


def draw(drawing: Drawing) -> bytes:
    """An encoded picture: a two-coloured ground with shapes, an object in each box, and its number."""
    source = random.Random(drawing.number)  # noqa: S311 - repeatable on purpose
    picture = _ground(source, drawing.width, drawing.height)
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        _shape(pen, source, _anywhere(source, drawing))
    for box in drawing.boxes:
        _shape(pen, source, _pixels(box, drawing), outline="white")
    pen.text((8, 8), f"{drawing.number}", fill="white", stroke_fill="black", stroke_width=1, font=_font())
    return _encode(picture, drawing)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Loading it takes longer than drawing a picture."""
    return ImageFont.load_default(size=18)


def _ground(source: random.Random, width: int, height: int) -> Image.Image:
    colours = [_colour(source) for _ in range(4)]
    corners = Image.new("RGB", (2, 2))
    corners.putdata(colours)
    return corners.resize((width, height), Image.Resampling.BILINEAR)


def _shape(
    pen: ImageDraw.ImageDraw,
    source: random.Random,
    edges: tuple[int, int, int, int],
    outline: str | None = None,
) -> None:
    draw_shape = (pen.ellipse, pen.rectangle)[source.getrandbits(1)]
    draw_shape(edges, fill=_colour(source), outline=outline, width=2)


def _anywhere(source: random.Random, drawing: Drawing) -> tuple[int, int, int, int]:
    box = (
        source.random() * 0.8,
        source.random() * 0.8,
        0.05 + source.random() * 0.3,
        0.05 + source.random() * 0.3,
    )
    return _pixels(box, drawing)


def _pixels(box: Box, drawing: Drawing) -> tuple[int, int, int, int]:
    left, top, width, height = box
    return (
        int(left * drawing.width),
        int(top * drawing.height),
        int((left + width) * drawing.width),
        int((top + height) * drawing.height),
    )


def _colour(source: random.Random) -> tuple[int, int, int]:
    return source.getrandbits(8), source.getrandbits(8), source.getrandbits(8)


def _encode(picture: Image.Image, drawing: Drawing) -> bytes:
    # GIF has no more than 256 colours; black and white keeps the uncompressed BMP small.
    mode = {"GIF": "P", "BMP": "1"}.get(drawing.kind, "RGB")
    encoded = picture.convert(mode, dither=Image.Dither.NONE)
    sink = io.BytesIO()
    encoded.save(sink, drawing.kind, quality=drawing.quality)
    return sink.getvalue()
