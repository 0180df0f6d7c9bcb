"""What the archives hold of a scope: copies of what fits its selectors, also of what the service has lost since.

A person's images may have been deleted in the service long ago and still stand in old bags.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from steward.archive.erased import Erased
from steward.archive.names import BagNames, canonical_id, project_folder
from steward.archive.store import ArchiveStore
from steward.requests_api.scope import ScopedProject


@dataclass(slots=True)
class Archived:
    """Ids of what fits; `tags`: by image, those that it carries in any bag."""

    images: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    predictions: set[str] = field(default_factory=set[str])
    iterations: set[str] = field(default_factory=set[str])

    def erased(self, project: str) -> Erased:
        return Erased(
            project,
            images=frozenset(self.images),
            predictions=frozenset(self.predictions),
            iterations=frozenset(self.iterations),
        )


def find_archived(store: ArchiveStore, account: str, scoped: ScopedProject) -> Archived:
    """Read what every bag has of a project, sealed or not, and evaluate the selectors over it."""
    found = Archived()
    for prefix in store.children(f"{account}/exports/"):
        bag = BagNames(account, prefix.rstrip("/").rpartition("/")[2])
        for document in _documents(store, bag, scoped.id):
            if (image := document.get("image")) and scoped.selects_image(image):
                carried = [*(image.get("tags") or ()), *(image.get("regions") or ())]
                tags = found.images.setdefault(canonical_id(image["id"]), set())
                tags.update(each["tagId"] for each in carried)
            elif (prediction := document.get("prediction")) and scoped.selects_prediction(prediction):
                found.predictions.add(canonical_id(prediction["id"]))
            elif (iteration := document.get("iteration")) and scoped.selects_iteration(iteration):
                found.iterations.add(canonical_id(iteration["id"]))
    return found


def _documents(store: ArchiveStore, bag: BagNames, project: str) -> Iterator[dict[str, Any]]:
    folder = bag.blob(project_folder(project))
    for blob in store.list(folder):
        path = "/" + blob.name.removeprefix(folder)
        if "/images/" in path or path.startswith("/predictions/") or path.endswith("/iteration.json"):
            yield from map(json.loads, store.read_lines(blob.name))
