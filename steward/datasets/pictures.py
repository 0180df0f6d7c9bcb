"""Pictures as data sets have them: upright in their pixels, in a format that every tool reads; else byte by byte as they were."""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from PIL.Image import Transpose

from steward.customvision.formats import format_of
from steward.orientation import Lie, lie_of

_JPEG = {"quality": 95, "subsampling": 0}
_SAVED_AS = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP"}
# What brings a picture of this EXIF orientation upright [EXIF 2.32, 4.6.4 A, Orientation].
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error)


class PictureUnreadable(Exception):  # noqa: N818 - named for what happened
    """It is of no known format, or its pixels cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`said`: what is other than in the bag, empty for the same bytes."""

    data: bytes
    lie: Lie
    said: str


def extension_for(extension: str, wanted: Collection[str]) -> str:
    """The extension that a picture of this one gets where only `wanted` are read: what loses nothing, if there is such."""
    if extension in wanted:
        return extension
    return "png" if "png" in wanted else "jpg"


def render(data: bytes, extension: str) -> Rendered:
    """Raises PictureUnreadable."""
    found, lie = format_of(data), lie_of(data)
    if not found or not lie:
        raise PictureUnreadable("no picture that can be read")
    said = [f"turned upright: its EXIF orientation was {lie.orientation}"] if lie.orientation != 1 else []
    if found.extension != extension:
        said.append(f"{found.extension} written as {extension}")
    if not said:
        return Rendered(data, lie, "")
    try:
        with found.reader(BytesIO(data)) as image:
            written = _encoded(_upright(image, lie.orientation), extension)
    except _UNREADABLE as error:
        raise PictureUnreadable(f"its pixels cannot be decoded: {error}") from None
    return Rendered(written, lie, "; ".join(said))


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    image.load()
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _encoded(image: Image.Image, extension: str) -> bytes:
    """With its colour profile; without EXIF and XMP, which would turn it once more."""
    profile = image.info.get("icc_profile")
    image.info = {key: value for key, value in image.info.items() if key == "transparency"}
    if extension == "jpg" and image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    out, options = BytesIO(), _JPEG if extension == "jpg" else {}
    image.save(out, _SAVED_AS[extension], icc_profile=profile, **options)
    return out.getvalue()
