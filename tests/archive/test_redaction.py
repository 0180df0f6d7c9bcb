"""What an erase took is nowhere in the archive afterwards, what it left is as it was, and every bag is valid."""

import json
import re
import tempfile
import uuid
from pathlib import Path
from typing import Any

import bagit
import pytest
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings

from steward.archive import manifest, names
from steward.archive.bag import find_sealed, is_closed
from steward.archive.download import download
from steward.archive.erased import Erased
from steward.archive.names import BagNames
from steward.archive.redaction import redactions_of
from steward.archive.redaction_copies import ask_again, delete_shared
from steward.archive.redaction_plan import NotRedacted
from steward.archive.store import ArchiveStore
from steward.archive.totals import entity_totals
from steward.archive.verify import verify
from steward.evidence.bags import check_bag
from steward.evidence.keys import EvidenceSigner
from tests.archive.exports import DrawnPicture, Export, Project, child, subject
from tests.archive.redacting import ERASURE, Selection, accounts, redact_bag, sealed, signer_in, unredacted
from tests.archive.schemas import faults_of_bag


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> EvidenceSigner:
    return signer_in(tmp_path_factory.mktemp("keys"))


@pytest.mark.prove
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")
@given(described=accounts())
def test_a_redacted_bag_is_the_bag_of_an_account_that_never_had_it(
    store: ArchiveStore, signer: EvidenceSigner, described: list[tuple[Project, Selection]]
) -> None:
    account = f"a-{uuid.uuid4().hex}"
    export = Export(store, account=account)
    before = sealed(export, [project for project, _ in described], signer)
    erased = [selection.erased(project) for project, selection in described]
    twin = Export(store, account=f"b-{uuid.uuid4().hex}")
    twin.write([rest for project, selection in described if (rest := selection.rest(project))])
    twin.seal()

    redaction = redact_bag(store, export.bag, erased, signer)
    delete_shared(store, account, erased, erasure=ERASURE)

    for deep in (False, True):
        found = verify(store, account, export.bag.request, deep=deep)
        assert found.problems == []
    assert check_bag(store, export.bag, found.tagmanifest, [signer.public_key]) == ""
    assert found.tagmanifest == (redaction.new if redaction else before.tagmanifest)
    with tempfile.TemporaryDirectory() as folder:
        download(store, export.bag, Path(folder) / "bag")
        assert bagit.Bag(str(Path(folder) / "bag")).validate()
    assert faults_of_bag(store, export.bag) == []
    assert payload(export) == payload(twin)
    assert summary(export) == summary(twin)
    assert totals(export) == totals(twin)
    assert copies(store, account) == copies(store, twin.bag.account)
    assert unredacted(store, account, erased) == {}
    assert ask_again(store, account, erased, erasure=ERASURE).present == 0
    assert not list(store.list(f"{account}/redactions/"))


def payload(export: Export) -> dict[str, list[bytes]]:
    """Documents by path, and lists by what their pages have in common: what stays of a page stays on it."""
    found: dict[str, list[bytes]] = {}
    for blob in export.store.list(export.bag.blob("data/")):
        path = blob.name.removeprefix(export.bag.prefix)
        stem = names.split_page(path)[0] if path.endswith(".jsonl") else path
        lines = export.store.read_lines(blob.name)
        found.setdefault(stem, []).extend(line.replace(export.bag.account.encode(), b"") for line in lines)
    return {path: lines for path, lines in found.items() if lines}


def summary(export: Export) -> dict[str, Any]:
    """export.json, without how the pages were cut."""
    document = json.loads(export.store.read(export.bag.blob(manifest.EXPORT)))
    document.pop("redactions", None)
    document["account"] = ""
    del document["totals"]["payloadFiles"], document["totals"]["payloadBytes"]
    for project in document["projects"]:
        # Where predictions are none, an export writes no page.
        project["listings"] = [each for each in project["listings"] if each["exported"] or each["counted"]]
    for gap in document["gaps"]:
        gap["path"] = re.sub(r"\d{5}(?=\.jsonl$)", "", gap["path"])
    document["gaps"].sort(key=json.dumps)
    return document


def totals(export: Export) -> dict[str, Any]:
    """What people are told, as far as it tells of anything."""
    found = entity_totals(export.store, export.bag, verified=True)
    return {entity: total for entity, total in found.items() if any(total.values())}


def copies(store: ArchiveStore, account: str) -> set[str]:
    return {
        blob.name.removeprefix(account) for kind in names.SHARED for blob in store.list(f"{account}/{kind}/")
    }


def test_nothing_of_a_person_remains_in_any_bag(
    store: ArchiveStore, container: ContainerClient, signer: EvidenceSigner
) -> None:
    project = Project(gone=[4])
    bags = [Export(store, request=f"export-{number}") for number in range(3)]
    for export in bags[:2]:
        sealed(export, [project], signer)
    # One that failed before it was sealed.
    bags[2].write([project])
    image, prediction = child(project, "image", 1), child(project, "prediction", 0)
    gone = child(project, "image", 4)
    erased = [Erased(project.id, images=frozenset({image, gone}), predictions=frozenset({prediction}))]
    pictures = [DrawnPicture(f"{image} 1".encode()), DrawnPicture(prediction.encode())]
    traces = [subject(image), subject(gone), image, prediction, gone]
    traces += [digest for each in pictures for digest in (each.sha256, each.md5.hex())]
    assert all(found_in(container, trace) for trace in traces)

    assert list(unredacted(store, "default", erased)) == [export.bag.request for export in bags]
    for export in bags:
        assert redact_bag(store, export.bag, erased, signer)
    delete_shared(store, "default", erased, erasure=ERASURE)

    # The list of the deleted copies' names goes with the erasure's work area.
    store.delete_many([blob.name for blob in store.list(BagNames("default", ERASURE).work)])
    assert {trace: found_in(container, trace) for trace in traces} == {trace: [] for trace in traces}
    assert found_in(container, subject(child(project, "image", 0)))
    redacted = [export.bag.request for export in bags if redactions_of(store, export.bag)]
    assert redacted == ["export-0", "export-1"]


def found_in(container: ContainerClient, trace: str) -> list[str]:
    """Blobs that have it in their name, metadata or bytes."""
    return [
        str(blob.name)
        for blob in container.list_blobs(include=["metadata"])
        if trace in f"{blob.name} {blob.metadata}"
        or trace.encode() in container.download_blob(str(blob.name)).readall()
    ]


def test_a_redaction_says_what_left_and_a_second_run_finds_it_done(
    store: ArchiveStore, signer: EvidenceSigner
) -> None:
    project, export = Project(), Export(store)
    before = sealed(export, [project], signer)
    erased = [Selection(images={0, 4}, iterations=1).erased(project)]
    redaction = redact_bag(store, export.bag, erased, signer)
    assert redaction
    assert redaction.old == before.tagmanifest
    assert redaction.removed == {
        "images, tagged": 1, "images, untagged": 1, "snapshot images, tagged": 3, "image performances": 3,
        "iterations": 1, "exported models": 1, "tags": 1,
        # One of them was there only in the snapshot of the iteration.
        "pictures": 3,
    }  # fmt: skip
    found = json.loads(store.read(export.bag.blob(manifest.EXPORT)))
    entry = {"erasure": ERASURE, "at": redaction.at, "old": redaction.old, "removed": redaction.removed}
    assert found["redactions"] == [entry]
    names_before = [(blob.name, blob.etag) for blob in store.list("default/")]
    assert redact_bag(store, export.bag, erased, signer) == redaction
    assert [(blob.name, blob.etag) for blob in store.list("default/")] == names_before
    assert redact_bag(store, export.bag, [Erased(str(uuid.uuid4()), whole=True)], signer, "erasure-2") is None


def test_a_bag_of_which_nothing_is_left_stays_as_an_empty_one(
    store: ArchiveStore, signer: EvidenceSigner
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    erased = [Erased(project.id, whole=True)]
    assert redact_bag(store, export.bag, erased, signer)
    delete_shared(store, "default", erased, erasure=ERASURE)
    bag = find_sealed(store, export.bag)
    assert bag
    assert (bag.totals["projects"], bag.totals["payloadFiles"]) == (0, 1)
    assert verify(store, "default", export.bag.request, deep=True).proved
    assert copies(store, "default") == set()


def test_several_redactions_make_one_line_that_ends_in_the_bag(
    store: ArchiveStore, signer: EvidenceSigner, tmp_path: Path
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    other = signer_in(tmp_path)
    trusted = [signer.public_key, other.public_key]
    first = store.read(export.bag.blob(manifest.TAGMANIFEST))
    redact_bag(store, export.bag, [Selection(images={0}).erased(project)], signer, "erasure-1")
    between = {blob.name: store.read(blob.name) for blob in store.list(export.bag.prefix)}
    redact_bag(store, export.bag, [Selection(images={1}).erased(project)], other, "erasure-2")
    one, two = redactions_of(store, export.bag)
    assert (one.erasure, two.erasure, one.new) == ("erasure-1", "erasure-2", two.old)
    assert check_bag(store, export.bag, two.new, trusted) == ""
    assert "redaction-2.dsse.json: is signed by none" in check_bag(
        store, export.bag, two.new, [signer.public_key]
    )
    # A bag that was put back as it was, from a copy, is not what the line ends in.
    assert "another tagmanifest" in check_bag(store, export.bag, one.new, trusted)
    assert "another tagmanifest" in check_bag(store, export.bag, one.old, trusted)
    # Neither is a line believed that lacks a part.
    middle = export.bag.blob(manifest.redaction_statement(1))
    store.delete_many([middle])
    assert "another tagmanifest" in check_bag(store, export.bag, two.new, trusted)
    store.write(middle, store.read(export.bag.blob(manifest.redaction_statement(2))))
    assert "does not go on from" in check_bag(store, export.bag, two.new, trusted)
    assert first != between[export.bag.blob(manifest.TAGMANIFEST)]


def test_a_redacted_bag_that_was_put_back_whole_is_not_accepted(
    store: ArchiveStore, signer: EvidenceSigner
) -> None:
    project, export = Project(), Export(store)
    first = sealed(export, [project], signer)
    versions = [first.tagmanifest]
    contents: list[dict[str, bytes]] = []
    # An erasure that was started again may redact a bag twice.
    for number in (0, 1):
        contents.append({blob.name: store.read(blob.name) for blob in store.list(export.bag.prefix)})
        redaction = redact_bag(store, export.bag, [Selection(images={number}).erased(project)], signer)
        assert redaction
        versions.append(redaction.new)
    trusted, noted = [signer.public_key], dict.fromkeys(versions[1:], ERASURE)
    assert check_bag(store, export.bag, versions[2], trusted, noted) == ""
    for version in (1, 0):
        store.delete_under(export.bag.prefix)
        for name, data in contents[version].items():
            store.write(name, data)
        assert check_bag(store, export.bag, versions[version], trusted) == ""
        assert f"was redacted by {ERASURE}" in check_bag(store, export.bag, versions[version], trusted, noted)


def test_what_a_late_twin_wrote_over_a_page_goes_and_its_damage_stays_visible(
    store: ArchiveStore, signer: EvidenceSigner
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    path = names.page_path(project.id, "", "tagged", 0)
    export.lines(path, [export.image(project, number, []) for number in (0, 1, 2)])
    beside = names.page_path(project.id, "", "tagged", 7)
    export.lines(beside, [export.image(project, number, []) for number in (1, 3)])
    erased = [Selection(images={1}).erased(project)]
    assert redact_bag(store, export.bag, erased, signer)
    problems = verify(store, "default", export.bag.request).problems
    assert [problem.partition(":")[0] for problem in problems] == [path, beside, manifest.BAG_INFO]
    assert "does not verify" in unredacted(store, "default", erased)[export.bag.request]


@pytest.mark.parametrize("name", [*manifest.PAYLOAD_LISTS, manifest.EXPORT, manifest.TAGMANIFEST])
def test_a_bag_whose_tag_files_are_not_its_own_is_left_to_a_person(
    store: ArchiveStore, signer: EvidenceSigner, name: str
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    store.write(export.bag.blob(name), store.read(export.bag.blob(name)) + b"\n")
    before = [(blob.name, blob.etag) for blob in store.list(export.bag.prefix)]
    erased = [Selection(images={1}).erased(project)]
    with pytest.raises(NotRedacted, match=name):
        redact_bag(store, export.bag, erased, signer)
    assert [(blob.name, blob.etag) for blob in store.list(export.bag.prefix)] == before
    assert export.bag.request in unredacted(store, "default", erased)


@pytest.mark.parametrize("name", [manifest.EXPORT, manifest.MANIFEST_SHA256])
def test_a_sealed_bag_that_lost_a_tag_file_is_named(
    store: ArchiveStore, signer: EvidenceSigner, name: str
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    erased = [Selection(images={1}).erased(project)]
    assert redact_bag(store, export.bag, erased, signer)
    store.delete_many([export.bag.blob(name)])
    assert name in unredacted(store, "default", erased)[export.bag.request]


def test_leftovers_of_a_failed_export_lose_it_and_are_closed(
    store: ArchiveStore, signer: EvidenceSigner
) -> None:
    project, beside, export = Project(), Project(name="Gloves"), Export(store)
    export.write([project, beside])
    kept = {blob.name for blob in store.list(export.bag.blob(names.project_folder(beside.id)))}
    erased = [Selection(images={1}, iterations=1).erased(project)]
    assert list(unredacted(store, "default", erased)) == [export.bag.request]
    assert not is_closed(store, export.bag)
    for _ in range(2):
        redaction = redact_bag(store, export.bag, erased, signer)
        assert redaction
        assert (redaction.old, redaction.new) == ("", "")
        assert is_closed(store, export.bag)
        assert unredacted(store, "default", erased) == {}
        assert not list(store.list(export.bag.work))
    assert kept == {blob.name for blob in store.list(export.bag.blob(names.project_folder(beside.id)))}
    assert redact_bag(store, export.bag, [Erased(str(uuid.uuid4()), whole=True)], signer, "erasure-2") is None


def test_deleted_copies_are_asked_for_again(store: ArchiveStore, signer: EvidenceSigner) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    erased = [Selection(images={1, 5}, predictions=1, iterations=1).erased(project)]
    delete_shared(store, "default", erased, erasure=ERASURE)
    # What a first run deleted a second one still knows.
    delete_shared(store, "default", erased, erasure=ERASURE)
    found = ask_again(store, "default", erased, erasure=ERASURE)
    assert (found.asked, found.present) == (4, 0)
    back = names.pictures_prefix("default", project.id) + child(project, "image", 1)
    store.write(back, b"restored")
    found = ask_again(store, "default", erased, erasure=ERASURE)
    assert (found.asked, found.present, found.names) == (4, 1, [back])


def test_an_id_in_another_spelling_is_refused() -> None:
    image = str(uuid.uuid4())
    with pytest.raises(ValueError, match="lower case"):
        Erased(str(uuid.uuid4()), images=frozenset({image.upper()}))
    with pytest.raises(ValueError, match="UUID"):
        Erased("hats")
