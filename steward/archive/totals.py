"""What a sealed bag holds, by entity, for people: the service's counts beside ours."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from steward.archive import manifest
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, BlobMissing


class EntityTotal(TypedDict):
    """`service`: the service's own count, or the length of a list that it gives whole; absent where it has neither.

    `selected`: the scope's selectors chose from its lists, so that figures for whole ones would say nothing; absent else.
    `verified`: how many stand in a bag that has been verified.
    """

    service: NotRequired[int]
    selected: NotRequired[bool]
    exported: int
    verified: int
    gaps: int


_WHOLE_LISTS = {"tags": "tags", "iterations": "iterations", "exported models": "models"}
_LISTINGS = {
    ("workspace", "tagged"): "images, tagged",
    ("workspace", "untagged"): "images, untagged",
    ("snapshot", "tagged"): "snapshot images, tagged",
    ("snapshot", "untagged"): "snapshot images, untagged",
    ("snapshot", "image-performance"): "image performances",
    ("workspace", "predictions"): "stored predictions",
}
ORDER = (
    "projects",
    "tags",
    "images, tagged",
    "images, untagged",
    "iterations",
    "snapshot images, tagged",
    "snapshot images, untagged",
    "image performances",
    "exported models",
    "stored predictions",
    "pictures",
)


def entity_totals(store: ArchiveStore, bag: BagNames, *, verified: bool) -> dict[str, EntityTotal]:
    """Sums over all projects; empty where the bag was never sealed. `verified`: whether the bag was found whole."""
    try:
        export = json.loads(store.read(bag.blob(manifest.EXPORT)))
    except BlobMissing:
        return {}
    return totals_of(export["projects"], verified=verified)


def totals_of(projects: Sequence[Mapping[str, Any]], *, verified: bool) -> dict[str, EntityTotal]:
    """As `entity_totals`, from the projects' summaries in export.json."""
    totals: dict[str, EntityTotal] = {}
    _add_whole(totals, "projects", sum(each["details"] for each in projects), len(projects))
    for project in projects:
        for entity, kind in _WHOLE_LISTS.items():
            _add_whole(totals, entity, project[kind], project["listed"][kind])
            if not project["whole"]:
                totals[entity]["selected"] = True
        for listing in project["listings"]:
            place = "snapshot" if listing["iteration"] else "workspace"
            entity = _LISTINGS[place, listing["kind"]]
            counted = listing["exported"] if listing["kind"] == "predictions" else listing["counted"]
            _add(totals, entity, listing["exported"], listing["gaps"], counted)
            if not listing["whole"]:
                totals[entity]["selected"] = True
        _add(
            totals, "pictures", sum(project["shared"][kind]["files"] for kind in ("pictures", "predictions"))
        )
    for total in totals.values():
        if total.get("selected"):
            total.pop("service", None)
        total["verified"] = total["exported"] if verified else 0
    return {entity: totals[entity] for entity in ORDER if entity in totals}


def _add_whole(totals: dict[str, EntityTotal], entity: str, exported: int, listed: int) -> None:
    """A list that the service gives whole: what it has and the bag has not is a gap, with its reason in export.json."""
    _add(totals, entity, exported, listed - exported, listed)


def _add(
    totals: dict[str, EntityTotal], entity: str, exported: int, gaps: int = 0, counted: int | None = None
) -> None:
    total = totals.setdefault(entity, EntityTotal(exported=0, verified=0, gaps=0))
    total["exported"] += exported
    total["gaps"] += gaps
    if counted is not None:
        total["service"] = total.get("service", 0) + counted
