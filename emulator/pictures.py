"""Pictures: their bytes and what the service reads from them. Any number of images may share one picture."""

import base64
import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, UnidentifiedImageError

# jpg, png, bmp, gif: "Limits and quotas", image types.
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "BMP": "image/bmp", "GIF": "image/gif"}
# The service's own sizes are not published.
THUMBNAIL_SIDE = 200
RESIZED_SIDE = 1024


class NotAPictureError(ValueError):
    """The bytes are no JPEG, PNG, BMP or GIF."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Bytes with their media type, size in pixels, and the base64 MD5 that Blob Storage gives."""

    content: bytes
    media_type: str
    width: int
    height: int
    md5: str

    @classmethod
    def read(cls, content: bytes) -> "Picture":
        """Picture of these bytes; only the header is decoded. Raises NotAPictureError."""
        try:
            with Image.open(io.BytesIO(content), formats=tuple(_MEDIA_TYPES)) as image:
                media_type = _MEDIA_TYPES[str(image.format)]
                width, height = image.size
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise NotAPictureError("expected a JPEG, PNG, BMP or GIF picture") from error
        return cls(content, media_type, width, height, content_md5(content))


def content_md5(content: bytes) -> str:
    """Base64 of the MD5, as in a `Content-MD5` header."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


@lru_cache(maxsize=512)
def smaller(picture: Picture, side: int) -> Picture:
    """A JPEG of the picture whose sides are this long at most."""
    with Image.open(io.BytesIO(picture.content)) as image:
        small = image.convert("RGB")
        small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG")
    return Picture.read(out.getvalue())
