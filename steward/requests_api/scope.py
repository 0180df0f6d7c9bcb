"""Which of the service's objects a scope selects: decided here, object by object, never by the service's own filters.

A project is meant whole where nothing inside it is selected; with any selector it gives, or loses, only what one names.
Several entries for one project add up; the parts of one `images` narrow each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from steward.customvision.answers import Image, ImageRegion, ImageTag, Iteration, Project, StoredPrediction
from steward.requests_api.documents import ImageSelector, PredictionSelector, ProjectSelector, Scope

_WHOLE = ProjectSelector.model_construct()


@dataclass(frozen=True, slots=True)
class ScopedProject:
    """A project and the scope's entries that name it, by their places in the request (JSON pointers)."""

    id: str
    name: str
    selectors: Mapping[str, ProjectSelector]

    @property
    def whole(self) -> bool:
        """Whether the project itself is meant, with everything in it."""
        return any(chosen.whole for chosen in self.selectors.values())

    @property
    def gives_images(self) -> bool:
        return self.whole or any(chosen.images for chosen in self.selectors.values())

    @property
    def gives_predictions(self) -> bool:
        return self.whole or any(chosen.predictions for chosen in self.selectors.values())

    def selects_image(self, image: Image) -> bool:
        """The image as a listing gave it, of the workspace or of an iteration's snapshot."""
        return self.whole or any(
            fits(image, chosen.images) for chosen in self.selectors.values() if chosen.images
        )

    def selects_iteration(self, iteration: Iteration) -> bool:
        """By id or exact name."""
        return self.whole or any(
            is_named(wanted, iteration)
            for chosen in self.selectors.values()
            for wanted in chosen.iterations or ()
        )

    def selects_prediction(self, prediction: StoredPrediction) -> bool:
        """By the time it was made; a time that is not readable raises ValueError."""
        return self.whole or any(
            lies_within(prediction, chosen.predictions)
            for chosen in self.selectors.values()
            if chosen.predictions
        )


@dataclass(frozen=True, slots=True)
class Resolution:
    """`chosen` in the order of the service's list; `unknown`: ids and names that no project has, in the scope's order."""

    chosen: tuple[ScopedProject, ...]
    unknown: tuple[str, ...]


def resolve_projects(scope: Scope, listed: Sequence[Project]) -> Resolution:
    """Find the scope's projects among all that the service lists."""
    if scope == "account":
        whole = {"#/scope": _WHOLE}
        return Resolution(tuple(ScopedProject(p["id"].lower(), p["name"], whole) for p in listed), ())
    entries = {f"#/scope/projects/{number}": entry for number, entry in enumerate(scope.projects)}
    chosen = tuple(
        ScopedProject(project["id"].lower(), project["name"], selectors)
        for project in listed
        if (selectors := {place: entry for place, entry in entries.items() if _means(entry, project)})
    )
    unknown = (
        entry.id or entry.name or ""
        for entry in scope.projects
        if not any(_means(entry, project) for project in listed)
    )
    return Resolution(chosen, tuple(dict.fromkeys(unknown)))


def _means(entry: ProjectSelector, project: Project) -> bool:
    return entry.name == project["name"] if entry.id is None else entry.id == project["id"].lower()


def fits(image: Image, selector: ImageSelector) -> bool:
    """Whether the image fits every part that the selector gives."""
    names = {part.get("tagName") for part in _carried(image)}
    ids = tags_on(image)
    metadata = image.get("metadata") or {}
    return (
        all(tag in names or tag.lower() in ids for tag in selector.tags or ())
        and (selector.ids is None or image["id"].lower() in selector.ids)
        and all(metadata.get(name) == value for name, value in (selector.metadata or {}).items())
    )


def tags_on(image: Image) -> set[str]:
    """Ids of the tags that it carries, on its regions too, in lower case."""
    return {part["tagId"].lower() for part in _carried(image)}


def _carried(image: Image) -> list[ImageTag | ImageRegion]:
    return [*(image.get("tags") or ()), *(image.get("regions") or ())]


def is_named(wanted: str, iteration: Iteration) -> bool:
    """Whether the word is the iteration's exact name, or its id."""
    return wanted == iteration["name"] or wanted.lower() == iteration["id"].lower()


def lies_within(prediction: StoredPrediction, selector: PredictionSelector) -> bool:
    """Whether it was made in the span; a time that is not readable raises ValueError."""
    created = time_of(prediction["created"])
    after = selector.since is None or selector.since <= created
    return after and (selector.until is None or created < selector.until)


def time_of(written: str) -> datetime:
    """A time of the service's. It leaves out the zone of some and means UTC; digits after the microsecond are cut off."""
    time = datetime.fromisoformat(written)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
