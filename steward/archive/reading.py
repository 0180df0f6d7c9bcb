"""Reading a project's payload: what its lists hold, what is missing, which shared files it names, each once."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast
from uuid import UUID

from steward.archive.documents import Gap, encode, item_of
from steward.archive.doubts import ReadList, doubts
from steward.archive.erased_back import ErasedBack, Kind
from steward.archive.errors import PayloadInconsistent
from steward.archive.listings import ProjectNotes
from steward.archive.names import (
    SHARED,
    BagNames,
    iterations_path,
    page_name,
    project_folder,
    split_page,
    tags_path,
)
from steward.archive.page_digests import UNREAD, page_digest, with_page
from steward.archive.shared_files import SharedFiles
from steward.archive.store import ArchiveStore, BlobWriter
from steward.archive.summaries import ListingSummary, NamedGap, ProjectSummary, WholeLists

type Json = Mapping[str, Any]


class ProjectReading:
    """A walk over the payload files of one project, in the order of their paths."""

    def __init__(
        self, bag: BagNames, project: str, notes: ProjectNotes, gaps: BlobWriter, back: ErasedBack
    ) -> None:
        self._bag = bag
        self._folder = project_folder(project)
        self._records = dict(notes.listings)
        self._iterations = notes.iterations
        self._noted = notes.listed
        self._left: set[str] = set()
        self._named_iterations: list[str] = []
        self._read_iterations: set[str] = set()
        self._gaps = gaps
        self._back = back
        self._listing: ReadList | None = None
        self._listed_tags: dict[str, set[str]] = {}
        self._named_tags: dict[str, set[str]] = {}
        self._tagged: AbstractSet[bytes] = frozenset()
        self._given: set[str] = set()
        self.files = {kind: SharedFiles(bag.account, f"data/{kind}/{project}/") for kind in SHARED}
        self.summary = ProjectSummary(
            id=project,
            whole=True,
            details=False,
            listed=WholeLists(tags=0, iterations=0, models=0),
            tags=0,
            iterations=0,
            models=0,
            listings=[],
            shared={},
            gaps=0,
        )

    def read(self, store: ArchiveStore, path: str) -> None:
        """Take in one payload file."""
        tail = path.removeprefix(self._folder)
        iteration = tail.split("/")[1] if tail.startswith("iterations/") else ""
        name = self._bag.blob(path)
        self._see_whether_left(iteration)
        if path.endswith(".jsonl"):
            listing = self._page_of(path, iteration)
            ids = [
                self._take_line(path, listing.summary, listing.seen, json.loads(line))
                for line in store.read_lines(name)
            ]
            listing.digest = with_page(listing.digest, page_digest(ids) if all(ids) else UNREAD)
            return
        document = json.loads(store.read(name))
        if path.endswith("/iteration.json"):
            self._read_iterations.add(iteration)
        if "gap" in document:
            self._record_gap(path, document["gap"])
        else:
            self._take_document(path, iteration, document)

    def _take_document(self, path: str, iteration: str, document: Json) -> None:
        match path.rpartition("/")[2]:
            case "project.json":
                self.summary["details"] = True
                self._see_erased(path, "projects", self.summary["id"])
            case "tags.json":
                self._take_tags(path, iteration, document["tags"])
            case "exports.json":
                self._take_exports(path, document["exports"])
            case "iteration.json":
                self.summary["iterations"] += 1
                self._given.add(iteration)
                self._see_erased(path, "iterations", iteration)
            case "selection.json":
                self._take_selection(path, document["selectors"])
            case "iterations.json":
                self.summary["listed"]["iterations"] = len(document["iterations"])
                for listed in document["iterations"]:
                    self._named_iterations.append(listed["id"])
                    self._see_erased(path, "iterations", listed["id"])
            case _:
                pass

    def finish(self) -> None:
        """Everything has been read; raises PayloadInconsistent where a list lacks a page."""
        self._end_listing()
        for stem, record in self._records.items():
            if record["pages"]:
                raise PayloadInconsistent(f"{stem}: none of its {record['pages']} pages is there")
        for listing in self.summary["listings"]:
            # An iteration that is given itself is given with its whole snapshot.
            listing["whole"] = self.summary["whole"] or listing["iteration"] in self._given
        for iteration in self._named_iterations:
            if iteration not in self._read_iterations:
                reason = "the list of iterations has it, and nothing was read of it: export again"
                path = iterations_path(self.summary["id"])
                self._record_gap(path, Gap(code="IterationNotRead", reason=reason), iteration)
        for iteration, tags in self.unlisted_tags().items():
            for tag in tags:
                reason = "images name it, and no list of tags has it"
                path = tags_path(self.summary["id"], iteration)
                self._record_gap(path, Gap(code="TagNotListed", reason=reason), tag)
        if not self.summary["whole"]:
            # There is no list of iterations, only those that were chosen.
            self.summary["listed"]["iterations"] = self.summary["iterations"]
        self.summary["shared"] = {kind: files.summary() for kind, files in self.files.items()}

    def unlisted_tags(self) -> dict[str, list[str]]:
        """By iteration whose tags were listed: ids that its images name and no list has."""
        known = set[str]().union(*self._listed_tags.values())
        missing = {scope: sorted(self._named_tags.get(scope, set()) - known) for scope in self._listed_tags}
        return {scope: tags for scope, tags in missing.items() if tags}

    def _see_whether_left(self, iteration: str) -> None:
        """What a run that was killed had read of an iteration which was then deleted, so that nobody read the rest."""
        if not iteration or self._iterations is None:
            return
        if iteration in self._iterations or iteration in self._left:
            return
        self._left.add(iteration)
        reason = "it was deleted while the export ran; here is what had been read of it"
        self._record_gap(f"{self._folder}iterations/{iteration}/", Gap(code="IterationGone", reason=reason))

    def _page_of(self, path: str, iteration: str) -> ReadList:
        stem, name = split_page(path)
        if self._listing is None or self._listing.stem != stem:
            self._end_listing()
            kind = (
                stem.removeprefix(self._folder)
                .removeprefix(f"iterations/{iteration}/")
                .removeprefix("images/")
            )
            record = self._records.get(stem)
            summary = ListingSummary(
                iteration=iteration or None,
                kind=kind.rstrip("-/"),
                whole=False,
                counted=record["counted"] if record else None,
                exported=0,
                duplicates=0,
                gaps=0,
                settled=record["settled"] if record else False,
            )
            self._listing = ReadList(stem, summary)
            self.summary["listings"].append(summary)
        # A list without a record is what an earlier run left of one that this run did not find any more.
        if self._listing.stem in self._records and name != page_name(self._listing.pages):
            raise PayloadInconsistent(f"{path}: page {self._listing.pages} before it is not there")
        self._listing.pages += 1
        return self._listing

    def _end_listing(self) -> None:
        if listing := self._listing:
            record = self._records.pop(listing.stem, None)
            if record and record["pages"] != listing.pages:
                raise PayloadInconsistent(
                    f"{listing.stem}: {listing.pages} of its {record['pages']} pages are there"
                )
            noted = self._noted.of(record) if record else frozenset[bytes]()
            for doubt in doubts(listing, record, noted):
                self._record_gap(listing.stem, doubt)
            # Where selectors choose, what changed lists may not be among the chosen ones.
            self._compare_with_tagged(listing.stem, noted or listing.seen)
            self._listing = None

    def _compare_with_tagged(self, stem: str, seen: AbstractSet[bytes]) -> None:
        """An image in both lists was tagged or untagged while they were read; another may then be in neither, and every
        count agree."""
        if stem.endswith("/images/tagged-"):
            self._tagged = seen
        elif stem.endswith("/images/untagged-"):
            if both := len(self._tagged & seen):
                reason = f"{both} images are in both lists, so others may be in neither: export again"
                self._record_gap(stem, Gap(code="ImagesChangedLists", reason=reason))
            self._tagged = frozenset()

    def _take_line(self, path: str, listing: ListingSummary, seen: set[bytes], line: Json) -> str:
        """The id on this line; empty where the whole page could not be had."""
        item = item_of(line)
        if item is None:
            listing["gaps"] += 1
            self._record_gap(path, line["gap"])
            return ""
        self._see_erased(path, "predictions" if "prediction" in line else "images", item["id"])
        if listing["iteration"]:
            self._see_erased(path, "iterations", listing["iteration"])
        key = UUID(item["id"]).bytes
        if key in seen:
            listing["duplicates"] += 1
        else:
            seen.add(key)
            listing["exported"] += 1
        if "image" in line:
            named = self._named_tags.setdefault(listing["iteration"] or "", set())
            named.update(part["tagId"] for part in (*(item.get("tags") or ()), *(item.get("regions") or ())))
        if "gap" in line:
            listing["gaps"] += 1
            self._record_gap(path, line["gap"], item["id"])
        elif "picture" in line:
            self.files["pictures" if "image" in line else "predictions"].add(line["picture"])
        return cast("str", item["id"])

    def _take_tags(self, path: str, iteration: str, tags: list[Json]) -> None:
        """A tag that only images named, and that the service no longer knows, stands in the list as an id and a gap."""
        self._listed_tags[iteration] = {tag["id"] for tag in tags}
        self.summary["listed"]["tags"] += len(tags)
        for tag in tags:
            if "gap" in tag:
                self._record_gap(path, tag["gap"], tag["id"])
            else:
                self.summary["tags"] += 1
                self._see_erased(path, "tags", tag["id"])

    def _take_selection(self, path: str, selectors: list[Json]) -> None:
        """It is there where the scope's selectors choose what the project gives."""
        self.summary["whole"] = False
        for selector in selectors:
            if "gap" in selector:
                self._record_gap(path, selector["gap"])

    def _take_exports(self, path: str, exports: list[Json]) -> None:
        for export in exports:
            self.summary["listed"]["models"] += "gap" in export or "model" in export
            if "gap" in export:
                self._record_gap(path, export["gap"])
            elif "model" in export:
                self.summary["models"] += 1
                self.files["models"].add(export["model"])

    def _see_erased(self, path: str, kind: Kind, item: str) -> None:
        if gap := self._back.look(kind, item):
            self._record_gap(path, gap, item)

    def _record_gap(self, path: str, gap: Gap, item: str = "") -> None:
        self.summary["gaps"] += 1
        named = NamedGap(path=path, id=item, code=gap["code"], reason=gap["reason"])
        if not item:
            del named["id"]
        self._gaps.write(encode(named))
