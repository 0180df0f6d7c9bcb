"""Payload documents: JSON in bytes that are the same for the same content, and gaps, which stand where content would."""

import json
from collections.abc import Mapping
from typing import Any, TypedDict


class Gap(TypedDict):
    """Why something could not be had: `code` for programs, `reason` for people."""

    code: str
    reason: str


def gap(code: str, reason: str) -> dict[str, Gap]:
    """A document, or the part of a line, that says what is missing."""
    return {"gap": {"code": code, "reason": reason}}


def item_of(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a line of images, performances or predictions is about; None for a page that could not be had."""
    return line.get("image") or line.get("prediction") or line.get("performance")


def encode(document: Mapping[str, Any]) -> bytes:
    """One line of ASCII: half of a surrogate pair in a name stays valid JSON that way, and in a bag's UTF-8."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
