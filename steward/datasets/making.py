"""A bag's projects as data sets on disk, image after image: what is in memory does not grow with the pictures."""

import csv
import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from steward.archive.documents import Gap
from steward.archive.names import picture_path
from steward.datasets.azureml import AzureMachineLearning
from steward.datasets.bags import OpenBag
from steward.datasets.by_tag import FoldersByTag
from steward.datasets.coco import Coco
from steward.datasets.formats import Format, Placed
from steward.datasets.naming import as_label, unique_folders
from steward.datasets.pictures import PictureUnreadable, render
from steward.datasets.projects import (
    Example,
    Project,
    Region,
    examples,
    find_iteration,
    look_at,
    name_of,
)
from steward.datasets.table import Table
from steward.datasets.target import ABOUT, Target
from steward.datasets.voc import Voc
from steward.datasets.yolo import Yolo
from steward.orientation import box_as_shown

type FormatName = Literal["coco", "yolo", "voc", "folders", "csv", "azureml"]
type Progress = Callable[[int, int], None]
"""Images that are done, images in all."""

NOTES = "notes.csv"
_FORMATS: dict[str, type[Format]] = {
    "coco": Coco,
    "yolo": Yolo,
    "voc": Voc,
    "folders": FoldersByTag,
    "csv": Table,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a data set is to be. `projects`: ids or names, all where there are none; `iteration`: id or name, the workspace
    where it is empty. `validation`: the share that is held back. `address`: of Azure ML's datastore."""

    format: FormatName
    projects: tuple[str, ...] = ()
    iteration: str = ""
    validation: float = 0.2
    seed: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """`images` by part, `notes` by code; `left_out`: projects by name, and why they could not be written."""

    images: Counter[str]
    regions: int
    notes: Counter[str]
    left_out: dict[str, str]
    finished_before: bool = False


def make_data_sets(
    bag: OpenBag,
    target: Path,
    wanted: Wanted,
    *,
    threads: int = 8,
    progress: Progress | None = None,
    begin: Callable[[], None] = lambda: None,
) -> Made:
    """Run again after a stop it goes on, and reads no picture twice that is there as the bag has it. `begin` is called once
    it is clear that something will be written, before it is.

    Raises ValueError where nothing of the bag is wanted, TargetOccupied, BlobMissing, BlobDamaged.
    """
    place = Target(target, {"bag": bag.tagmanifest, "request": bag.names.request, **asdict(wanted)})
    chosen = _choose(bag, wanted)
    if place.is_finished():
        return Made(Counter(), 0, Counter(), {}, finished_before=True)
    begin()
    place.begin()
    try:
        return _Making(bag, place, wanted, threads, progress).make(chosen)
    finally:
        place.release()


def _choose(bag: OpenBag, wanted: Wanted) -> dict[str, str]:
    """Ids of projects, each with that of its iteration."""
    names = {project: name_of(bag, project) for project in bag.projects()}
    for one in wanted.projects:
        if one not in names and one not in names.values():
            raise ValueError(f"--project {one}: the bag has no project of this id or name")
    chosen = {
        project: find_iteration(bag, project, wanted.iteration) if wanted.iteration else ""
        for project, name in names.items()
        if not wanted.projects or {project, name} & {*wanted.projects}
    }
    if wanted.iteration:
        chosen = {project: iteration for project, iteration in chosen.items() if iteration}
        if not chosen:
            raise ValueError(f"--iteration {wanted.iteration}: the bag has no iteration of this id or name")
    return chosen


class _Making:
    def __init__(
        self, bag: OpenBag, target: Target, wanted: Wanted, threads: int, progress: Progress | None
    ) -> None:
        self._bag = bag
        self._target = target
        self._wanted = wanted
        self._threads = threads
        self._progress = progress
        self._total = self._done = 0
        self._made = Made(Counter(), 0, Counter(), {})
        self._about: list[dict[str, Any]] = []

    def make(self, chosen: dict[str, str]) -> Made:
        projects = [look_at(self._bag, project, iteration) for project, iteration in chosen.items()]
        writable = [each for each in projects if not self._leave_out(each)]
        self._total = sum(project.images for project in writable)
        folders = self._folders(writable)
        notes = self._target.stream(NOTES)
        self._notes = csv.writer(notes.file, lineterminator="\n")
        self._notes.writerow(("project", "image_id", "code", "reason"))
        with ThreadPoolExecutor(self._threads, thread_name_prefix="datasets") as pool:
            regions = sum(self._fill(pool, project, folders[project.id]) for project in writable)
        notes.close()
        self._target.finish({"projects": self._about, "leftOut": self._made.left_out})
        return Made(self._made.images, regions, self._made.notes, self._made.left_out)

    def _leave_out(self, project: Project) -> str:
        kind = _FORMATS.get(self._wanted.format)
        if reason := kind.refuses(project) if kind else "":
            self._made.left_out[as_label(project.name)] = reason
        return reason

    def _folders(self, projects: list[Project]) -> dict[str, str]:
        if self._wanted.format == "azureml":
            # They become part of addresses, where nobody says which letters may stand as they are.
            return {project.id: project.id for project in projects}
        return unique_folders({project.id: project.name for project in projects}, (ABOUT, NOTES))

    def _fill(self, pool: ThreadPoolExecutor, project: Project, folder: str) -> int:
        """The number of its regions."""
        filled = self._format(project, folder)
        images, regions = Counter[str](), 0
        for example, placed in self._placed(pool, project, filled):
            if placed:
                images[example.part] += 1
                regions += len(placed.regions)
                filled.add(placed)
            self._done += 1
            if self._progress:
                self._progress(self._done, self._total)
        filled.finish()
        self._made.images.update(images)
        self._about.append(_about(project, folder, images, regions))
        return regions

    def _format(self, project: Project, folder: str) -> Format:
        if self._wanted.format == "azureml":
            return AzureMachineLearning(self._target, folder, project, self._wanted.address)
        return _FORMATS[self._wanted.format](self._target, folder, project)

    def _placed(
        self, pool: ThreadPoolExecutor, project: Project, filled: Format
    ) -> Iterator[tuple[Example, Placed | None]]:
        """In the bag's order; a bounded number is under way at a time."""
        running: deque[tuple[Example, Future[tuple[Placed | None, list[Gap]]]]] = deque()

        def next_one() -> tuple[Example, Placed | None]:
            example, future = running.popleft()
            placed, notes = future.result()
            self._note(project, example.id, *example.notes, *notes)
            return example, placed

        try:
            for example in self._examples(project):
                running.append((example, pool.submit(self._place, project, filled, example)))
                if len(running) > 4 * self._threads:
                    yield next_one()
            while running:
                yield next_one()
        finally:
            for _, future in running:
                future.cancel()

    def _examples(self, project: Project) -> Iterator[Example]:
        wanted = self._wanted
        for found in examples(self._bag, project, validation=wanted.validation, seed=wanted.seed):
            if isinstance(found, Example):
                yield found
            else:
                self._note(project, found[0], found[1])
                self._done += bool(found[0])

    def _place(self, project: Project, filled: Format, example: Example) -> tuple[Placed | None, list[Gap]]:
        """Bring one picture to its places."""
        places = filled.places(example)
        there = self._target.read(filled.at(places[0]))
        data = there if _is(there, example) else self._read(project, example)
        try:
            rendered = render(data, places[0].rpartition(".")[2])
        except PictureUnreadable as error:
            return None, [Gap(code="PictureUnreadable", reason=str(error))]
        for place in places:
            if rendered.data != (there if place == places[0] else self._target.read(filled.at(place))):
                self._target.write(filled.at(place), rendered.data)
        regions = tuple(
            Region(each.category, box_as_shown(each.box, rendered.lie, example.named))
            for each in example.regions
        )
        notes = [Gap(code="PictureRewritten", reason=rendered.said)] if rendered.said else []
        return Placed(example, places, rendered.lie.shown, regions), notes

    def _read(self, project: Project, example: Example) -> bytes:
        # The path of the line is not followed: a bag could name any file.
        extension = str(example.picture["path"]).rpartition(".")[2]
        return self._bag.read(picture_path(project.id, example.id, extension), example.picture["sha256"])

    def _note(self, project: Project, image: str, *notes: Gap) -> None:
        for note in notes:
            self._made.notes[note["code"]] += 1
            self._notes.writerow((project.id, image, note["code"], note["reason"]))


def _is(data: bytes, example: Example) -> bool:
    return hashlib.sha256(data).hexdigest() == example.picture["sha256"]


def _about(project: Project, folder: str, images: Counter[str], regions: int) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "iteration": project.iteration or None,
        "folder": folder,
        "kind": "detection" if project.detection else "classification",
        "images": dict(images),
        "regions": regions,
        "categories": [asdict(each) for each in project.categories.values()],
    }
