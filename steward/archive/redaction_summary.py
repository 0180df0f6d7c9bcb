"""What a redaction does to export.json: each project's sums without what left, and no gap that names it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from steward.archive.erased import Erased
from steward.archive.names import project_folder
from steward.archive.redaction_lines import PageCut, leaves
from steward.archive.summaries import ListingSummary, NamedGap, ProjectSummary
from steward.archive.totals import totals_of


@dataclass(slots=True)
class ProjectCut:
    """What a project loses: of each list by the iteration (None: workspace) and kind, of documents, of shared files."""

    erased: Erased
    lists: dict[tuple[str | None, str], PageCut] = field(
        default_factory=dict[tuple[str | None, str], PageCut]
    )
    counts: Counter[str] = field(default_factory=Counter[str])

    def add_page(self, path: str, cut: PageCut) -> None:
        self.lists.setdefault(_list_of(path), PageCut()).add(cut)

    def add_shared(self, path: str, length: int) -> None:
        kind = path.split("/")[1]
        self.counts.update({f"{kind} files": 1, f"{kind} bytes": length})


def _list_of(path: str) -> tuple[str | None, str]:
    """As a listing's summary names it: data/projects/{project}/[iterations/{iteration}/][images/]{kind}-{page}."""
    parts = path.split("/")
    iteration = parts[4] if parts[3] == "iterations" else None
    if parts[3] == "predictions":
        return None, "predictions"
    return iteration, parts[-1].rpartition("-")[0]


def cut_summaries(
    summaries: Iterable[ProjectSummary], gaps: Iterable[NamedGap], cuts: Mapping[str, ProjectCut]
) -> tuple[list[ProjectSummary], list[NamedGap]]:
    """The summaries and the gaps that stay."""
    kept_gaps = [gap for gap in gaps if not _names_erased(gap, cuts)]
    kept = [
        _cut_summary(summary, cuts[summary["id"]], kept_gaps) if summary["id"] in cuts else summary
        for summary in summaries
        if not (summary["id"] in cuts and cuts[summary["id"]].erased.whole)
    ]
    return kept, kept_gaps


def removed(before: Iterable[ProjectSummary], after: Iterable[ProjectSummary]) -> dict[str, int]:
    """By entity, how many objects left: an image of the workspace and of two snapshots is three."""
    rest = totals_of(list(after), verified=False)
    lost = {
        entity: total["exported"] - (rest[entity]["exported"] if entity in rest else 0)
        for entity, total in totals_of(list(before), verified=False).items()
    }
    return {entity: count for entity, count in lost.items() if count}


def _cut_summary(summary: ProjectSummary, cut: ProjectCut, gaps: Iterable[NamedGap]) -> ProjectSummary:
    counts = cut.counts
    iterations = _less(summary["iterations"], counts["iterations"])
    listed = summary["listed"]
    return {
        **summary,
        "listed": {
            "tags": _less(listed["tags"], counts["listed tags"]),
            # Without a list of its own there are only those that were chosen.
            "iterations": _less(listed["iterations"], counts["listed iterations"])
            if summary["whole"]
            else iterations,
            "models": _less(listed["models"], counts["listed models"]),
        },
        "tags": _less(summary["tags"], counts["tags"]),
        "iterations": iterations,
        "models": _less(summary["models"], counts["models"]),
        "listings": list(_cut_listings(summary["listings"], cut)),
        "shared": {
            kind: {
                "files": _less(shared["files"], counts[f"{kind} files"]),
                "bytes": _less(shared["bytes"], counts[f"{kind} bytes"]),
            }
            for kind, shared in summary["shared"].items()
        },
        "gaps": sum(gap["path"].startswith(project_folder(summary["id"])) for gap in gaps),
    }


def _cut_listings(listings: Iterable[ListingSummary], cut: ProjectCut) -> Iterator[ListingSummary]:
    for listing in listings:
        if listing["iteration"] in cut.erased.iterations:
            continue
        lost = cut.lists.get((listing["iteration"], listing["kind"]), PageCut())
        items = lost.items
        yield {
            **listing,
            # The service's list as it would be without them: else every redaction would look like a loss.
            "counted": None if listing["counted"] is None else _less(listing["counted"], items),
            "exported": _less(listing["exported"], items),
            "duplicates": _less(listing["duplicates"], lost.lines - items),
            "gaps": _less(listing["gaps"], lost.gaps),
        }


def _less(figure: int, lost: int) -> int:
    # A file that somebody wrote over after the seal may lose more than was ever counted of it.
    return max(0, figure - lost)


def _names_erased(gap: NamedGap, cuts: Mapping[str, ProjectCut]) -> bool:
    """A gap of a file that goes whole, or of an object that was erased; one of a folder has a path that ends in /."""
    parts = gap["path"].split("/")
    cut = cuts.get(parts[2]) if len(parts) > 2 else None
    if cut is None:
        return False
    erased, item = cut.erased, gap.get("id", "")
    ids = (erased.images, erased.predictions, erased.tags, erased.iterations)
    return leaves(gap["path"], erased) or any(item in each for each in ids)
