"""What a project holds at one moment, as ids: written beside the plan, and again when everything has been erased.

Each line names one object; `fits` says whether the scope gives it. Names and pictures are not in it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict, cast
from uuid import UUID

from steward.archive.documents import encode
from steward.archive.listings import ListingRecord, read_notes
from steward.archive.names import listing_stem, page_name, predictions_stem
from steward.archive.page_digests import NO_PAGES, page_digest, with_page
from steward.archive.store import JSON_LINES, ArchiveStore
from steward.erasure.names import ErasureNames, Moment

WORKSPACE = ""
"""The place of an image or a tag that is in the project's workspace; every other place is an iteration's snapshot."""


class KeptModel(TypedDict):
    """An exported model, which no call of the service removes."""

    iteration: str
    platform: str
    flavor: NotRequired[str]


class IterationObject(TypedDict):
    """`fits`: the scope names the iteration, or the project whole; `training`: it may be trained yet."""

    id: str
    name: str
    published: bool
    fits: bool
    training: NotRequired[bool]


class TagObject(TypedDict):
    """`places`: the workspace, snapshots."""

    id: str
    name: str
    places: list[str]


class ProjectObjects(TypedDict):
    """A project without what comes in pages; `gone`: the service has no such project.

    `read`: places whose images are in the inventory; `counted`: how many there are in the others; `predictions`: whether
    stored predictions are in the inventory.
    """

    id: str
    name: str
    gone: bool
    whole: bool
    read: list[str]
    counted: dict[str, int]
    predictions: bool
    iterations: list[IterationObject]
    tags: list[TagObject]
    models: list[KeptModel]
    modelContainer: str


@dataclass(slots=True)
class InventoriedImage:
    """`places` and `tags` as bit sets over the inventory's lists of them."""

    places: int = 0
    tags: int = 0
    fits: bool = False


@dataclass(frozen=True, slots=True)
class InventoriedPrediction:
    """`created` as the service writes it: it keeps a stored prediction for 30 days."""

    created: str
    fits: bool


@dataclass(slots=True)
class Inventory:
    """Images by the 16 bytes of their id: some 300 bytes an image. `restless`: lists that did not hold still."""

    objects: ProjectObjects
    tags: list[str] = field(default_factory=list[str])
    images: dict[bytes, InventoriedImage] = field(default_factory=dict[bytes, InventoriedImage])
    predictions: dict[str, InventoriedPrediction] = field(default_factory=dict[str, InventoriedPrediction])
    restless: list[str] = field(default_factory=list[str])

    def places_of(self, image: InventoriedImage) -> list[str]:
        return _chosen(self.objects["read"], image.places)

    def tags_of(self, image: InventoriedImage) -> list[str]:
        return _chosen(self.tags, image.tags)


def _chosen(words: Sequence[str], bits: int) -> list[str]:
    return [word for number, word in enumerate(words) if bits >> number & 1]


def read_objects(store: ArchiveStore, name: str) -> ProjectObjects:
    return cast("ProjectObjects", json.loads(store.read(name)))


def gather(store: ArchiveStore, work: str, objects: ProjectObjects) -> Inventory:
    """The inventory from the pages that were read into a work area; raises BlobMissing where a page is not there."""
    inventory = Inventory(objects)
    records = read_notes(store, work, objects["id"]).listings
    numbers: dict[str, int] = {}
    for number, place in enumerate(objects["read"]):
        seen: list[set[bytes]] = []
        for kind in ("untagged", "tagged"):
            lines = _lines(store, work, listing_stem(objects["id"], place, kind), records, inventory)
            ids = [_take_image(inventory, line, 1 << number, numbers) for line in lines]
            seen.append(set(ids))
            if len(seen[-1]) < len(ids):
                inventory.restless.append(f"{_named(place)} {kind}: an image is in it twice")
        if seen[0] & seen[1]:
            inventory.restless.append(f"{_named(place)}: an image is in both of its lists")
    inventory.tags = list(numbers)
    inventory.restless += [
        f"{_named(each['id'])}: was in training when it was read"
        for each in objects["iterations"]
        if each.get("training") and each["id"] in objects["read"]
    ]
    if objects["predictions"]:
        for line in _lines(store, work, predictions_stem(objects["id"]), records, inventory):
            inventory.predictions[line["id"]] = InventoriedPrediction(line["created"], line["fits"])
    return inventory


def _take_image(inventory: Inventory, line: dict[str, Any], place: int, numbers: dict[str, int]) -> bytes:
    key = UUID(line["id"]).bytes
    image = inventory.images.setdefault(key, InventoriedImage())
    image.places |= place
    for tag in line["tags"]:
        image.tags |= 1 << numbers.setdefault(tag, len(numbers))
    image.fits = image.fits or line["fits"]
    return key


def _lines(
    store: ArchiveStore, work: str, stem: str, records: dict[str, ListingRecord], inventory: Inventory
) -> Iterator[dict[str, Any]]:
    """The lines of a list; what its record says against it goes into `restless`."""
    record, digest = records.get(stem), NO_PAGES
    if record is None:
        inventory.restless.append(f"{stem}: was not read to its end")
        return
    for page in range(record["pages"]):
        lines = [
            cast("dict[str, Any]", json.loads(line))
            for line in store.read_lines(work + stem + page_name(page))
        ]
        digest = with_page(digest, page_digest(line["id"] for line in lines))
        yield from lines
    if digest != record["digest"] or not record["settled"]:
        inventory.restless.append(f"{stem}: did not hold still while it was read")


def _named(place: str) -> str:
    return f"iteration {place}" if place else "workspace"


def write_inventory(
    store: ArchiveStore, names: ErasureNames, moment: Moment, project: str, inventory: Inventory
) -> str:
    """Write it, sorted, so that the same objects are the same bytes; its SHA-256."""
    digest = hashlib.sha256()
    for line in map(encode, _documents(inventory)):
        digest.update(line)
    name = names.inventory(moment, project, digest.hexdigest())
    return store.write_stream(name, map(encode, _documents(inventory)), media_type=JSON_LINES).sha256


def _documents(inventory: Inventory) -> Iterator[dict[str, Any]]:
    yield {"project": inventory.objects, "restless": inventory.restless}
    for key in sorted(inventory.images):
        image = inventory.images[key]
        yield {
            "image": str(UUID(bytes=key)),
            "places": inventory.places_of(image),
            "tags": sorted(inventory.tags_of(image)),
            "fits": image.fits,
        }
    for prediction in sorted(inventory.predictions):
        found = inventory.predictions[prediction]
        yield {"prediction": prediction, "created": found.created, "fits": found.fits}


def load_inventory(
    store: ArchiveStore, names: ErasureNames, moment: Moment, project: str, sha256: str
) -> Inventory:
    """What `write_inventory` wrote; raises BlobMissing, BlobDamaged."""
    lines = (json.loads(line) for line in store.read_lines(names.inventory(moment, project, sha256)))
    head = next(lines)
    inventory = Inventory(head["project"], restless=head["restless"])
    places = {place: 1 << number for number, place in enumerate(inventory.objects["read"])}
    numbers: dict[str, int] = {}
    for line in lines:
        if "prediction" in line:
            inventory.predictions[line["prediction"]] = InventoriedPrediction(line["created"], line["fits"])
            continue
        image = InventoriedImage(fits=line["fits"])
        for place in line["places"]:
            image.places |= places[place]
        for tag in line["tags"]:
            image.tags |= 1 << numbers.setdefault(tag, len(numbers))
        inventory.images[UUID(line["image"]).bytes] = image
    inventory.tags = list(numbers)
    return inventory
