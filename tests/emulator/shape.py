"""Compares an answer with what a recording showed: keys and their order, types, forms."""

import re
import struct
import uuid
from typing import Any, cast

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""Dates of projects, iterations and predictions: always three decimals and Z."""
TICKS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?")
"""Dates of images, image tags and regions: no zone, up to seven decimals, no trailing zero."""
_SIGNATURE = r"\?sv=[\d-]+&sr=b&sig=[^&]+&se=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ&sp=r"
NUMBER = re.compile(r"-?\d+(\.\d+)?(?(1)(E-\d\d)?|E-\d\d)")
"""Numbers that are .NET single floats: `0.4007353`, `1.0`, `1.1920929E-07`."""


def signed(path: str) -> re.Pattern[str]:
    """A signed address of the blob at `path`, its query in the service's order."""
    return re.compile(r"https?://[^/]+" + re.escape(path) + _SIGNATURE)


def picture_uris(project: str, image: str) -> dict[str, re.Pattern[str]]:
    """The three addresses of a training image, in the service's order (recordings DeleteImages, GetTaggedImages)."""
    container = f"/i-{uuid.UUID(project).hex}"
    original = signed(f"{container}/i-{uuid.UUID(image).hex}")
    thumbnail = signed(f"{container}/t-{uuid.UUID(image).hex}")
    return {"resizedImageUri": original, "thumbnailUri": thumbnail, "originalImageUri": original}


def assert_shape(actual: Any, expected: Any, path: str = "$") -> None:
    """Equal, where a pattern in `expected` stands for any string of that form and a type for any such value."""
    if isinstance(expected, re.Pattern):
        assert isinstance(actual, str), f"{path}: {actual!r} is no string"
        assert expected.fullmatch(actual), f"{path}: {actual!r} is not of the form {expected.pattern!r}"
    elif isinstance(expected, type):
        assert type(actual) is expected, f"{path}: {actual!r} is no {expected.__name__}"
    elif isinstance(expected, dict):
        assert isinstance(actual, dict), f"{path}: {actual!r} is no object"
        _assert_object(cast("dict[str, Any]", actual), cast("dict[str, Any]", expected), path)
    elif isinstance(expected, list):
        assert isinstance(actual, list), f"{path}: {actual!r} is no array"
        _assert_array(cast("list[Any]", actual), cast("list[Any]", expected), path)
    else:
        assert type(actual) is type(expected), f"{path}: {actual!r}, expected {expected!r}"
        assert actual == expected, f"{path}: {actual!r}, expected {expected!r}"


def _assert_object(actual: dict[str, Any], expected: dict[str, Any], path: str) -> None:
    assert list(actual) == list(expected), f"{path}: keys {list(actual)}, expected {list(expected)}"
    for key, value in expected.items():
        assert_shape(actual[key], value, f"{path}.{key}")


def _assert_array(actual: list[Any], expected: list[Any], path: str) -> None:
    assert len(actual) == len(expected), f"{path}: {len(actual)} entries, expected {len(expected)}"
    for number, (entry, wanted) in enumerate(zip(actual, expected, strict=True)):
        assert_shape(entry, wanted, f"{path}[{number}]")


def single(value: float) -> float:
    """The nearest single float, which is what the service keeps of a number."""
    return struct.unpack("f", struct.pack("f", value))[0]


def sql_server_order(identifier: str) -> tuple[int, ...]:
    """Key of SQL Server's uniqueidentifier order: last 12 hex digits first (recordings README, "Wire")."""
    order = (10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3)
    stored = uuid.UUID(identifier).bytes_le
    return tuple(stored[position] for position in order)
