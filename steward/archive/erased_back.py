"""What an erasure took and an export finds again: restored, or never gone. It must not come back unnoticed."""

from collections.abc import Mapping
from typing import Literal

from steward.archive.documents import Gap
from steward.archive.erased import ErasedBefore
from steward.archive.names import canonical_id

type Kind = Literal["projects", "images", "predictions", "tags", "iterations"]


class ErasedBack:
    """Tells each object once, however many lists of a project have it."""

    def __init__(self, before: ErasedBefore) -> None:
        self._before = before
        self._told: set[tuple[Kind, str]] = set()

    def look(self, kind: Kind, item: str) -> Gap | None:
        """Why an object that is here should not be; None for one that nobody erased, or that was told before."""
        erasure = self._erasure(kind, canonical_id(item))
        if not erasure or (kind, item) in self._told:
            return None
        self._told.add((kind, item))
        return Gap(code="ErasedIsBack", reason=f"request {erasure} erased it, and it is here again")

    def _erasure(self, kind: Kind, item: str) -> str | None:
        if kind == "projects":
            return self._before.project
        found: Mapping[str, str] = getattr(self._before, kind)
        return found.get(item)
