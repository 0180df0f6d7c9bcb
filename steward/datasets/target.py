"""The folder that a data set is written to: it is new, or an unfinished one of the same, and every file appears whole."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from steward.archive.download import PathRefused, TargetOccupied

ABOUT = "dataset.json"


class Target:
    """`of` says what the data set is made of and how; another one never takes its place."""

    def __init__(self, root: Path, of: Mapping[str, Any]) -> None:
        self.root = root
        # As it is read back.
        self._of = json.loads(json.dumps(of))
        self._files = ExitStack()
        self._safe: set[Path] = set()
        self._lock = threading.Lock()

    def is_finished(self) -> bool:
        """Whether it is all there already; raises TargetOccupied."""
        mark = self.root / ABOUT
        found = _read(mark)
        if self.root.exists() and (
            not self.root.is_dir() or (any(self.root.iterdir()) and found.get("of") != self._of)
        ):
            raise TargetOccupied(
                f"{self.root}: expected a new or empty folder, or an unfinished data set of the same bag and options"
            )
        return bool(found.get("finished"))

    def begin(self) -> None:
        """From now on the folder is this data set's."""
        self.write(ABOUT, _document({"of": self._of, "finished": False}))

    def finish(self, about: Mapping[str, Any]) -> None:
        """From now on nothing in it is touched."""
        self.write(ABOUT, _document({"of": self._of, "finished": True, **about}))

    def read(self, name: str) -> bytes:
        """What is there of an earlier run; empty where nothing is."""
        place = self.place(name)
        with suppress(FileNotFoundError):
            if not place.is_symlink():
                return place.read_bytes()
        return b""

    def write(self, name: str, data: bytes) -> None:
        place = self.place(name)
        part = _part_of(place)
        with part.open("xb") as file:
            file.write(data)
        part.replace(place)

    def stream(self, name: str) -> "TextFile":
        """A text file that appears when it is closed."""
        file = TextFile(self.place(name))
        self._files.callback(file.file.close)
        return file

    def aside(self, name: str) -> "Aside":
        """Text that is read back before it goes."""
        aside = Aside(self.place(name))
        self._files.callback(aside.file.close)
        return aside

    def release(self) -> None:
        """No file stays open, however the run ended."""
        self._files.close()

    def place(self, name: str) -> Path:
        """Where a file belongs; its folder is made."""
        folder, _, file = name.rpartition("/")
        return self.make_folder(folder) / file

    def make_folder(self, name: str) -> Path:
        """Raises PathRefused where a link leads out of the data set."""
        folder = self.root / name
        with self._lock:
            if folder not in self._safe:
                folder.mkdir(parents=True, exist_ok=True)
                if not folder.resolve().is_relative_to(self.root.resolve()):
                    raise PathRefused(f"{folder}: a link leads it out of the folder of the data set")
                self._safe.add(folder)
        return folder


class TextFile:
    """Written piece by piece, in UTF-8."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._part = _part_of(place)
        # What somebody else said of a failure may hold anything.
        self.file: TextIO = self._part.open("x", encoding="utf-8", errors="backslashreplace", newline="")

    def write(self, text: str) -> None:
        self.file.write(text)

    def close(self) -> None:
        self.file.close()
        self._part.replace(self._place)


class Aside:
    """What is known too early for the file that it belongs in."""

    def __init__(self, place: Path) -> None:
        self._part = _part_of(place)
        self.file: TextIO = self._part.open("x+", encoding="utf-8", newline="")

    def write(self, text: str) -> None:
        self.file.write(text)

    def read_back(self) -> Iterator[str]:
        """Piece by piece; then it is gone."""
        with self.file as file:
            file.seek(0)
            while text := file.read(1 << 20):
                yield text
        self._part.unlink()


def _part_of(place: Path) -> Path:
    """Where a file is written before it has its name; what a run that was stopped left there goes."""
    part = place.with_name(place.name + ".part")
    part.unlink(missing_ok=True)
    return part


def _read(mark: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(mark.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _document(about: Mapping[str, Any]) -> bytes:
    return json.dumps(about, indent=1).encode() + b"\n"
