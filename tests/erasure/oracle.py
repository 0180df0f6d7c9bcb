"""What an erasure must take and what it must leave: said once more, from the documentation alone (docs/erasure.md,
docs/requests.md), over records that were read with the official SDK. Nothing of the app is imported here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from tests.export.record import Json, Record

type Identity = tuple[str, ...]

_IMAGES = {"tagged image", "untagged image"}
_OF_AN_IMAGE = {*_IMAGES, "region", "tag of an image", "metadata", "image performance"}
_OF_AN_ITERATION = {
    *("iteration in the list", "iteration", "performance", "image performance", "export", "model", "tag"),
    *_OF_AN_IMAGE,
}
# What the service says of a thing anew when something beside it went; addresses are left out of records already.
_PASSING = {"lastModified", "imageCount"}
_RECOMPUTED = {"performance", "image performance"}


@dataclass(frozen=True)
class Place:
    """An image where it stands: in the workspace (`iteration` is empty), or in a snapshot."""

    project: str
    iteration: str
    image: str


@dataclass
class Seen:
    """What a selector may ask of an image in one place."""

    tags: set[str] = field(default_factory=set[str])
    metadata: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Expected:
    """`gone`: records that must be absent afterwards; `recomputed`: iterations that stay and lose images."""

    gone: set[Identity]
    recomputed: set[tuple[str, str]]

    def differences(self, before: Iterable[Record], after: Iterable[Record]) -> list[str]:
        """What is there and should not be, is not there and should be, or says something else than before."""
        was = {each.identity: each for each in before if not self._is_recomputed(each)}
        now = {each.identity: each for each in after if not self._is_recomputed(each)}
        stays = was.keys() - self.gone
        return [
            *(f"still there: {each}" for each in sorted(now.keys() & self.gone)),
            *(f"gone: {each}" for each in sorted(stays - now.keys())),
            *(f"new: {each}" for each in sorted(now.keys() - was.keys())),
            *(
                f"changed: {each}: {was[each].value!r} -> {now[each].value!r}"
                for each in sorted(stays & now.keys())
                if _lasting(was[each].value) != _lasting(now[each].value)
            ),
        ]

    def _is_recomputed(self, record: Record) -> bool:
        """How good a model is, the service counts over what is left of its snapshot."""
        key = record.key
        return (
            record.entity in _RECOMPUTED and key[:2] in self.recomputed and record.identity not in self.gone
        )


def expect(before: Sequence[Record], scope: Any, derived: str) -> Expected:
    """`scope` as it stands in the request's document."""
    projects = {each.key[0]: each.value["name"] for each in before if each.entity == "project"}
    entries = {project: _entries(scope, project, name) for project, name in projects.items()}
    expected = Expected(set(), set())
    for project, chosen in entries.items():
        own = [each for each in before if each.key[0] == project]
        if any(not each.keys() & {"images", "iterations", "predictions"} for each in chosen):
            expected.gone |= {each.identity for each in own}
        elif chosen:
            _add_parts(expected, project, own, chosen, derived)
    return expected


def _entries(scope: Any, project: str, name: str) -> list[Json]:
    if scope == "account":
        return [{"id": project}]
    return [
        each
        for each in scope["projects"]
        if each.get("id", "").lower() == project or each.get("name") == name
    ]


def _add_parts(expected: Expected, project: str, own: list[Record], chosen: list[Json], derived: str) -> None:
    places = _places(own)
    images = {
        place.image
        for place, seen in places.items()
        for each in chosen
        if "images" in each and _fits(place.image, seen, each["images"])
    }
    named = {
        each.key[1]
        for each in own
        if each.entity == "iteration"
        for entry in chosen
        if {each.value["name"], each.key[1], each.key[1].upper()} & set(entry.get("iterations", ()))
    }
    losing = {place.iteration for place in places if place.image in images and place.iteration}
    iterations = named | losing if derived == "erase" else named
    expected.recomputed |= {(project, each) for each in losing - iterations}
    left = {
        place.image for place in places if place.image not in images and place.iteration not in iterations
    }
    spans = [entry["predictions"] for entry in chosen if "predictions" in entry]
    gone_predictions = {
        each.key[1] for each in own if each.entity == "prediction" and _within(each.value["created"], spans)
    }
    for record in own:
        entity, key = record.entity, record.key
        if (
            (entity in _OF_AN_ITERATION and key[1] in iterations)
            or (entity in _OF_AN_IMAGE and key[2] in images)
            or (entity == "picture" and key[1] not in left)
            or (entity in {"prediction", "picture of a prediction"} and key[1] in gone_predictions)
        ):
            expected.gone.add(record.identity)


def _places(own: Iterable[Record]) -> dict[Place, Seen]:
    places: dict[Place, Seen] = {}
    for each in own:
        if each.entity in _IMAGES:
            places.setdefault(Place(*each.key), Seen())
    for each in own:
        match each.entity:
            case "tag of an image":
                places[Place(*each.key[:3])].tags |= {each.value["tagName"], each.value["tagId"]}
            case "region":
                places[Place(*each.key[:3])].tags |= {each.value["tagName"], each.value["tagId"]}
            case "metadata":
                places[Place(*each.key[:3])].metadata[each.key[3]] = each.value
            case _:
                pass
    return places


def _fits(image: str, seen: Seen, selector: Json) -> bool:
    if "ids" in selector and image not in {each.lower() for each in selector["ids"]}:
        return False
    if any(tag not in seen.tags and tag.lower() not in seen.tags for tag in selector.get("tags", ())):
        return False
    return selector.get("metadata", {}).items() <= seen.metadata.items()


def _within(created: str, spans: Iterable[Json]) -> bool:
    moment = _moment(created)
    return any(
        ("from" not in span or _moment(span["from"]) <= moment)
        and ("to" not in span or moment < _moment(span["to"]))
        for span in spans
    )


def _moment(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _lasting(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in cast("Json", value).items() if name not in _PASSING}
