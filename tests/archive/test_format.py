"""The format that docs/archive-format.md describes is the format that is written."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from steward.archive.bag import SealedBag, Totals
from steward.archive.names import BagNames, page_path
from steward.archive.redaction import Redaction
from steward.archive.store import ArchiveStore
from steward.evidence.bags import export_statement
from steward.evidence.redactions import redaction_statement
from steward.evidence.statement import encode_statement
from tests.archive.exports import Export, Project
from tests.archive.schemas import FOLDER, PLACES, faults_of_bag, validators

DOCUMENT = Path(__file__).parents[2] / "docs" / "archive-format.md"
ID = str(uuid.UUID(int=1))


def test_every_file_of_a_bag_is_as_its_schema_says(store: ArchiveStore) -> None:
    export = Export(store)
    export.write([Project(gone=[1]), Project(tags=[], tagged=[], untagged=[], snapshots=[], predictions=0)])
    export.seal()
    assert faults_of_bag(store, export.bag) == []


def test_a_statement_is_as_its_schema_says() -> None:
    sealed = SealedBag("ab" * 32, Totals(projects=1, payloadFiles=2, payloadBytes=3, gaps=0))
    statement = export_statement(BagNames("default", "export-1"), sealed, {"ledger": {"events": 1}})
    assert list(validators()["statement"].iter_errors(json.loads(encode_statement(statement)))) == []


def test_a_redactions_statement_is_as_its_schema_says() -> None:
    redaction = Redaction(
        "export-1", "erasure-1", "2026-11-25T00:00:00+00:00", "ab" * 32, "cd" * 32, {"tags": 1}
    )
    statement = redaction_statement(BagNames("default", "export-1"), redaction, 1)
    assert list(validators()["redaction"].iter_errors(json.loads(encode_statement(statement)))) == []


FILE = {
    "path": f"data/pictures/{ID}/{ID}.png",
    "blob": f"default/pictures/{ID}/{ID}",
    "sha256": "0" * 64,
    "md5": "0" * 32,
    "length": 1,
    "type": "image/png",
}
GAP = {"code": "PictureGone", "reason": "HTTP 404"}


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ("image-line", {"image": {"id": ID}}),
        ("image-line", {"image": {"id": ID}, "picture": FILE, "gap": GAP}),
        ("image-line", {"image": {"id": ID, "originalImageUri": "https://x/?sig=1"}, "picture": FILE}),
        ("image-line", {"image": {"id": "1"}, "picture": FILE}),
        ("image-line", {"image": {"id": ID}, "picture": {**FILE, "sha256": "0"}}),
        ("tags", {"tags": [{"id": ID}]}),
        ("tags", {"gap": {"code": ""}}),
        ("exports", {"exports": [{"model": FILE}]}),
        ("selection", {"selectors": [{"selector": "#/scope/projects/0/images", "matched": 0}]}),
        ("selection", {"selectors": [{"selector": "#/scope/projects/0/images", "matched": 1, "gap": GAP}]}),
        ("selection", {"selectors": [{"selector": "fez", "matched": 1}]}),
        ("export", {}),
    ],
)
def test_what_is_not_the_format_is_refused(schema: str, document: dict[str, Any]) -> None:
    assert list(validators()[schema].iter_errors(document))


def test_a_file_that_the_format_does_not_know_is_a_fault(store: ArchiveStore) -> None:
    export = Export(store)
    export.document("data/notes.json", {})
    export.lines(page_path(ID, "", "tagged", 0), [{"image": {"id": ID}, "picture": {**FILE, "length": -1}}])
    assert len(faults_of_bag(store, export.bag)) == 2


def test_the_document_names_every_schema_and_shows_valid_examples() -> None:
    text = DOCUMENT.read_text()
    for path in FOLDER.glob("*.json"):
        assert f"schemas/{path.name}" in text
    assert set(PLACES.values()) <= validators().keys()
    examples = text.split("```json ")[1:]
    assert len(examples) >= 5
    for example in examples:
        schema, _, body = example.partition("\n")
        document = json.loads(body.partition("```")[0])
        assert list(validators()[schema].iter_errors(document)) == [], schema
