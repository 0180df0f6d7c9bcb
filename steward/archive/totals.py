"""What a sealed bag holds, by entity, for people: the service's counts beside ours."""

import json
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from steward.archive import manifest
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, BlobMissing


class EntityTotal(TypedDict):
    """`service`: what the service counted, absent where it has no count of its own."""

    exported: int
    gaps: int
    service: NotRequired[int]


_LISTINGS = {
    ("workspace", "tagged"): "tagged images",
    ("workspace", "untagged"): "untagged images",
    ("snapshot", "tagged"): "tagged images in snapshots",
    ("snapshot", "untagged"): "untagged images in snapshots",
    ("snapshot", "image-performance"): "image performances",
    ("workspace", "predictions"): "stored predictions",
}


def entity_totals(store: ArchiveStore, bag: BagNames) -> dict[str, EntityTotal]:
    """Sums over all projects; empty where the bag was never sealed."""
    try:
        export = json.loads(store.read(bag.blob(manifest.EXPORT)))
    except BlobMissing:
        return {}
    totals: dict[str, EntityTotal] = {}
    projects: list[Mapping[str, Any]] = export["projects"]
    _add(totals, "projects", len(projects))
    for project in projects:
        for entity in ("tags", "iterations"):
            _add(totals, entity, project[entity])
        for listing in project["listings"]:
            place = "snapshot" if listing["iteration"] else "workspace"
            entity = _LISTINGS[place, listing["kind"]]
            _add(totals, entity, listing["exported"], listing["gaps"], listing["counted"])
        _add(totals, "exported models", project["models"])
        _add(
            totals, "pictures", sum(project["shared"][kind]["files"] for kind in ("pictures", "predictions"))
        )
    return totals


def _add(
    totals: dict[str, EntityTotal], entity: str, exported: int, gaps: int = 0, counted: int | None = None
) -> None:
    total = totals.setdefault(entity, EntityTotal(exported=0, gaps=0))
    total["exported"] += exported
    total["gaps"] += gaps
    if counted is not None:
        total["service"] = total.get("service", 0) + counted
