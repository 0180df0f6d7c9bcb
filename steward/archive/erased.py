"""What erasures took from a project: lists of ids that stay in the archive, so that nothing comes back unnoticed."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from steward.archive.documents import encode
from steward.archive.names import canonical_id, word
from steward.archive.store import JSON, ArchiveStore

KINDS = ("images", "predictions", "tags", "iterations")
_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Erased:
    """What is gone of a project: its id and those of its objects, in their one spelling; raises ValueError for others.

    `whole`: the project itself is gone, with everything in it; the ids are then those that were planned.
    """

    project: str
    whole: bool = False
    images: frozenset[str] = _NOTHING
    predictions: frozenset[str] = _NOTHING
    tags: frozenset[str] = _NOTHING
    iterations: frozenset[str] = _NOTHING

    def __post_init__(self) -> None:
        # An id in another spelling would be found nowhere, and so be kept.
        for each in (self.project, *self.images, *self.predictions, *self.tags, *self.iterations):
            if canonical_id(each) != each:
                raise ValueError(f"expected a UUID in lower case, found {each!r}")

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Erased":
        """From what `to_document` made."""
        return cls(
            document["project"], document["whole"], *(frozenset[str](document[kind]) for kind in KINDS)
        )

    def to_document(self) -> dict[str, Any]:
        """Sorted, so that the same ids are the same bytes."""
        ids = {kind: sorted(getattr(self, kind)) for kind in KINDS}
        return {"project": self.project, "whole": self.whole, **ids}


@dataclass(slots=True)
class ErasedBefore:
    """What erasures took from a project, each id with the erasure's request; `project`: the one that took it whole."""

    project: str = ""
    images: dict[str, str] = field(default_factory=dict[str, str])
    predictions: dict[str, str] = field(default_factory=dict[str, str])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    iterations: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, erasure: str, erased: Erased) -> None:
        if erased.whole:
            self.project = erasure
        for kind in KINDS:
            getattr(self, kind).update(dict.fromkeys(getattr(erased, kind), erasure))


def record_erased(store: ArchiveStore, account: str, erasure: str, at: str, erased: Erased) -> str:
    """Write what an erasure took from a project, and return the blob's name; the same list again is the same blob.

    `at`: ISO time. The list holds ids alone; it stays.
    """
    name = _blob(account, erased.project, erasure)
    store.write(name, encode({"erasure": erasure, "at": at, **erased.to_document()}), media_type=JSON)
    return name


def read_erased(
    store: ArchiveStore, account: str, project: str, since: datetime | None = None
) -> ErasedBefore:
    """All that was erased of a project, or what was written down of it since a time; one listing where that is nothing."""
    before = ErasedBefore()
    for blob in store.list(_folder(account, project)):
        document = json.loads(store.read(blob.name))
        if since is None or datetime.fromisoformat(document["at"]) >= since:
            before.add(document["erasure"], Erased.of(document))
    return before


def _folder(account: str, project: str) -> str:
    return f"{word(account)}/erased/{canonical_id(project)}/"


def _blob(account: str, project: str, erasure: str) -> str:
    return f"{_folder(account, project)}{word(erasure)}.json"
