"""Everything that a bag says it holds, read as docs/archive-format.md tells, and the SHA-256 of all its bytes."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.storage.blob import ContainerClient

from tests.export.record import Json, Record, image_records

THREADS = 8
_PICTURES = {"image": "picture", "prediction": "picture of a prediction"}


class ArchiveSide:
    """One bag: payload files that stand in it, and shared files that its fetch.txt names."""

    def __init__(self, container: ContainerClient, account: str, request: str) -> None:
        self._container = container
        self._prefix = f"{account}/exports/{request}/"
        self._named: dict[str, Record] = {}
        self.gaps: list[Json] = []

    def export(self) -> Json:
        """export.json."""
        return json.loads(self._text("export.json"))

    def document(self, path: str) -> Json:
        """A JSON document of the payload."""
        return json.loads(self._text(path))

    def exists(self) -> bool:
        """Whether there is a sealed bag: the tagmanifest is written last."""
        return self._container.get_blob_client(f"{self._prefix}tagmanifest-sha256.txt").exists()

    def records(self) -> Iterator[Record]:
        """Lines in the order of the payload's paths, a repeated one as often as it stands there; then all shared bytes."""
        for name in self._container.list_blob_names(name_starts_with=f"{self._prefix}data/projects/"):
            path = name.removeprefix(self._prefix)
            for document in map(json.loads, self._text(path).splitlines()):
                yield from self._document(path, document)
        yield from self._shared_files()

    def _document(self, path: str, document: Json) -> Iterator[Record]:
        """A JSON document, or one line of a page."""
        if "gap" in document:
            self.gaps.append({"path": path, **document["gap"]})
        parts = path.split("/")
        project, iteration = parts[2], parts[4] if parts[3] == "iterations" else ""
        if path.endswith(".jsonl"):
            yield from self._line(parts[-1], project, iteration, document)
        elif "gap" not in document:
            yield from self._file(path, project, iteration, document)

    def _file(self, path: str, project: str, iteration: str, document: Json) -> Iterator[Record]:
        """A JSON document: it has one field, named for what it holds."""
        ((field, value),) = document.items()
        match field:
            case "project":
                yield Record("project", (project,), value)
            case "iterations":
                for each in value:
                    yield Record("iteration in the list", (project, each["id"]), each)
            case "tags":
                for each in value:
                    yield Record("tag", (project, iteration, each["id"]), each)
            case "exports":
                for each in value:
                    yield from self._model(path, project, iteration, each)
            case "selectors":
                self.gaps += [{"path": path, **each["gap"]} for each in value if "gap" in each]
            case _:
                yield Record(field, (project, iteration), value)

    def _model(self, path: str, project: str, iteration: str, entry: Json) -> Iterator[Record]:
        if "gap" in entry:
            self.gaps.append({"path": path, **entry["gap"]})
        export = entry["export"]
        key = (project, iteration, export["platform"], export.get("flavor") or "")
        yield Record("export", key, export)
        if "model" in entry:
            self._name(entry["model"], "model", key)

    def _line(self, file: str, project: str, iteration: str, line: Json) -> Iterator[Record]:
        """One line of a page: an image, the performance on an image, a stored prediction."""
        if "image" in line:
            kind = re.fullmatch(r"(tagged|untagged)-\d{5}\.jsonl", file)
            assert kind, file
            yield from image_records((project, iteration), kind[1], line["image"])
        elif "performance" in line:
            item = line["performance"]
            yield Record("image performance", (project, iteration, item["id"]), item)
        elif "prediction" in line:
            item = line["prediction"]
            yield Record("prediction", (project, item["id"]), item)
        for part, entity in _PICTURES.items():
            if part in line and "picture" in line:
                self._name(line["picture"], entity, (project, line[part]["id"]))

    def _name(self, pointer: Mapping[str, Any], entity: str, key: tuple[str, ...]) -> None:
        """Lists share pictures; all that name one must say the same of it."""
        said = Record(entity, key, pointer)
        assert self._named.setdefault(pointer["path"], said) == said, (
            f"{pointer['path']} is named in two ways"
        )

    def _shared_files(self) -> Iterator[Record]:
        """By fetch.txt, whose lines are an address, a length and a path; what a line points to must stand there, and back."""
        fetch = [line.split(" ", 2) for line in self._text("fetch.txt").splitlines()]
        with ThreadPoolExecutor(THREADS) as pool:
            found = pool.map(self._bytes_of, [address for address, _, _ in fetch])
            for (_, length, path), (digest, read) in zip(fetch, found, strict=True):
                named = self._named.pop(unquote(path), Record("file that no line names", (path,), {}))
                pointer = named.value
                told = (pointer.get("sha256"), pointer.get("length"), int(length))
                said = digest if told == (digest, read, read) else f"{digest}, {read} bytes, but {told} told"
                yield Record(named.entity, named.key, said)
        for path, named in self._named.items():
            yield Record(named.entity, named.key, f"{path} is not in fetch.txt")

    def _bytes_of(self, address: str) -> tuple[str, int]:
        """SHA-256 and length of the blob behind an address, read with this container's own credential."""
        folder = f"/{self._container.container_name}/"
        name = unquote(urlsplit(address).path).partition(folder)[2]
        data = self._container.download_blob(name).readall()
        return hashlib.sha256(data).hexdigest(), len(data)

    def _text(self, path: str) -> str:
        return self._container.download_blob(self._prefix + path, encoding="utf-8").readall()
