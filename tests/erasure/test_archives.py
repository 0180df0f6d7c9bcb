"""Our own copies: what an erasure takes out of every bag, and what it must leave there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.conftest import Azurite
from tests.erasure.erasing import Erasing, erasing
from tests.export.exporting import wait
from tests.export.record import Json
from tests.export.service_side import training_client

PERSON = {"metadata": {"subject": "42"}}


@pytest.fixture
def app(azurite: Azurite, tmp_path: Path) -> Iterator[Erasing]:
    """The small seed, in which person 42 has images in every project."""
    with erasing(azurite, tmp_path) as running:
        yield running


def _person_of(app: Erasing, place: int) -> tuple[Any, set[str]]:
    """A project, and the ids of the person's images in its workspace."""
    client = training_client(app.emulator.endpoint, app.emulator.key)
    project = client.get_projects()[place]
    images = client.get_images(project.id, take=256)
    return project, {image.id for image in images if (image.metadata or {}).get("subject") == "42"}


def _naming(app: Erasing, ids: set[str]) -> set[str]:
    """Blobs of bags and of what they share that name or hold any of these, by their text and by their names."""
    found: set[str] = set()
    for kind in ("exports", "pictures", "redactions", "leaving", "work"):
        for blob in app.archive.container.list_blobs(name_starts_with=f"default/{kind}/"):
            data = app.archive.container.download_blob(blob.name).readall()
            if any(each in blob.name or each.encode() in data for each in ids):
                found.add(blob.name)
    return found


def _proved(app: Erasing, *documents: Json) -> None:
    store = ArchiveStore(app.archive.container)
    for document in documents:
        assert verify(store, "default", document["id"], deep=True).problems == []


@pytest.mark.prove
def test_a_person_leaves_every_bag_and_each_is_valid_again(app: Erasing) -> None:
    first, second = app.host.export(), app.host.export()
    project, ids = _person_of(app, 0)
    assert len(ids) > 3
    assert _naming(app, ids)
    scope = {"projects": [{"id": project.id, "images": PERSON}]}
    document = app.erase(scope, purpose="data-subject")
    assert document["state"] == "completed", document
    archives = app.certificate(document)["archives"]
    assert {bag["request"] for bag in archives["bags"]} == {first["id"], second["id"]}
    assert archives["copies"]["asked"] == archives["copies"]["absent"] >= len(ids)
    assert _naming(app, ids) == set()
    _proved(app, first, second)
    # Person 42 of the other projects was not asked for.
    _, others = _person_of(app, 1)
    assert others
    assert _naming(app, others)
    assert app.host.export()["state"] == "completed"


@pytest.mark.prove
def test_what_only_the_archives_still_have_goes_too(app: Erasing) -> None:
    export = app.host.export()
    project, ids = _person_of(app, 0)
    client = training_client(app.emulator.endpoint, app.emulator.key)
    # By hand, long before anybody asked: the service has none of the person any more.
    client.delete_images(project.id, image_ids=sorted(ids), all_iterations=True)
    _settled(app, project.id, ids)
    scope = {"projects": [{"id": project.id, "images": PERSON}]}
    document = app.erase(scope, purpose="data-subject")
    assert document["state"] == "completed", document
    assert app.certificate(document)["planned"]["images"] == 0
    assert _naming(app, ids) == set()
    _proved(app, export)


@pytest.mark.prove
def test_a_project_that_the_service_has_lost_leaves_the_archives(app: Erasing) -> None:
    export = app.host.export()
    project, _ = _person_of(app, 0)
    client = training_client(app.emulator.endpoint, app.emulator.key)
    for iteration in client.get_iterations(project.id):
        if iteration.publish_name:
            client.unpublish_iteration(project.id, iteration.id)
    client.delete_project(project.id)
    scope = {"projects": [{"name": project.name}]}
    kept = app.host.wait(app.ask(scope, archives="keep", waiveExport={"reason": "a test"}))
    assert (kept["state"], kept["reason"]) == (
        "refused",
        "#/scope/projects/0: account default has no such project",
    )
    document = app.erase(scope, archives="erase")
    assert document["state"] == "completed", document
    # The account's own information counts what each project had, by its id.
    left = {name for name in _naming(app, {project.id}) if not name.endswith("/data/account.json")}
    assert left == set()
    _proved(app, export)


@pytest.mark.prove
def test_a_hold_keeps_the_copies_in_the_archives(app: Erasing) -> None:
    export = app.host.export()
    project, ids = _person_of(app, 0)
    client = training_client(app.emulator.endpoint, app.emulator.key)
    client.delete_images(project.id, image_ids=sorted(ids), all_iterations=True)
    _settled(app, project.id, ids)
    held, *others = sorted(ids)
    hold = {"covers": {"project": project.id, "image": held}, "reason": "a court asks for it"}
    assert app.host.call("POST", "/api/holds", hold).status_code == 201
    document = app.erase({"projects": [{"id": project.id, "images": PERSON}]}, purpose="data-subject")
    # The scope gives it and it stays, so this is not called complete.
    assert document["state"] == "incomplete", document
    (stays,) = app.certificate(document)["archives"]["unredacted"]
    assert stays["reason"] == f"copies of project {project.id} stay: legal holds cover 1 of its images"
    assert _naming(app, {held})
    assert _naming(app, set(others)) == set()
    _proved(app, export)


def _settled(app: Erasing, project: str, ids: set[str]) -> None:
    client = training_client(app.emulator.endpoint, app.emulator.key)

    def left() -> int:
        places = [None, *(each.id for each in client.get_iterations(project))]
        return sum(
            len(client.get_images_by_ids(project, image_ids=sorted(ids), iteration_id=place))
            for place in places
        )

    wait(left, lambda count: count == 0)
