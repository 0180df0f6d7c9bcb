"""Copies that must not leave the archives, or not yet: what is held, what nobody proved to be gone, what cannot be read."""

import json
from datetime import datetime
from threading import Thread
from typing import Any

import pytest

from tests.erasure.erasing import Erasing
from tests.erasure.wardrobe import Wardrobe
from tests.export.exporting import wait
from tests.export.record import Json
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn, honest

EMULATOR = ("--delete-seconds", "0.1")


@pytest.fixture
def project(app: Erasing, name: str, project: Wardrobe) -> Wardrobe:
    """With a bag of it in the archive."""
    assert app.host.export({"account": name, "scope": project.whole})["state"] == "completed"
    return project


def naming(app: Erasing, name: str, image: str) -> set[str]:
    """Blobs of bags and of what they share that name an image or hold its picture."""
    return {
        blob.name
        for kind in ("exports", "pictures")
        for blob in app.archive.container.list_blobs(name_starts_with=f"{name}/{kind}/")
        if image in blob.name or image.encode() in app.archive.container.download_blob(blob.name).readall()
    }


def unredacted(app: Erasing, document: Json) -> str:
    """What the certificate of an incomplete erase says of copies that stay."""
    assert document["state"] == "incomplete", document
    certificate = app.certificate(document)
    assert certificate["verdicts"]["archives"]["verdict"] == "incomplete"
    return " ".join(each["reason"] for each in certificate["archives"]["unredacted"])


def once_decided(app: Erasing, document: Json, what: Any) -> Thread:
    """Do it as soon as what leaves the archives is on record."""
    folder = f"{document['account']}/plans/{document['id']}/archives/"

    def do() -> None:
        wait(
            lambda: list(app.archive.container.list_blob_names(name_starts_with=folder)),
            lambda names: any(name.endswith("/leaving.json") for name in names),
            120,
        )
        what()

    thread = Thread(target=do)
    thread.start()
    return thread


def forbidden() -> Answered:
    return Answered(
        403, {"Content-Type": "application/json"}, b'{"code": "Forbidden", "message": "not for you"}'
    )


@pytest.mark.prove
def test_what_a_hold_kept_is_named_though_it_is_lifted_meanwhile(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    document = app.waiting(app.ask(project.of_subject, account=name, archives="erase"))
    holds: list[str] = []

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "GetProjects" and not holds:
            holds.append(app.set_hold(name, {"project": project.id}))
        return pass_on()

    app.service.behave = behave
    app.approve(document)
    thread = once_decided(app, document, lambda: app.lift_hold(holds[0]))
    document = app.host.wait(document["id"])
    thread.join()
    assert not project.images() & set(project.subject)
    assert f"copies of project {project.id} stay: a legal hold covers" in unredacted(app, document)
    assert naming(app, name, project.subject[0])


@pytest.mark.prove
def test_a_hold_that_is_set_while_bags_are_redacted_keeps_what_is_left(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    held = project.subject[0]
    document = app.waiting(app.ask(project.of_subject, account=name, archives="erase"))
    app.approve(document)
    thread = once_decided(app, document, lambda: app.set_hold(name, {"project": project.id, "image": held}))
    document = app.host.wait(document["id"])
    thread.join()
    assert f"no more copies of project {project.id} leave: a legal hold covers" in unredacted(app, document)
    assert f"{name}/pictures/{project.id}/{held}" in naming(app, name, held)


@pytest.mark.prove
def test_an_iteration_takes_no_held_image_along_that_bags_alone_have(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    held = project.fezzes[0]
    project.delete("/images", imageIds=held, allIterations="true")
    fez = {"iterationId": project.first, "imageIds": held}
    path = f"/projects/{project.id}/images/id"
    wait(lambda: project.service.answer("GET", path, params=fez), lambda found: not found)
    before = naming(app, name, held)
    image = app.set_hold(name, {"project": project.id, "image": held})
    scope = project.selecting(iterations=[project.first])
    document = app.erase(scope, account=name, archives="erase")
    assert project.first not in project.iterations()
    assert "a legal hold covers" in unredacted(app, document)
    assert naming(app, name, held) == before
    # Once nothing holds it, the same words take the rest.
    app.lift_hold(image)
    assert app.erase(scope, account=name, archives="erase")["state"] == "completed"
    assert naming(app, name, held) == set()


def test_nothing_leaves_by_a_read_back_that_is_contradicted(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    before = naming(app, name, project.hats[3])
    erasing = False

    def behave(call: Call, pass_on: PassOn) -> Answered:
        nonlocal erasing
        erasing = erasing or call.operation == "DeleteImages"
        if call.operation == "DeleteImages":
            return forbidden()
        if erasing and call.operation == "GetProject":
            return Answered(
                404, {"Content-Type": "application/json"}, b'{"code": "NotFoundProject", "message": ""}'
            )
        return pass_on()

    document = app.waiting(app.ask(project.whole, account=name, archives="erase"))
    app.service.behave = behave
    app.approve(document)
    document = app.host.wait(document["id"])
    app.service.behave = honest
    assert project.hats[3] in project.images()
    assert "the account still lists the project" in unredacted(app, document)
    assert naming(app, name, project.hats[3]) == before


@pytest.mark.parametrize("there", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_nothing_leaves_by_a_read_back_that_could_not_be_finished(
    app: Erasing, name: str, project: Wardrobe, *, there: bool
) -> None:
    """Images cannot be asked for by their ids; and, where they are still `there`, the lists leave them out."""
    before = naming(app, name, project.subject[0])
    deleting = False

    def behave(call: Call, pass_on: PassOn) -> Answered:
        nonlocal deleting
        deleting = deleting or call.operation == "DeleteImages"
        if deleting and (call.operation == "GetImagesByIds" or (there and call.operation == "DeleteImages")):
            return forbidden()
        if deleting and there and call.operation == "GetTaggedImages":
            answer = pass_on()
            images = [each for each in json.loads(answer.body) if each["id"] not in project.subject]
            return Answered(answer.status, {"Content-Type": "application/json"}, json.dumps(images).encode())
        return pass_on()

    document = app.waiting(app.ask(project.of_subject, account=name, archives="erase"))
    app.service.behave = behave
    app.approve(document)
    document = app.host.wait(document["id"])
    app.service.behave = honest
    assert bool(set(project.subject) & project.images()) == there
    assert "its read back could not be finished" in unredacted(app, document)
    assert naming(app, name, project.subject[0]) == before


@pytest.mark.prove
def test_a_damaged_bag_is_named_and_the_others_are_redacted(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    container = app.archive.container
    damaged = app.host.export({"account": name, "scope": project.whole})
    bag = f"{name}/exports/{damaged['id']}/data/projects/{project.id}/"
    page = next(each for each in container.list_blob_names(name_starts_with=bag) if "/images/tagged" in each)
    for blob in (page, f"{bag}project.json"):
        client = container.get_blob_client(blob)
        client.upload_blob(b"{broken\n", overwrite=True, metadata=client.get_blob_properties().metadata)
    document = app.erase(project.of_subject, account=name, archives="erase")
    assert not project.images() & set(project.subject)
    assert "cannot be read" in unredacted(app, document)
    archives = app.certificate(document)["archives"]
    assert {each["request"] for each in archives["unredacted"]} == {damaged["id"]}
    assert damaged["id"] not in {each["request"] for each in archives["bags"]} != set()
    assert {each for each in naming(app, name, project.subject[0]) if damaged["id"] not in each} == set()
    # Nor does it hide a project that the service has lost, from whoever names it by its id.
    project.delete(f"/iterations/{project.second}/publish")
    project.delete("")
    lost = app.erase(project.whole, account=name, archives="erase")
    assert "it does not verify" in unredacted(app, lost)
    assert naming(app, name, project.hats[3]) == set()


@pytest.mark.prove
def test_a_host_that_begins_again_looks_anew(app: Erasing, name: str, project: Wardrobe) -> None:
    """What the service refused to delete in the first run goes in the second, from the archives too."""
    document = app.waiting(app.ask(project.of_subject, account=name, archives="erase"))
    refuse = True

    def behave(call: Call, pass_on: PassOn) -> Answered:
        return forbidden() if refuse and call.operation == "DeleteImages" else pass_on()

    app.service.behave = behave
    app.approve(document)
    once_decided(app, document, app.host.program.kill).join()
    refuse = False
    app.host.start()
    document = app.host.wait(document["id"], 150)
    assert document["state"] == "completed", document
    assert naming(app, name, project.subject[0]) == set()
    # The certificate tells when the run that counts had deleted, not the one before it.
    first = next(each["at"] for each in app.ledger(document) if each["data"].get("phase") == "read-back")
    ended = app.certificate(document)["times"]["ended"]
    assert datetime.fromisoformat(first) < datetime.fromisoformat(ended)
