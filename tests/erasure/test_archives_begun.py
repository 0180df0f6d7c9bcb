"""Redactions that were interrupted, and what came between: a hold keeps what is left, and nothing else keeps a bag half
redacted."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from steward.archive import redaction
from steward.archive.errors import ArchiveUnavailable
from steward.ledger.state import CANCEL
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT, Acting
from tests.erasure.archiving import Archiving, archiving_in, image, reasons


@pytest.fixture
def archiving(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> Archiving:
    return archiving_in(monkeypatch, azurite, container, tmp_path)


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A redaction during which the store fails, once the redaction is on record."""

    def fail(archiving: Archiving, request: Acting) -> None:
        def away(*_: object) -> None:
            raise ArchiveUnavailable("away")

        with monkeypatch.context() as patched:
            patched.setattr(redaction, "_change_payload", away)
            with pytest.raises(ArchiveUnavailable):
                archiving.redact(request)

    return fail


def test_a_hiccup_leaves_no_bag_half_redacted_though_something_beside_stays(
    archiving: Archiving, fail: Any
) -> None:
    """The engine tries the activity again, in the same run."""
    request = archiving.erase(1, 2, planned=False)
    archiving.hold(image=image(2))
    archiving.begin(request)
    fail(archiving, request)
    archiving.redact(request)
    assert archiving.naming(1) == []
    assert archiving.naming(2)
    assert archiving.problems() == []
    found = archiving.finish(request)
    assert reasons(found) == f"copies of project {PROJECT} stay: legal holds cover 1 of its images"
    assert [each["request"] for each in found["bags"]] == ["export-0"]


@pytest.mark.parametrize("what", ["image", "tag"])
def test_no_other_erasure_finishes_a_redaction_of_what_is_held_since(
    archiving: Archiving, fail: Any, what: str
) -> None:
    first = archiving.erase(1)
    archiving.begin(first)
    fail(archiving, first)
    archiving.end(first, "failed")
    before = archiving.naming(1)
    # Of tags nobody knows any more which images had them.
    ids = {"image": image(1), "tag": str(uuid.uuid4())}
    archiving.hold(**{what: ids[what]})
    second = archiving.erase(3)
    found = archiving.all_of(second)
    assert archiving.naming(1) == before
    assert image(1) in archiving.copies()
    # Of this one nothing could be taken from that bag either, and that is told.
    assert "export-0" in {each["request"] for each in found["unredacted"]}


def test_what_a_hold_covers_beside_it_keeps_no_bag_half_redacted(archiving: Archiving, fail: Any) -> None:
    first = archiving.erase(1)
    archiving.begin(first)
    fail(archiving, first)
    archiving.end(first, "failed")
    archiving.hold(image=image(4))
    found = archiving.all_of(archiving.erase(3))
    assert archiving.naming(1) == archiving.naming(3) == []
    assert archiving.problems() == []
    assert reasons(found) == ""


def test_a_cancellation_leaves_no_bag_half_redacted(archiving: Archiving, fail: Any) -> None:
    request = archiving.erase(1)
    archiving.begin(request)
    fail(archiving, request)
    request.ledger.append(CANCEL, CANCEL)
    archiving.redact(request)
    assert archiving.naming(1) == []
    assert archiving.problems() == []
    assert "the request was cancelled" in reasons(archiving.finish(request))
    assert image(1) in archiving.copies()


def test_a_hold_that_stopped_it_keeps_what_is_left_though_it_is_lifted_again(
    archiving: Archiving, fail: Any
) -> None:
    request = archiving.erase(1)
    archiving.begin(request)
    fail(archiving, request)
    hold = archiving.hold(image=image(1))
    archiving.redact(request)
    archiving.lift(hold)
    before = archiving.naming(1)
    archiving.redact(request)
    assert archiving.naming(1) == before != []
    found = archiving.finish(request)
    assert "no more copies" in reasons(found)
    assert "its redaction has not ended" in reasons(found)


def test_after_the_end_of_its_request_no_copy_leaves(archiving: Archiving) -> None:
    """What of it is still under way has the account's turn no more."""
    request = archiving.erase(1)
    archiving.begin(request)
    request.ledger.end("failed", reason="was terminated")
    archiving.redact(request)
    found = archiving.finish(request)
    assert archiving.naming(1)
    assert image(1) in archiving.copies()
    assert "no more copies" in reasons(found)
    assert "the request has ended" in reasons(found)
