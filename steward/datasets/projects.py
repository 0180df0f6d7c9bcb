"""A project of a bag as a data set needs it: what kind it is, its categories, and its images one after the other."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, cast
from uuid import UUID

from steward.archive.documents import Gap
from steward.archive.names import iteration_path, iterations_path, listing_stem, project_path, tags_path
from steward.datasets.bags import OpenBag
from steward.datasets.naming import unique_folders, unique_labels
from steward.datasets.regions import Clipped, clipped
from steward.orientation import Box

type Part = Literal["train", "val", "untagged"]

NEGATIVE = "Negative"


@dataclass(frozen=True, slots=True)
class Category:
    """A tag. `name` is the service's; `label` is it in text formats, `folder` on file systems, both like no other's.

    `number` counts from 0, in the order of the labels.
    """

    id: str
    name: str
    type: str
    label: str
    folder: str
    number: int


@dataclass(frozen=True, slots=True)
class Project:
    """What of it a data set is made of: the workspace, or an iteration's snapshot. `images` counts different ones.

    `detection`: some image has a region. `many`: some image may have more than one tag. `repeated`: keys of images that its
    lists give more than once.
    """

    id: str
    name: str
    iteration: str
    images: int
    detection: bool
    many: bool
    categories: Mapping[str, Category]
    repeated: frozenset[int]

    @property
    def labelled(self) -> list[Category]:
        """The categories that a label may name: in detection nothing is ever where the negative tag is."""
        return [each for each in self.categories.values() if not (self.detection and each.type == NEGATIVE)]


@dataclass(frozen=True, slots=True)
class Region:
    category: Category
    box: Box


@dataclass(frozen=True, slots=True)
class Example:
    """An image and its picture. `regions` lie in the picture; `named` is the size that the service gives it."""

    id: str
    part: Part
    tags: tuple[Category, ...]
    regions: tuple[Region, ...]
    picture: Mapping[str, Any]
    named: tuple[int, int]
    notes: tuple[Gap, ...]


@dataclass(slots=True)
class _Survey:
    # Eight bytes an image: an account may have any number of them.
    keys: "array[int]" = field(default_factory=lambda: array("Q"))
    detection: bool = False
    many: bool = False
    named: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, image: Mapping[str, Any]) -> None:
        self.keys.append(_key(image["id"]))
        tags = image.get("tags") or ()
        regions = image.get("regions") or ()
        self.detection |= bool(regions)
        self.many |= len(tags) > 1
        for each in (*tags, *regions):
            if each.get("tagName"):
                self.named[each["tagId"]] = each["tagName"]
            else:
                self.named.setdefault(each["tagId"], each["tagId"])

    def repeats(self) -> list[int]:
        """The keys that are there already, each time that they come again."""
        return [one for one, other in pairwise(sorted(self.keys)) if one == other]


def _key(image: str) -> int:
    return int.from_bytes(UUID(image).bytes[:8])


def name_of(bag: OpenBag, project: str) -> str:
    """Its id, where the bag has no details of it."""
    return str(bag.document(project_path(project)).get("project", {}).get("name") or project)


def find_iteration(bag: OpenBag, project: str, wanted: str) -> str:
    """Id of the project's iteration of this id or name of which the bag has a snapshot; empty where there is none."""
    for listed in bag.document(iterations_path(project)).get("iterations", ()):
        if wanted in (listed["id"], listed.get("name")) and bag.paths(iteration_path(project, listed["id"])):
            return cast("str", listed["id"])
    return ""


def look_at(bag: OpenBag, project: str, iteration: str) -> Project:
    """Everything about a project that its first image needs to be known already; `iteration` is empty for the workspace."""
    survey = _Survey()
    for line in _lines(bag, project, iteration):
        if "image" in line:
            survey.take(line["image"])
    repeats = survey.repeats()
    details = cast("dict[str, Any]", bag.document(project_path(project)).get("project") or {})
    settings = cast("dict[str, Any]", details.get("settings") or {})
    return Project(
        id=project,
        name=name_of(bag, project),
        iteration=iteration,
        images=len(survey.keys) - len(repeats),
        detection=survey.detection,
        many=survey.many or settings.get("classificationType") == "Multilabel",
        categories=_categories(bag.document(tags_path(project, iteration)).get("tags", ()), survey.named),
        repeated=frozenset(repeats),
    )


def _categories(listed: list[Mapping[str, Any]], named: Mapping[str, str]) -> dict[str, Category]:
    """By id: the list's, and what only images name."""
    names = {**named, **{tag["id"]: tag["name"] for tag in listed if "name" in tag}}
    types = {tag["id"]: str(tag.get("type") or "Regular") for tag in listed}
    for tag in listed:
        names.setdefault(tag["id"], tag["id"])
    labels, folders = unique_labels(names), unique_folders(names)
    ordered = sorted(names, key=lambda identity: (labels[identity], identity))
    return {
        identity: Category(
            id=identity,
            name=names[identity],
            type=types.get(identity, "Regular"),
            label=labels[identity],
            folder=folders[identity],
            number=number,
        )
        for number, identity in enumerate(ordered)
    }


def examples(
    bag: OpenBag, project: Project, *, validation: float, seed: int
) -> Iterator[Example | tuple[str, Gap]]:
    """Each image once; an image's id and the reason where it can be in no data set."""
    seen = set[str]()
    for line in _lines(bag, project.id, project.iteration):
        image = line.get("image")
        if image is None:
            yield "", line["gap"]
            continue
        if image["id"] in seen:
            continue
        if _key(image["id"]) in project.repeated:
            seen.add(image["id"])
        if "picture" not in line:
            yield image["id"], line["gap"]
        else:
            part = split(line["picture"]["sha256"], validation=validation, seed=seed)
            yield _example(project, image, line["picture"], part)


def split(sha256: str, *, validation: float, seed: int) -> Part:
    """By the picture itself: it stays on its side in every export, and the same picture is never on both."""
    drawn = hashlib.sha256(f"{seed} {sha256}".encode()).digest()
    return "val" if int.from_bytes(drawn[:8]) < validation * 2**64 else "train"


def _example(project: Project, image: Mapping[str, Any], picture: Mapping[str, Any], part: Part) -> Example:
    given = [(project.categories[each["tagId"]], clipped(each)) for each in image.get("regions") or ()]
    regions = tuple(Region(category, found.box) for category, found in given if found.box)
    of_image = [project.categories[each["tagId"]] for each in image.get("tags") or ()]
    tags = tuple(dict.fromkeys([*of_image, *(category for category, _ in given)]))
    notes = [_said(category, found) for category, found in given if found.said]
    if project.detection:
        somewhere = {category.id for category, _ in given}
        nowhere = [each for each in tags if each.id not in somewhere and each.type != NEGATIVE]
        notes += [
            Gap(code="TagWithoutRegion", reason=f"{each.label}: no region says where it is")
            for each in nowhere
        ]
    negative = any(each.type == NEGATIVE for each in tags)
    labelled = negative or bool(regions if project.detection else tags)
    return Example(
        id=image["id"],
        # What nobody has labelled says nothing of what it shows, so that no model may learn from it.
        part=part if labelled else "untagged",
        tags=tags,
        regions=regions,
        picture=picture,
        named=(int(image.get("width") or 0), int(image.get("height") or 0)),
        notes=tuple(notes),
    )


def _said(category: Category, found: Clipped) -> Gap:
    return Gap(
        code="RegionClipped" if found.box else "RegionLeftOut", reason=f"{category.label}: {found.said}"
    )


def _lines(bag: OpenBag, project: str, iteration: str) -> Iterator[dict[str, Any]]:
    for kind in ("tagged", "untagged"):
        for path in bag.paths(listing_stem(project, iteration, kind)):
            yield from bag.lines(path)
