"""What a format of data sets is, to whoever fills one: where pictures go, and what is written of each."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass

from steward.datasets.pictures import extension_for
from steward.datasets.projects import Example, Part, Project, Region
from steward.datasets.target import Target, TextFile

# Of what the service takes, all but GIF, which few tools for training read.
READ_EVERYWHERE = ("jpg", "png", "bmp")
SPLITS: tuple[Part, ...] = ("train", "val")


@dataclass(frozen=True, slots=True)
class Placed:
    """An example whose picture is on disk: its size and its regions as they are there."""

    example: Example
    places: tuple[str, ...]
    size: tuple[int, int]
    regions: tuple[Region, ...]


class Format(ABC):
    """One project's data set under `folder` of the target, filled by one thread, image by image."""

    extensions: Collection[str] = READ_EVERYWHERE

    def __init__(self, target: Target, folder: str, project: Project) -> None:
        self.target = target
        self.folder = folder
        self.project = project
        self._open: dict[str, TextFile] = {}

    @classmethod
    def refuses(cls, project: Project) -> str:  # noqa: ARG003 - for formats that have no place for some project
        """Why a project cannot be written so; empty where it can."""
        return ""

    def places(self, example: Example) -> tuple[str, ...]:
        """Where the picture goes, below the project's folder; named by ids alone."""
        return (f"images/{self.file_name(example)}",)

    @abstractmethod
    def add(self, placed: Placed) -> None: ...

    @abstractmethod
    def finish(self) -> None:
        """Everything has been added."""

    def file_name(self, example: Example) -> str:
        extension = str(example.picture["path"]).rpartition(".")[2]
        return f"{example.id}.{extension_for(extension, self.extensions)}"

    def at(self, name: str) -> str:
        """A file's name below the target."""
        return f"{self.folder}/{name}"

    def stream(self, name: str) -> TextFile:
        """A text file of the project's folder, opened once."""
        if name not in self._open:
            self._open[name] = self.target.stream(self.at(name))
        return self._open[name]

    def close_streams(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
