"""A list's pictures on pages of their own, a bounded number each, however long the list is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched

from steward.archive.names import listing_stem, predictions_stem
from steward.archive.summaries import ListingSummary, ProjectSummary
from steward.bag_pages.bag_on_disk import BagOnDisk
from steward.bag_pages.cards import SURE, card_of
from steward.bag_pages.page_folder import PageFolder

PER_PAGE = 60
TITLES = {"tagged": "Tagged pictures", "untagged": "Untagged pictures", "predictions": "Stored predictions"}

type Advance = Callable[[int], None]
"""Bytes of lists that have been read."""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A page above the one that is shown; `page` from the folder of all pages."""

    text: str
    page: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Which page of how many; `name` is what the names of its pages begin with."""

    name: str
    number: int
    pages: int

    def page(self, number: int) -> str:
        return f"{self.name}-{number:05d}.html"

    @property
    def near(self) -> list[int]:
        """Pages to go to: the next ones, and further ones by steps of ten, a hundred …, so that each is a few steps off."""
        steps = [step for power in range(5) for step in (10**power, -(10**power))]
        there = {self.number + step for step in steps} | {1, self.number, self.pages}
        return sorted(page for page in there if 1 <= page <= self.pages)


@dataclass(frozen=True, slots=True)
class PicturedList:
    """A list of a project or of an iteration's snapshot: how many lines it has, and the page that it begins with."""

    title: str
    lines: int
    first: str
    summary: ListingSummary | None


def make_lists(
    bag: BagOnDisk,
    out: PageFolder,
    project: ProjectSummary,
    iteration: str,
    crumbs: Sequence[Crumb],
    advance: Advance,
) -> list[PicturedList]:
    """All pages of pictures of the workspace, or of an iteration; each page is made only if it is not there yet."""
    kinds = {
        "tagged": listing_stem(project["id"], iteration, "tagged"),
        "untagged": listing_stem(project["id"], iteration, "untagged"),
    }
    if not iteration:
        kinds["predictions"] = predictions_stem(project["id"])
    of_iteration = [each for each in project["listings"] if each["iteration"] == (iteration or None)]
    summaries = {each["kind"]: each for each in of_iteration}
    return [
        _make_list(bag, out, kind, stem, summaries.get(kind), crumbs, advance) for kind, stem in kinds.items()
    ]


def _make_list(
    bag: BagOnDisk,
    out: PageFolder,
    kind: str,
    stem: str,
    summary: ListingSummary | None,
    crumbs: Sequence[Crumb],
    advance: Advance,
) -> PicturedList:
    files = bag.list_files(stem)
    lines = sum(1 for _ in bag.lines(files))
    pages = -(-lines // PER_PAGE)
    name = crumbs[-1].page.removesuffix("index.html") + kind
    for number, batch in enumerate(batched(bag.lines(files), PER_PAGE, strict=False), 1):
        pager = Pager(kind, number, pages)
        page = f"{name}-{number:05d}.html"
        if not out.has(page):
            first = (number - 1) * PER_PAGE + 1
            cards = [card_of(bag, place, line) for place, line in enumerate(batch, first)]
            out.write(
                page, "pictures.html", heading=TITLES[kind], crumbs=crumbs, cards=cards, pager=pager,
                lines=lines, predictions=kind == "predictions", sure=SURE,
            )  # fmt: skip
        advance(sum(len(line) + 1 for line in batch))
    return PicturedList(TITLES[kind], lines, f"{name}-00001.html" if lines else "", summary)
