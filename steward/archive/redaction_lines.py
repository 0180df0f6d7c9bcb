"""What leaves a payload file with erased objects: decided path by path and line by line, and counted."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.names import canonical_id

type Json = Mapping[str, Any]

_ID = 16
# What people wrote themselves; a key of theirs may have any name.
_WRITTEN_BY_PEOPLE = "metadata"


def leaves(path: str, erased: Erased) -> bool:
    """Whether a payload file of the bag, or a shared one, goes whole."""
    parts = path.split("/")
    if len(parts) < 4 or parts[2] != erased.project:
        return False
    if erased.whole:
        return True
    match parts[1:]:
        case ["pictures", _, name]:
            return name.partition(".")[0] in erased.images
        case ["predictions", _, name]:
            return name.partition(".")[0] in erased.predictions
        case ["models", _, iteration, *_] | ["projects", _, "iterations", iteration, _, *_]:
            return iteration in erased.iterations
        case _:
            return False


@dataclass(slots=True)
class PageCut:
    """What a list loses: the ids of the items, 16 bytes each, on how many lines, and how many of these were gaps."""

    ids: bytearray = field(default_factory=bytearray)
    lines: int = 0
    gaps: int = 0

    @property
    def items(self) -> int:
        """How many different ones."""
        return len({bytes(self.ids[place : place + _ID]) for place in range(0, len(self.ids), _ID)})

    def take(self, item: Json, line: Json) -> None:
        self.ids += UUID(item["id"]).bytes
        self.lines += 1
        self.gaps += "gap" in line

    def add(self, other: "PageCut") -> None:
        self.ids += other.ids
        self.lines += other.lines
        self.gaps += other.gaps


def cut_page(lines: Iterable[bytes], erased: Erased, cut: PageCut) -> Iterator[bytes]:
    """The lines that stay, with their ends, and those that lose a tag without it."""
    for text in lines:
        line = json.loads(text)
        if item := _erased_item(line, erased):
            cut.take(item, line)
            continue
        kept = _without_tags(line, erased.tags)
        yield text + b"\n" if kept == line else encode(kept)


def cut_document(path: str, document: Json, erased: Erased) -> Json:
    """The document without what was erased; an equal one where that is nothing."""
    match path.rpartition("/")[2]:
        case "iterations.json" if "iterations" in document:
            kept = [
                each for each in document["iterations"] if canonical_id(each["id"]) not in erased.iterations
            ]
            return {**document, "iterations": kept}
        case _:
            return _without_tags(document, erased.tags)


def count_document(path: str, document: Json) -> Counter[str]:
    """How much of a project's summary comes from a document."""
    match path.rpartition("/")[2]:
        case "tags.json" if "tags" in document:
            tags = document["tags"]
            return Counter({"listed tags": len(tags), "tags": sum("gap" not in tag for tag in tags)})
        case "iterations.json" if "iterations" in document:
            return Counter({"listed iterations": len(document["iterations"])})
        case "iteration.json" if "iteration" in document:
            return Counter({"iterations": 1})
        case "exports.json" if "exports" in document:
            exports = document["exports"]
            return Counter({
                "listed models": sum("gap" in export or "model" in export for export in exports),
                "models": sum("model" in export for export in exports),
            })  # fmt: skip
        case _:
            return Counter()


def _erased_item(line: Json, erased: Erased) -> Json | None:
    """The item of a line, if it was erased; a page that could not be had is a line without one."""
    prediction = cast("Json | None", line.get("prediction"))
    item = prediction or cast("Json | None", line.get("image") or line.get("performance"))
    ids = erased.predictions if prediction else erased.images
    return item if item and canonical_id(item["id"]) in ids else None


def _without_tags(value: Any, tags: frozenset[str]) -> Any:
    """The same JSON without what stands for one of these tags in a list: on images, on regions, in results."""
    if not tags:
        return value
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return {
            key: part if key == _WRITTEN_BY_PEOPLE else _without_tags(part, tags)
            for key, part in parts.items()
        }
    if isinstance(value, list):
        return [_without_tags(part, tags) for part in cast("list[Any]", value) if not _stands_for(part, tags)]
    return value


def _stands_for(part: Any, tags: frozenset[str]) -> bool:
    if not isinstance(part, dict):
        return False
    named = cast("dict[str, Any]", part)
    return any(str(named.get(key)).lower() in tags for key in ("tagId", "id"))
