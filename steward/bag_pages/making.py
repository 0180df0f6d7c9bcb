"""The pages of a bag: the first one, one a project, one an iteration, and those of their pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from steward.archive import manifest
from steward.archive.download import BagNotSealed, Progress
from steward.archive.names import (
    exports_path,
    iteration_path,
    performance_path,
    project_path,
    selection_path,
    tags_path,
)
from steward.archive.summaries import NamedGap, ProjectSummary
from steward.bag_pages.bag_on_disk import BagOnDisk, Json
from steward.bag_pages.lists import Advance, Crumb, Pager, PicturedList, make_lists
from steward.bag_pages.page_folder import PageFolder

FIRST = "index.html"
GAPS_PER_PAGE = 500
_START = Crumb("Export", FIRST)


@dataclass(frozen=True, slots=True)
class Overview:
    """A project or an iteration, as the page above it names it."""

    name: str
    page: str
    document: Json
    summary: ProjectSummary
    lists: list[PicturedList]
    performance: Json


def pages_beside(bag: Path) -> Path:
    """Where the pages of a bag's folder go."""
    bag = bag.resolve()
    return bag.with_name(f"{bag.name}-pages")


def make_pages(bag: Path, folder: Path, progress: Progress | None = None) -> Path:
    """Make the pages of a whole bag in a folder beside its own, and say where to begin; run again it goes on where it was
    stopped. Raises BagNotSealed; TargetOccupied."""
    if not (bag / manifest.BAGIT).is_file():
        raise BagNotSealed(f"{bag}: has no {manifest.BAGIT}, so it is no whole bag")
    source = BagOnDisk(bag)
    out = PageFolder(folder, bag.resolve(), source.tagmanifest)
    head, gaps = source.export()
    advance = _advance(source, head, progress)
    projects = [_make_project(source, out, project, advance) for project in head["projects"]]
    gaps_page = _make_gaps(out, head["totals"]["gaps"], gaps)
    # Last: pages that are not all there have no beginning.
    out.write(
        FIRST, "export.html", export=head, info=source.info(), tagmanifest=source.tagmanifest, projects=projects,
        gaps_page=gaps_page, crumbs=(),
    )  # fmt: skip
    return folder / FIRST


def _advance(bag: BagOnDisk, head: dict[str, Any], progress: Progress | None) -> Advance:
    done = 0
    files = (file for project in head["projects"] for file in bag.all_list_files(project["id"]))
    total = sum(file.stat().st_size for file in files)

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    return advance


def _make_project(bag: BagOnDisk, out: PageFolder, summary: ProjectSummary, advance: Advance) -> Overview:
    project, page = summary["id"], f"{summary['id']}/{FIRST}"
    said = bag.document(project_path(project))
    document = said.get("project", {})
    name = document.get("name") or project
    crumbs = (_START, Crumb(name, page))
    overview = Overview(name, page, document, summary, make_lists(bag, out, summary, "", crumbs, advance), {})
    iterations = [
        _make_iteration(bag, out, summary, each, crumbs, advance) for each in bag.iterations(project)
    ]
    # The newest first, as the service lists them.
    iterations.sort(key=lambda each: str(each.document.get("created", "")), reverse=True)
    out.write(
        page, "project.html", overview=overview, said=said, iterations=iterations, crumbs=crumbs,
        tags=bag.document(tags_path(project)), selection=bag.document(selection_path(project)),
    )  # fmt: skip
    return overview


def _make_iteration(
    bag: BagOnDisk,
    out: PageFolder,
    summary: ProjectSummary,
    iteration: str,
    above: tuple[Crumb, ...],
    advance: Advance,
) -> Overview:
    project, page = summary["id"], f"{summary['id']}/iterations/{iteration}/{FIRST}"
    said = bag.document(iteration_path(project, iteration))
    document = said.get("iteration", {})
    name = document.get("name") or iteration
    crumbs = (*above, Crumb(name, page))
    performance = bag.document(performance_path(project, iteration))
    lists = make_lists(bag, out, summary, iteration, crumbs, advance)
    overview = Overview(name, page, document, summary, lists, performance)
    out.write(
        page, "iteration.html", overview=overview, said=said, crumbs=crumbs,
        models=_models(bag, bag.document(exports_path(project, iteration))),
    )  # fmt: skip
    return overview


def _models(bag: BagOnDisk, exports: Json) -> list[Json]:
    return [
        {**each, "file": bag.model(each.get("model", {}).get("path", ""))}
        for each in exports.get("exports", ())
    ]


def _make_gaps(out: PageFolder, count: int, gaps: Iterator[NamedGap]) -> str:
    """The pages that name every gap; the first of them, nothing where there are none."""
    pages = -(-count // GAPS_PER_PAGE)
    for number, batch in enumerate(batched(gaps, GAPS_PER_PAGE, strict=False), 1):
        pager = Pager("gaps", number, pages)
        if not out.has(pager.page(number)):
            out.write(pager.page(number), "gaps.html", gaps=batch, pager=pager, count=count, crumbs=(_START,))
    return Pager("gaps", 1, pages).page(1) if pages else ""
