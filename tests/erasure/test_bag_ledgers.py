"""The ledgers of exports know of copies that left the archive, and how their bags were redacted."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive import manifest
from steward.archive.erased import Erased
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.erasure.bag_ledgers import downloads_of, note_redactions, noted_redactions
from steward.ledger.ledger import Ledger
from steward.ledger.state import REDACTED
from tests.archive.exports import Export, Project, child
from tests.archive.redacting import redact_bag, sealed, signer_in
from tests.conftest import Azurite
from tests.erasure.archiving import archiving_in


def test_downloads_of_affected_bags_are_told_and_redactions_are_noted_once(
    container: ContainerClient, tmp_path: Path
) -> None:
    store, project, signer = ArchiveStore(container), Project(), signer_in(tmp_path)
    export = Export(store)
    before = sealed(export, [project], signer)
    ledger = Ledger(container, "default", export.bag.request)
    ledger.create("export", {"purpose": "backup"})
    ledger.append("downloaded", "downloaded-1", {"tagmanifest": before.tagmanifest})
    ledger.end("completed")
    erased = [Erased(project.id, images=frozenset({child(project, "image", 1)}))]
    redaction = redact_bag(store, export.bag, erased, signer)
    assert redaction
    for _ in range(2):
        note_redactions(container, export.bag)
    # Made of the bag as it is now.
    ledger.append("downloaded", "downloaded-2", {"tagmanifest": redaction.new})

    noted = [event for event in ledger.read() if event.type == REDACTED]
    assert [event.data for event in noted] == [
        {"erasure": redaction.erasure, "old": before.tagmanifest, "new": redaction.new}
    ]
    found, unknown = downloads_of(
        container, "default", [export.bag.request, "export-9"], without={redaction.new}
    )
    assert unknown == []
    assert [(each["request"], each["tagmanifest"]) for each in found] == [
        (export.bag.request, before.tagmanifest)
    ]
    # A bag whose request has no ledger here.
    beside = Export(store, request="export-2")
    sealed(beside, [project], signer)
    note_redactions(container, beside.bag)


def test_a_ledger_that_cannot_be_believed_keeps_nothing_from_the_other_bags(
    container: ContainerClient, tmp_path: Path
) -> None:
    store, project, signer = ArchiveStore(container), Project(), signer_in(tmp_path)
    broken, whole = Export(store), Export(store, request="export-2")
    for export in (broken, whole):
        bag = sealed(export, [project], signer)
        ledger = Ledger(container, "default", export.bag.request)
        ledger.create("export", {"purpose": "backup"})
        ledger.append("downloaded", "downloaded-1", {"tagmanifest": bag.tagmanifest})
    container.get_blob_client(f"default/requests/{broken.bag.request}/ledger.jsonl").append_block(
        b"cut short"
    )
    erased = [Erased(project.id, images=frozenset({child(project, "image", 1)}))]
    for export in (broken, whole):
        assert redact_bag(store, export.bag, erased, signer)
        note_redactions(container, export.bag)
    found, unknown = downloads_of(container, "default", [broken.bag.request, whole.bag.request])
    assert [each["request"] for each in found] == [whole.bag.request]
    assert unknown == [broken.bag.request]


def test_every_redaction_of_an_erasure_that_was_started_again_is_noted(
    container: ContainerClient, tmp_path: Path
) -> None:
    store, project, signer = ArchiveStore(container), Project(), signer_in(tmp_path)
    export = Export(store)
    sealed(export, [project], signer)
    ledger = Ledger(container, "default", export.bag.request)
    ledger.create("export", {"purpose": "backup"})
    expected: dict[str, str] = {}
    for number in (0, 1):
        erased = Erased(project.id, images=frozenset({child(project, "image", number)}))
        redaction = redact_bag(store, export.bag, [erased], signer)
        assert redaction
        expected[redaction.new] = redaction.erasure
        note_redactions(container, export.bag)
    assert noted_redactions(ledger.read()) == expected


def test_bags_that_are_not_as_they_should_be_are_named_and_the_rest_goes(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> None:
    archiving = archiving_in(monkeypatch, azurite, container, tmp_path, bags=3)
    broken, damaged, whole = (export.bag.request for export in archiving.exports)
    Ledger(container, "default", broken).create("export", {"purpose": "backup"})
    container.get_blob_client(f"default/requests/{broken}/ledger.jsonl").append_block(b"cut short")
    archiving.store.delete_many([BagNames("default", damaged).blob(manifest.EXPORT)])
    found = archiving.all_of(archiving.erase(1))
    assert {each["request"] for each in found["bags"]} == {broken, whole}
    assert found["unknownDownloads"] == [broken]
    assert [each["request"] for each in found["unredacted"]] == [damaged]
    assert all(name.startswith(f"default/exports/{damaged}/") for name in archiving.naming(1))
