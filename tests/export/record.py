"""One thing that the service holds, or that a bag says it holds; both sides are brought to this form and compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

type Json = dict[str, Any]

# Addresses of copies in the customer's own storage stay in a bag, without their signature.
_OWN_STORAGE = {"exportModelContainerUri", "notificationQueueUri"}
_SIGNED = {"originalImageUri", "resizedImageUri", "thumbnailUri", "imageUri", "downloadUri"}


@dataclass(frozen=True)
class Record:
    """`entity`: a row of the table; `key`: what makes it one of its kind; `value`: everything the service says of it."""

    entity: str
    key: tuple[str, ...]
    value: Any

    @property
    def identity(self) -> tuple[str, ...]:
        return (self.entity, *self.key)


def lasting(value: Any) -> Any:
    """The same JSON without the signed addresses, which live for a day and stay out of a bag."""
    if isinstance(value, dict):
        return {
            key: part.partition("?")[0] if key in _OWN_STORAGE and isinstance(part, str) else lasting(part)
            for key, part in cast("Json", value).items()
            if key not in _SIGNED
        }
    if isinstance(value, list):
        return [lasting(part) for part in cast("list[Any]", value)]
    return value


def image_records(place: tuple[str, ...], kind: str, image: Mapping[str, Any]) -> Iterator[Record]:
    """An image of a list, its regions, tags and metadata; `place`: project, iteration (empty: the workspace)."""
    key = (*place, image["id"])
    for region in image.get("regions") or ():
        yield Record("region", (*key, region["regionId"]), region)
    for tag in image.get("tags") or ():
        yield Record("tag of an image", (*key, tag["tagId"]), tag)
    metadata: dict[str, str] = image.get("metadata") or {}
    for name, value in metadata.items():
        yield Record("metadata", (*key, name), value)
    parts = {"regions", "tags", "metadata"}
    yield Record(f"{kind} image", key, {name: part for name, part in image.items() if name not in parts})
