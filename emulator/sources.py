"""Where pictures come from: bytes that a call brought, or a URL that it names."""

import io

import requests
from PIL import Image
from starlette.concurrency import run_in_threadpool

from emulator.errors import ServiceError
from emulator.options import Options
from emulator.pictures import NotAPictureError, Picture

# Bytes of a training picture, of a prediction picture; sides; aspect ratio ("Limits and quotas").
TRAINING_BYTES = 6 * 1024 * 1024
PREDICTION_BYTES = 4 * 1024 * 1024
_LONGEST_SIDE = 10_240
_WIDEST_RATIO = 25
_TIMEOUT_SECONDS = 10


class RefusedPictureError(Exception):
    """A picture that is not taken; `status` is of the enum ImageCreateStatus."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(status)


def picture_of(content: bytes, most_bytes: int, options: Options) -> Picture:
    """The picture as it will be stored. Raises RefusedPictureError."""
    if len(content) > most_bytes:
        raise RefusedPictureError("ErrorImageSize")
    try:
        picture = Picture.read(content)
    except NotAPictureError:
        raise RefusedPictureError("ErrorImageFormat") from None
    shorter, longer = sorted((picture.width, picture.height))
    if longer > _LONGEST_SIDE or longer > _WIDEST_RATIO * shorter:
        raise RefusedPictureError("ErrorImageDimensions")
    return _reencoded(picture) if options.reencode else picture


def prediction_picture(content: bytes, options: Options) -> Picture:
    """A picture to be asked about. ServiceError where it is none."""
    codes = {"ErrorImageSize": "BadRequestImageSizeBytes", "ErrorImageFormat": "BadRequestImageFormat"}
    try:
        return picture_of(content, PREDICTION_BYTES, options)
    except RefusedPictureError as refused:
        raise ServiceError(codes.get(refused.status, "BadRequestImageFormat")) from None


async def fetch(url: str, most_bytes: int) -> bytes:
    """What the URL gives, or one byte more than the most. Raises RefusedPictureError."""
    return await run_in_threadpool(_fetch, url, most_bytes)


def _fetch(url: str, most_bytes: int) -> bytes:
    try:
        with requests.get(url, timeout=_TIMEOUT_SECONDS, stream=True) as response:
            response.raise_for_status()
            content = bytearray()
            for piece in response.iter_content(65_536):
                content += piece
                if len(content) > most_bytes:
                    break
            return bytes(content[: most_bytes + 1])
    except requests.RequestException:
        raise RefusedPictureError("ErrorSource") from None


def _reencoded(picture: Picture) -> Picture:
    out = io.BytesIO()
    with Image.open(io.BytesIO(picture.content)) as image:
        image.convert("RGB").save(out, "JPEG", quality=75)
    return Picture.read(out.getvalue())
