"""Plants projects of real photographs: a folder whose sub-folders are tags is a project.

Pictures beside the sub-folders are untagged images; those in a sub-folder `test` become stored predictions. A file
`regions.json` in the given folder, `{"regions": {"path/of/picture.jpg": {"tag": ..., "box": [left, top, width, height]}}}`
(fractions of the picture), makes detection projects of those whose pictures it names.
"""

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from emulator import domains
from emulator.account import Account
from emulator.pictures import NotAPictureError, Picture
from emulator.state import Iteration, PredictedTag, Project
from emulator.times import PER_SECOND, ticks
from emulator.workspace import Box, single

_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp"}
_TEST = "test"
_FIRST_MOMENT = ticks(datetime(2025, 6, 2, 9, 0, tzinfo=UTC))
_NAMESPACE = uuid.UUID("4d0e6a3e-0b5c-5a3e-9d1f-0e6b1f6f2c11")


class _Region(BaseModel):
    tag: str
    box: tuple[float, float, float, float]


class _Regions(BaseModel):
    regions: dict[str, _Region]


@dataclass(slots=True)
class _Album:
    """A folder being planted; the moment moves on with every picture."""

    root: Path
    regions: Mapping[str, _Region]
    moment: int = _FIRST_MOMENT

    def path(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()

    def new_id(self, file: Path, of: str = "") -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self.path(file)}\n{of}"))

    def later(self) -> int:
        self.moment += PER_SECOND // 7
        return self.moment


def plant_folder(account: Account, folder: Path) -> None:
    """Add a project for each folder with tag folders under `folder`; ids and times follow from paths alone.

    Raises ValueError that names the folder or file where there is no picture, or a file is not what it should be.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder of pictures")
    album = _Album(folder, _read_regions(folder / "regions.json"))
    before = len(account.projects)
    for place in sorted([folder, *(path for path in folder.rglob("*") if path.is_dir())]):
        if _tag_folders(place):
            _plant_project(account, album, place)
    if len(account.projects) == before:
        raise ValueError(f"{folder}: expected sub-folders with pictures, each sub-folder a tag")


def _read_regions(file: Path) -> Mapping[str, _Region]:
    if not file.exists():
        return {}
    try:
        return _Regions.model_validate_json(file.read_bytes()).regions
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"]))
        raise ValueError(f"{file}: {where}: {first['msg']}") from error


def _plant_project(account: Account, album: _Album, place: Path) -> None:
    folders = {child.name: child for child in _tag_folders(place)}
    pictures = [file for name, child in folders.items() if name != _TEST for file in _pictures(child)]
    detection = any(album.path(file) in album.regions for file in pictures)
    project = account.add_project(
        _project_name(album, place),
        created=album.later(),
        project_id=album.new_id(place),
        domain_id=domains.DETECTION_GENERAL if detection else domains.GENERAL,
        classification_type="Multilabel" if detection else "Multiclass",
    )
    tags = _plant_tags(album, project, pictures)
    for file in [*_pictures(place), *pictures]:
        region = album.regions.get(album.path(file))
        tagged = not detection and file.parent != place
        project.add_image(
            _read_picture(file),
            created=album.later(),
            image_id=album.new_id(file),
            tag_ids=[tags[file.parent.name]] if tagged else (),
            regions=[(tags[region.tag], Box.of(*region.box))] if region else (),
        )
    if _TEST in folders:
        _plant_predictions(album, project, _pictures(folders[_TEST]), place)


def _plant_tags(album: _Album, project: Project, pictures: list[Path]) -> dict[str, str]:
    """Tag ids by name: of the regions where there are any, else of the folders."""
    regions = [album.regions[path] for path in map(album.path, pictures) if path in album.regions]
    names = [region.tag for region in regions] or [file.parent.name for file in pictures]
    return {
        name: project.add_tag(name, tag_id=str(uuid.uuid5(_NAMESPACE, f"{project.id}\n{name}"))).id
        for name in dict.fromkeys(names)
    }


def _plant_predictions(album: _Album, project: Project, files: list[Path], place: Path) -> None:
    created = album.later()
    album.moment += 10 * PER_SECOND
    iteration = project.add_iteration(
        created=created, trained_at=album.moment, iteration_id=album.new_id(place, "iteration")
    )
    for file in files:
        project.add_prediction(
            _read_picture(file),
            created=album.later(),
            iteration=iteration,
            results=_results(project, iteration, random.Random(album.path(file))),  # noqa: S311 - repeatable
            prediction_id=album.new_id(file),
        )


def _results(project: Project, iteration: Iteration, source: random.Random) -> list[PredictedTag]:
    """What the emulator's model says: any number, the same in every run."""
    detection = domains.CATALOGUE[project.domain_id].type == "ObjectDetection"
    box = Box.of(0.25, 0.25, 0.5, 0.5) if detection else None
    return [
        PredictedTag(tag.id, tag.name, tag.type, single(source.random()), box)
        for tag in iteration.snapshot.tags.values()
    ]


def _project_name(album: _Album, place: Path) -> str:
    """The folder's path; a last part `Images` says nothing and is left out."""
    parts = [part for part in place.relative_to(album.root).parts if part.lower() != "images"]
    return " / ".join(parts) or album.root.resolve().name


def _tag_folders(place: Path) -> list[Path]:
    """Folders with pictures; one that has such folders itself is a project, no tag."""
    filled = [child for child in _folders(place) if _pictures(child)]
    return [child for child in filled if not any(_pictures(inner) for inner in _folders(child))]


def _folders(place: Path) -> list[Path]:
    return sorted(child for child in place.iterdir() if child.is_dir())


def _pictures(place: Path) -> list[Path]:
    return sorted(file for file in place.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())


def _read_picture(file: Path) -> Picture:
    try:
        return Picture.read(file.read_bytes())
    except NotAPictureError as error:
        raise ValueError(f"{file}: {error}") from error
