"""Copies that an erase was to delete and did not, after its bags had lost their names: the next erase deletes them or names them."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive import names
from steward.erasure.archived import archived_projects
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT
from tests.erasure.archiving import DESCRIBED, ITERATION, Archiving, archiving_in, image, reasons

NOTES = f"default/leaving/{PROJECT}/"


@pytest.fixture
def archiving(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> Archiving:
    return archiving_in(monkeypatch, azurite, container, tmp_path)


def test_copies_that_a_hold_kept_go_once_it_is_lifted_and_the_same_is_asked_again(
    archiving: Archiving,
) -> None:
    first = archiving.erase(1)
    archiving.begin(first)
    archiving.redact(first)
    hold = archiving.hold(image=image(1))
    assert "no more copies" in reasons(archiving.finish(first))
    archiving.end(first)
    assert archiving.naming(1) == []
    # The next one can say no more than that a hold may cover it.
    second = archiving.erase(1, planned=False)
    assert "a legal hold may cover what an earlier erase left" in reasons(archiving.all_of(second))
    archiving.end(second)
    archiving.lift(hold)
    assert image(1) in archiving.copies()
    found = archiving.all_of(archiving.erase(1, planned=False))
    assert image(1) not in archiving.copies()
    assert (found["copies"], reasons(found)) == ({"asked": 1, "absent": 1}, "")
    assert not list(archiving.store.list(NOTES))


def test_copies_that_went_with_an_iteration_go_with_the_next_erase(archiving: Archiving) -> None:
    """An erase of something else, of which no bag can be read for a while."""
    first = archiving.erase(iterations=[ITERATION])
    archiving.begin(first)
    archiving.redact(first)
    archiving.end(first, "failed")
    models = f"default/models/{PROJECT}/"
    page = archiving.exports[0].bag.blob(names.page_path(PROJECT, "", "untagged", 0))
    before = archiving.store.read(page)
    archiving.store.write(page, b"{broken\n")
    damaged = archiving.erase(1, planned=False)
    assert "nobody can say whether a bag names it" in reasons(archiving.all_of(damaged))
    assert image(5) in archiving.copies()
    archiving.store.write(page, before)
    assert reasons(archiving.all_of(archiving.erase(1, planned=False))) == ""
    assert archiving.copies() == {image(number) for number in (0, 2, 3, 4)}
    assert not list(archiving.store.list(models))
    assert archiving.problems() == []


def test_copies_that_a_bag_names_or_the_service_has_are_not_due(archiving: Archiving) -> None:
    first = archiving.erase(1)
    archiving.begin(first)
    archiving.end(first, "failed")
    assert reasons(archiving.all_of(archiving.erase(2))) == ""
    assert archiving.copies() == {image(number) for number in (0, 1, 3, 4, 5)}
    again = archiving.erase(1)
    archiving.begin(again)
    archiving.redact(again)
    archiving.end(again, "failed")
    # Somebody has brought it back since.
    assert reasons(archiving.all_of(archiving.erase(3, present=[image(1)]))) == ""
    assert archiving.copies() == {image(number) for number in (0, 1, 4, 5)}


def test_copies_of_a_project_that_no_bag_has_any_more_are_found(archiving: Archiving) -> None:
    first = archiving.erase(whole=True)
    archiving.begin(first)
    archiving.redact(first)
    archiving.end(first, "failed")
    assert archiving.copies()
    assert [each["id"] for each in archived_projects(archiving.store, "default", set())] == [PROJECT]
    assert archived_projects(archiving.store, "default", {DESCRIBED.id}) == []
    assert reasons(archiving.all_of(archiving.erase(whole=True))) == ""
    assert archiving.copies() == set()
    assert archived_projects(archiving.store, "default", set()) == []
