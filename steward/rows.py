"""The rows of the data that an account holds, and its two directions: how each is exported, how it is erased, in which order.

Source of the rows: the service's page "View or delete user data in Custom Vision", and stored predictions, which that page
does not have. Plan, certificate, docs/data.md and a test of coverage are made from this.
"""

from dataclasses import dataclass
from typing import Final

from steward.erasure.findings import Entity


@dataclass(frozen=True, slots=True)
class Row:
    """`exported`, `erased`: the service's operations, by their names. `order`: of the erase; None where no call erases it.

    `entity`: as plans and certificates count it. `remover`: whose hand removes what no call does, and `why`.
    """

    data: str
    exported: tuple[str, ...]
    erased: tuple[str, ...] = ()
    order: int | None = None
    entity: Entity | None = None
    note: str = ""
    why: str = ""
    remover: str = ""


PREDICTIONS: Final = Row(
    "stored predictions (pictures and results)",
    ("QueryPredictions",),
    ("DeletePrediction",),
    1,
    "stored predictions",
    note="64 a call; they carry no metadata, so none is found by a person's selector",
)
PUBLICATIONS: Final = Row(
    "published iterations",
    ("GetIterations",),
    ("UnpublishIteration",),
    2,
    "published iterations",
    note="part of the iteration; one that is published cannot be deleted, nor its project",
)
IMAGES: Final = Row(
    "images, tagged and untagged, of the workspace and of every iteration's snapshot",
    ("GetTaggedImages", "GetUntaggedImages", "GetTaggedImageCount", "GetUntaggedImageCount"),
    ("DeleteImages",),
    3,
    "images",
    note="by id, 256 a call, with allIterations; what the service goes on with is asked for by id until it is gone",
)
TAGS: Final = Row(
    "image tags, also those that only a snapshot still has",
    ("GetTags", "GetTag"),
    ("DeleteTag",),
    4,
    "image tags",
    note="only with their project; a snapshot's own go with its iteration",
)
ITERATIONS: Final = Row(
    "iterations: list and details",
    ("GetIterations", "GetIteration"),
    ("DeleteIteration",),
    5,
    "iterations",
)
PERFORMANCES: Final = Row(
    "iteration performance, per image too",
    ("GetIterationPerformance", "GetImagePerformances", "GetImagePerformanceCount"),
    ("DeleteIteration",),
    5,
    note="goes with its iteration",
)
MODELS: Final = Row(
    "exported models",
    ("GetExports",),
    note="residue",
    why="no call of the service deletes them; its documentation says that they go with the account",
    remover="whoever deletes the Azure resource",
)
PROJECTS: Final = Row(
    "projects and their details",
    ("GetProjects", "GetProject"),
    ("DeleteProject",),
    6,
    "projects",
    note="last, and only where nothing is left in it",
)
ACCOUNT: Final = Row(
    "account, keys, quotas",
    ("GetAccountInfo",),
    note="from the management plane where its settings are given; keys only as present; residue of an erase",
    why="they belong to the Azure resource, which the training API cannot delete",
    remover="whoever deletes the Azure resource",
)

ROWS: Final = (
    PREDICTIONS,
    PUBLICATIONS,
    IMAGES,
    TAGS,
    ITERATIONS,
    PERFORMANCES,
    MODELS,
    PROJECTS,
    ACCOUNT,
)


def table() -> str:
    """The rows as Markdown."""
    head = "| data | export | erase | order | |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {row.data} | {', '.join(row.exported)} | {', '.join(row.erased) or '-'} | {row.order or '-'} "
        f"| {'; '.join(each for each in (row.note, row.why, row.remover and f'removed by {row.remover}') if each)} |\n"
        for row in ROWS
    )
