"""Redactions that were begun and have not ended, and bags that lost what says that they were sealed: who may go on, and from
what."""

import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest

from steward.archive import manifest, names, redaction
from steward.archive.erased import Erased
from steward.archive.redaction_copies import delete_shared
from steward.archive.redaction_plan import NotRedacted
from steward.archive.redaction_search import bags_with, is_begun, left_in
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.evidence.keys import EvidenceSigner
from tests.archive.exports import Export, Project, child
from tests.archive.redacting import ERASURE, Selection, redact_bag, sealed, signer_in, unredacted
from tests.archive.test_interruptions import Interrupted


@pytest.fixture
def signer(tmp_path: Path) -> EvidenceSigner:
    return signer_in(tmp_path)


def state(store: ArchiveStore) -> list[tuple[str, str]]:
    return [(blob.name, blob.etag) for blob in store.list("default/")]


def interrupted(
    monkeypatch: pytest.MonkeyPatch, step: str, export: Export, erased: Erased, signer: EvidenceSigner
) -> None:
    """A redaction whose process ends before this step of it."""

    def end(*_: object) -> None:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(redaction, step, end)
        with pytest.raises(Interrupted):
            redact_bag(export.store, export.bag, [erased], signer, "erasure-1")


def test_a_redaction_that_may_not_be_finished_stands_as_it_is_and_is_named(
    store: ArchiveStore, signer: EvidenceSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, beside, export = Project(), Project(name="Gloves"), Export(store)
    sealed(export, [project, beside], signer)
    held = Selection(images={1}).erased(project)
    interrupted(monkeypatch, "_change_payload", export, held, signer)
    before = state(store)
    asked: list[Erased] = []

    def may_finish(begun: list[Erased]) -> bool:
        asked.extend(begun)
        return False

    others = [Selection(images={2}).erased(beside)]
    with pytest.raises(NotRedacted, match="may not be finished"):
        redact_bag(store, export.bag, others, signer, "erasure-2", may_finish=may_finish)
    assert state(store) == before
    assert asked == [held]
    assert is_begun(store, export.bag)
    empty = left_in(store, export.bag, [], erasure="erasure-2")
    assert empty.reason == "its redaction has not ended"
    # Another erasure finishes it, once it may, though it has nothing to take there.
    assert bags_with(store, "default", {str(uuid.uuid4())}) == [export.bag.request]
    assert redact_bag(store, export.bag, [], signer, "erasure-2") is None
    assert unredacted(store, "default", [held]) == {}
    assert verify(store, "default", export.bag.request).problems == []


def test_what_was_staged_and_never_begun_is_cleared_away(
    store: ArchiveStore, signer: EvidenceSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    interrupted(monkeypatch, "write_record", export, Selection(images={1}).erased(project), signer)
    foreign = Erased(str(uuid.uuid4()), whole=True)
    assert list(store.list("default/redactions/"))
    # Nothing has been begun, so nothing is left to end.
    assert not is_begun(store, export.bag)
    assert left_in(store, export.bag, [foreign], erasure="erasure-2").reason == ""
    # Whoever comes next clears it away, whatever it takes.
    assert bags_with(store, "default", {foreign.project}) == [export.bag.request]
    assert redact_bag(store, export.bag, [foreign], signer, "erasure-2") is None
    assert not list(store.list("default/redactions/"))
    assert verify(store, "default", export.bag.request).problems == []


@pytest.mark.parametrize("redacted", [False, True])
def test_a_sealed_bag_that_lost_its_tagmanifest_is_no_leftover_of_an_export(
    store: ArchiveStore, signer: EvidenceSigner, *, redacted: bool
) -> None:
    project, export = Project(), Export(store)
    sealed(export, [project], signer)
    if redacted:
        redact_bag(store, export.bag, [Selection(images={2}).erased(project)], signer, "erasure-0")
        store.delete_many([export.bag.blob(manifest.STATEMENT)])
    store.delete_many([export.bag.blob(manifest.TAGMANIFEST)])
    before = state(store)
    for number in (1, 7):
        erased = [Selection(images={number}).erased(project)]
        with pytest.raises(NotRedacted, match="has lost its tagmanifest"):
            redact_bag(store, export.bag, erased, signer)
        # Named too where its payload has nothing of it: what it held nobody can say any more.
        assert export.bag.request in unredacted(store, "default", erased)
    assert state(store) == before


def test_what_left_with_an_iteration_is_known_though_leftovers_are_half_deleted(
    store: ArchiveStore, signer: EvidenceSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages of the snapshot, of which the first is gone when the second run looks."""
    project, export = Project(snapshots=[[5, 6, 7, 8]]), Export(store)
    export.write([project])
    erased = [Selection(iterations=1).erased(project)]

    def half(self: ArchiveStore, going: Iterable[str]) -> None:
        pages = [name for name in going if "/iterations/" in name and name.endswith("tagged-00000.jsonl")]
        monkeypatch.undo()
        self.delete_many(pages)
        raise Interrupted

    monkeypatch.setattr(ArchiveStore, "delete_many", half)
    with pytest.raises(Interrupted):
        redact_bag(store, export.bag, erased, signer)
    redact_bag(store, export.bag, erased, signer)
    delete_shared(store, "default", erased, erasure=ERASURE)
    pictures = names.pictures_prefix("default", project.id)
    assert {blob.name for blob in store.list(pictures)} == {
        pictures + child(project, "image", number) for number in (0, 1, 2, 3, 4)
    }
