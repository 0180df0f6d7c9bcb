"""An erase that is not alone: exports, people and other erases at work on the same things. Each outcome is right and explained."""

import json
from typing import Any

import pytest

from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.erasure.erasing import WAIVED, Erasing
from tests.erasure.wardrobe import Wardrobe, changes, wardrobe
from tests.export.exporting import inventory, wait
from tests.export.record import Json
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn


@pytest.fixture
def project(app: Erasing, project: Wardrobe) -> Wardrobe:
    app.emulator.forget_calls()
    return project


def asked(app: Erasing, name: str, scope: Json, **fields: Any) -> Json:
    document = app.waiting(app.ask(scope, account=name, **(fields or WAIVED)))
    assert document["state"] == "waiting-for-approval", document
    return document


def approved(app: Erasing, document: Json) -> Json:
    app.approve(document)
    return app.host.wait(document["id"])


@pytest.mark.prove
def test_an_export_that_came_first_is_whole_and_the_erase_follows(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    """Both want the account: the export is not cut off, and the erase begins when the bag is sealed."""
    erase = asked(app, name, project.whole)
    app.emulator.options(latency_ms=60)
    export = app.host.ask({"account": name, "scope": project.whole})
    wait(lambda: app.host.request(export)["state"], lambda state: state == "running")
    app.approve(erase)
    queued = wait(lambda: app.host.request(erase["id"]), lambda document: document["state"] == "queued")
    assert queued["behind"] == export
    app.emulator.options(latency_ms=0)
    exported, erased = app.host.wait(export), app.host.wait(erase["id"])
    assert (exported["state"], erased["state"]) == ("completed", "completed")
    assert exported["ended"] < erased["ended"]
    assert exported["totals"]["pictures"]["verified"] == 19
    assert verify(ArchiveStore(app.archive.container), name, export, deep=True).problems == []
    assert not project.there()


@pytest.mark.prove
def test_an_export_that_is_asked_for_while_it_erases_shows_what_is_left(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    erase = asked(app, name, project.of_subject)
    asked_for: list[str] = []

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "DeleteImages" and not asked_for:
            asked_for.append(app.host.ask({"account": name, "scope": project.whole}))
            wait(lambda: app.host.request(asked_for[0])["state"], lambda state: state == "queued")
        return pass_on()

    app.service.behave = behave
    app.approve(erase)
    erased = app.host.wait(erase["id"])
    assert erased["state"] == "completed", erased
    (export,) = asked_for
    exported = app.host.wait(export)
    assert exported["state"] == "completed", exported
    assert erased["ended"] <= exported["ended"]
    whole = inventory(app.emulator, app.archive, exported, lambda record: project.id in record.key)
    assert whole.differences == []


@pytest.mark.prove
def test_what_is_uploaded_after_the_plan_stays_and_keeps_its_project(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    erase = asked(app, name, project.whole)
    late = {project.add(project.tags["hat"]), project.add(number=901)}
    document = approved(app, erase)
    assert document["state"] == "incomplete", document
    assert project.images() == late
    certificate = app.certificate(document)
    assert {each["entity"]: each["count"] for each in certificate["readBack"]["newItems"]} == {"images": 2}
    left = {(each["entity"], each["code"], each["count"]) for each in certificate["readBack"]["left"]}
    assert left == {("image tags", "StillCarried", 2), ("projects", "NotTried", 1)}
    assert "incomplete: new items" in document["reason"]
    assert changes(app.emulator).keys().isdisjoint({"DeleteTag", "DeleteProject"})
    assert project.tags["hat"] in project.carried()
    # A new request has a new plan, and that has the rest.
    assert app.erase(project.whole, account=name, **WAIVED)["state"] == "completed"
    assert not project.there()


@pytest.mark.parametrize(
    "moment",
    [
        "DeleteImages",
        *(pytest.param(each, marks=pytest.mark.prove) for each in ("DeleteTag", "DeleteIteration")),
    ],
)
def test_what_is_uploaded_while_it_erases_keeps_its_project(
    app: Erasing, name: str, project: Wardrobe, moment: str
) -> None:
    late: set[str] = set()

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == moment and not late:
            late.add(project.add(number=902))
        return pass_on()

    erase = asked(app, name, project.whole)
    app.service.behave = behave
    document = approved(app, erase)
    assert document["state"] == "incomplete", document
    assert "incomplete: new items" in document["reason"]
    assert project.images() == late


@pytest.mark.prove
def test_of_two_erases_of_the_same_both_end_right(app: Erasing, name: str, project: Wardrobe) -> None:
    """The second finds gone what it had planned, which is what it was asked for."""
    first, second = asked(app, name, project.whole), asked(app, name, project.of_subject)
    app.approve(first)
    app.approve(second)
    documents = [app.host.wait(each["id"]) for each in (first, second)]
    assert [each["state"] for each in documents] == ["completed", "completed"], documents
    assert not project.there()
    erased = {row["entity"]: row["erased"] for row in app.certificate(documents[1])["counts"]}
    assert erased["images"] == 3


@pytest.mark.prove
def test_erases_that_overlap_take_their_parts_and_nothing_more(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    """What another erase took since the plan is gone as it should be, in the same project and beside it."""
    other = wardrobe(project.service, f"Beside {project.id}")
    documents = [
        asked(app, name, scope)
        for scope in (
            other.whole,
            project.selecting(images={"ids": project.hats[:4]}),
            project.selecting(images={"ids": project.hats[2:5]}, iterations=[project.first]),
            project.selecting(predictions={"from": "2000-01-01T00:00:00Z"}),
            project.selecting(iterations=[project.first, project.second]),
        )
    ]
    documents = [approved(app, each) for each in documents]
    assert project.images() == {project.hats[5], *project.shoes}
    assert project.iterations() == set()
    assert not other.there()
    assert [each["state"] for each in documents] == ["completed"] * 5, documents


def test_what_a_person_deletes_beside_an_erase_is_named(app: Erasing, name: str, project: Wardrobe) -> None:
    """Nobody can say that it was not the erase; so the certificate does not."""
    document = asked(app, name, project.of_subject)
    project.delete("/images", imageIds=project.hats[4])
    document = approved(app, document)
    assert document["state"] == "incomplete", document
    assert "Gone though no plan has them: 1 image of project" in document["reason"]


@pytest.mark.prove
def test_a_dry_run_of_days_ago_takes_what_is_left_of_its_plan(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    """People went on working: they deleted some of it, changed whom an image shows, and added another."""
    corrected = project.add(project.tags["hat"], number=903)
    project.mark(corrected, "42")
    planned = app.planned(project.of_subject, account=name)
    assert planned["plan"]["counts"]["images"] == 4
    project.delete("/images", imageIds=project.subject[0])
    project.mark(corrected, "43")
    late = project.add(project.tags["hat"])
    project.mark(late, "42")
    document = asked(app, name, project.of_subject, **app.plan_to_take_up(planned), **WAIVED)
    assert document["plan"]["hash"] == planned["plan"]["hash"]
    document = approved(app, document)
    assert project.images() == {corrected, late, *project.hats[3:], *project.shoes}
    assert document["state"] == "incomplete", document
    read_back = app.certificate(document)["readBack"]
    assert [(each["entity"], each["count"]) for each in read_back["newItems"]] == [("images", 1)]
    assert [(each["code"], each["count"]) for each in read_back["left"]] == [("NoLongerFits", 1)]
    assert read_back["goneBeside"] == []


def test_a_namesake_of_what_went_is_named(app: Erasing, name: str, project: Wardrobe) -> None:
    scope = {"projects": [{"name": f"Wardrobe of {name}"}]}
    planned = asked(app, name, scope)
    project.delete(f"/iterations/{project.second}/publish")
    project.delete("")
    namesake = wardrobe(project.service, f"Wardrobe of {name}")
    document = approved(app, planned)
    assert document["state"] == "incomplete", document
    new = app.certificate(document)["readBack"]["newItems"]
    assert new == [{"entity": "projects", "project": namesake.id, "count": 1}]
    assert namesake.there()
    # It is no part of the plan, so a request of its own is needed for it.
    namesake.delete(f"/iterations/{namesake.second}/publish")
    namesake.delete("")


def test_what_the_service_says_of_persons_stays_with_the_service(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    said = {"code": "BadRequestInvalid", "message": "Iteration of Erika Mustermann is broken"}

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "DeleteImages":
            behave.deleting = True  # pyright: ignore[reportFunctionMemberAccess] - a mark of this test's own
        if call.operation == "GetIterations" and getattr(behave, "deleting", False):
            return Answered(400, {"Content-Type": "application/json"}, json.dumps(said).encode())
        return pass_on()

    planned = asked(app, name, project.of_subject)
    app.service.behave = behave
    document = approved(app, planned)
    assert document["state"] == "incomplete", document
    assert "400 BadRequestInvalid" in document["reason"]
    everything = json.dumps([document, app.certificate(document), app.ledger(document)])
    assert "Mustermann" not in everything
