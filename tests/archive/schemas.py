"""The published JSON Schemas, applied to a bag as it stands in the store."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import steward.archive
from steward.archive import manifest
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore

FOLDER = Path(steward.archive.__file__).parent / "schemas"
PLACES = {
    r"export\.json": "export",
    r"data/account\.json": "account",
    r"data/projects/[^/]+/project\.json": "project",
    r"data/projects/[^/]+/iterations\.json": "iterations",
    r"data/projects/[^/]+/selection\.json": "selection",
    r"data/projects/[^/]+/(iterations/[^/]+/)?tags\.json": "tags",
    r"data/projects/[^/]+/iterations/[^/]+/iteration\.json": "iteration",
    r"data/projects/[^/]+/iterations/[^/]+/performance\.json": "performance",
    r"data/projects/[^/]+/iterations/[^/]+/exports\.json": "exports",
    r"data/projects/[^/]+/(iterations/[^/]+/)?images/(tagged|untagged)-\d{5}\.jsonl": "image-line",
    r"data/projects/[^/]+/iterations/[^/]+/image-performance-\d{5}\.jsonl": "image-performance-line",
    r"data/projects/[^/]+/predictions/\d{5}\.jsonl": "prediction-line",
}


def validators() -> dict[str, Draft202012Validator]:
    """By the schema's name."""
    schemas: dict[str, Any] = {
        path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
    }
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()]
    registry = Registry[Any]().with_resources(resources)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {name: Draft202012Validator(schema, registry=registry) for name, schema in schemas.items()}


def faults_of_bag(store: ArchiveStore, bag: BagNames) -> list[str]:
    """What of a bag is not as the schemas say; a payload file that has no schema is a fault as well."""
    return list(_faults(store, bag, validators()))


def _faults(store: ArchiveStore, bag: BagNames, known: dict[str, Draft202012Validator]) -> Iterator[str]:
    for blob in store.list(bag.prefix):
        path = blob.name.removeprefix(bag.prefix)
        if not path.startswith("data/") and path != manifest.EXPORT:
            continue
        schema = next((name for place, name in PLACES.items() if re.fullmatch(place, path)), None)
        if schema is None:
            yield f"{path}: no schema is for it"
            continue
        texts = store.read_lines(blob.name) if path.endswith(".jsonl") else [store.read(blob.name)]
        for number, text in enumerate(texts, 1):
            for error in known[schema].iter_errors(json.loads(text)):
                yield f"{path}: {number}: {error.json_path}: {error.message[:200]}"
