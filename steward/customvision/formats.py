"""The four picture formats that the service takes, told by their first bytes; the service names neither type nor file name."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin

_ORIENTATION = 0x0112
# EXIF orientations that lay the picture on its side.
_SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Format:
    signatures: tuple[bytes, ...]
    media_type: str
    extension: str
    # The plugin itself: Image.open would try every format, and warn of sizes that the service allows.
    reader: Callable[[IO[bytes]], Image.Image]


FORMATS = (
    Format((b"\xff\xd8\xff",), "image/jpeg", "jpg", JpegImagePlugin.JpegImageFile),
    Format((b"\x89PNG\r\n\x1a\n",), "image/png", "png", PngImagePlugin.PngImageFile),
    Format((b"GIF87a", b"GIF89a"), "image/gif", "gif", GifImagePlugin.GifImageFile),
    Format((b"BM",), "image/bmp", "bmp", BmpImagePlugin.BmpImageFile),
)


def format_of(data: bytes) -> Format | None:
    """The format that the first bytes name, None where they name none of the four."""
    return next((known for known in FORMATS if data.startswith(known.signatures)), None)


def sizes_of(data: bytes, found: Format) -> set[tuple[int, int]] | None:
    """Width and height in pixels as stored and, where EXIF turns the picture, as shown; None for a header past reading.

    Only the header is read; the pixels are not decoded.
    """
    try:
        with found.reader(io.BytesIO(data)) as image:
            width, height = image.size
            # Of the other formats Pillow would decode every pixel to look for EXIF.
            turned = "exif" in image.info and image.getexif().get(_ORIENTATION) in _SIDEWAYS
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error):
        return None
    return {(width, height), (height, width)} if turned else {(width, height)}
