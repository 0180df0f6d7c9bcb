"""What export.json says of a project: how much the service has, how much is here, and every gap."""

from typing import NotRequired, TypedDict


class ListingSummary(TypedDict):
    """One list of a project in export.json; `iteration` is None for the workspace.

    `whole`: the scope gives every item of it, else only those that its selectors chose. `counted` is what the service
    said of the whole list (None where it says nothing), `exported` how many different items are here, `duplicates` how
    many lines repeat one, `gaps` how many have no picture.
    """

    iteration: str | None
    kind: str
    whole: bool
    counted: int | None
    exported: int
    duplicates: int
    gaps: int
    settled: bool


class SharedSummary(TypedDict):
    files: int
    bytes: int


class WholeLists(TypedDict):
    """How many the service's whole lists have: all lists of tags together, iterations, models that are Done."""

    tags: int
    iterations: int
    models: int


class ProjectSummary(TypedDict):
    """A project in export.json. `whole`: the scope gives all of it; `details`: whether project.json could be had;
    `listed` stands beside what is exported."""

    id: str
    whole: bool
    details: bool
    listed: WholeLists
    tags: int
    iterations: int
    models: int
    listings: list[ListingSummary]
    shared: dict[str, SharedSummary]
    gaps: int


class NamedGap(TypedDict):
    """A gap in export.json: the payload file that has it, and of which item where that has an id."""

    path: str
    id: NotRequired[str]
    code: str
    reason: str
