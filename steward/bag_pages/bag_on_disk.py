"""A downloaded bag as its pages read it: documents whole, lists line by line."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from steward.archive import manifest
from steward.archive.bag import read_export
from steward.archive.names import ID, iteration_folder, page_name, project_folder
from steward.archive.summaries import NamedGap

type Json = Mapping[str, Any]

_PICTURE = re.compile(f"data/(?:pictures|predictions)/{ID}/{ID}[.](?:jpg|png|bmp|gif)")
_MODEL = re.compile(f"data/models/{ID}/{ID}/[A-Za-z0-9_-]+[.]zip")


class BagOnDisk:
    """One whole bag in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def tagmanifest(self) -> str:
        """Its SHA-256, which stands for every byte of the bag."""
        return hashlib.sha256((self.folder / manifest.TAGMANIFEST).read_bytes()).hexdigest()

    def info(self) -> dict[str, str]:
        return manifest.parse_bag_info((self.folder / manifest.BAG_INFO).read_bytes())

    def export(self) -> tuple[dict[str, Any], Iterator[NamedGap]]:
        """What export.json says: the head, then gap by gap."""
        return read_export(_lines(self.folder / manifest.EXPORT))

    def document(self, path: str) -> Json:
        """A payload document; nothing in it where the export has none."""
        place = self.folder / path
        return json.loads(place.read_bytes()) if place.is_file() else {}

    def iterations(self, project: str) -> list[str]:
        """Ids of those of which anything is here."""
        folder = self.folder / project_folder(project) / "iterations"
        if not folder.is_dir():
            return []
        return sorted(each.name for each in folder.iterdir() if re.fullmatch(ID, each.name))

    def list_files(self, stem: str) -> list[Path]:
        """The pages of a list in order; `stem` is what their names have in common."""
        place = self.folder / stem
        ends = "?" * len(page_name(0).partition(".")[0]) + ".jsonl"
        # A stem may end with its folder.
        folder, start = (place, "") if stem.endswith("/") else (place.parent, place.name)
        return sorted(folder.glob(start + ends)) if folder.is_dir() else []

    def all_list_files(self, project: str) -> Iterator[Path]:
        """The pages of all lists of pictures."""
        folder = self.folder / project_folder(project)
        for pattern in ("images/*.jsonl", "predictions/*.jsonl", "iterations/*/images/*.jsonl"):
            yield from folder.glob(pattern)

    def lines(self, files: list[Path]) -> Iterator[bytes]:
        for file in files:
            yield from _lines(file)

    def model(self, path: str) -> str:
        """The path of a model file if it is one of a bag, else nothing."""
        return path if _MODEL.fullmatch(path) else ""

    def picture(self, line: Json) -> str:
        """The path of a line's picture if it is one of a bag, else nothing: nothing else is opened or shown."""
        path = str(line.get("picture", {}).get("path", ""))
        return path if _PICTURE.fullmatch(path) else ""


def iteration_prefix(project: str, iteration: str) -> str:
    """The folder of an iteration, or of the project where there is none."""
    return iteration_folder(project, iteration) if iteration else project_folder(project)


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        for line in opened:
            yield line.rstrip(b"\n")
