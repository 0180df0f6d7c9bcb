"""Legal holds stop what they cover, whenever they are set; what they kept is named, and nothing but their lifting helps."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.erasure.erasing import WAIVED, Erasing
from tests.erasure.wardrobe import Wardrobe, changes, wardrobe
from tests.export.exporting import wait
from tests.export.record import Json
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn


@contextmanager
def slow(app: Erasing) -> Generator[None]:
    """Answers of the service take their time."""
    app.emulator.options(latency_ms=250)
    try:
        yield
    finally:
        app.emulator.options(latency_ms=0)


def asked(app: Erasing, name: str, scope: Any, **fields: Any) -> Json:
    app.emulator.forget_calls()
    return app.waiting(app.ask(scope, account=name, **WAIVED, **fields))


def assert_held(app: Erasing, document: Json, *holds: str) -> None:
    """Refused by these holds, with nothing changed."""
    assert document["state"] == "refused", document
    assert document["reason"].startswith("legal holds cover")
    assert [hold for hold in holds if hold not in document["reason"]] == []
    assert changes(app.emulator) == {}


type Covers = Callable[[Wardrobe], Any]
type Scope = Callable[[Wardrobe], Any]


COVERING: dict[str, tuple[Covers, Scope]] = {
    "the account": (lambda _: "account", lambda it: it.of_subject),
    "the project": (lambda it: {"project": it.id}, lambda it: it.selecting(predictions={"from": "2000-01-01T00:00:00Z"})),
    "a tag, of a planned image": (lambda it: {"project": it.id, "tag": it.tags["hat"]}, lambda it: it.of_subject),
    "a tag, of the whole project": (lambda it: {"project": it.id, "tag": it.tags["shoe"]}, lambda it: it.whole),
    "a tag, of an image in a snapshot alone": (
        lambda it: {"project": it.id, "tag": it.tags["fez"]},
        lambda it: it.selecting(iterations=[it.first]),
    ),
    "an image": (lambda it: {"project": it.id, "image": it.subject[1].upper()}, lambda it: it.of_subject),
    "an image of the whole project": (lambda it: {"project": it.id, "image": it.shoes[0]}, lambda it: it.whole),
    "an image in a snapshot alone": (
        lambda it: {"project": it.id, "image": it.fezzes[0]},
        lambda it: it.selecting(iterations=["Iteration 1"]),
    ),
    "an image in a derived iteration": (
        lambda it: {"project": it.id, "image": it.shoes[0]},
        lambda it: {**it.of_subject},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", COVERING)
def test_a_hold_refuses_what_it_covers(app: Erasing, name: str, project: Wardrobe, what: str) -> None:
    covers, scope = COVERING[what]
    hold = app.set_hold(name, covers(project))
    derived = "erase" if what == "an image in a derived iteration" else "keep"
    assert_held(app, asked(app, name, scope(project), derivedIterations=derived), hold)


@pytest.mark.prove
def test_a_hold_beside_the_plan_stops_nothing_and_keeps_what_it_names(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    other = wardrobe(project.service, f"Beside {project.id}")
    for covers in (
        {"project": other.id},
        {"project": project.id, "tag": project.tags["shoe"]},
        {"project": project.id, "image": project.hats[3]},
        {"project": other.id, "tag": project.tags["hat"]},
    ):
        app.set_hold(name, covers)
    document = app.erase(project.of_subject, account=name, **WAIVED)
    assert document["state"] == "completed", document
    assert project.images() == {*project.hats[3:], *project.shoes}
    # Of a scope of two projects none goes where one is held.
    both = {"projects": [{"id": project.id}, {"id": other.id}]}
    assert_held(app, asked(app, name, both))


@pytest.mark.prove
def test_a_hold_that_comes_before_the_approval_counts(app: Erasing, name: str, project: Wardrobe) -> None:
    document = asked(app, name, project.of_subject)
    assert document["state"] == "waiting-for-approval", document
    hold = app.set_hold(name, {"project": project.id, "image": project.subject[0]})
    app.approve(document)
    assert_held(app, app.host.wait(document["id"]), hold)
    # Lifted again, the same words are carried out.
    lifted = app.host.call("POST", f"/api/holds/{hold}/lift", {"reason": "case 7 is closed"})
    assert lifted.status_code == 200, lifted.text
    assert app.erase(project.of_subject, account=name, **WAIVED)["state"] == "completed"


@pytest.mark.prove
def test_a_hold_that_comes_while_the_request_is_queued_counts(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    """Approved long ago, it waits for the account's turn; a person has time to think again."""
    document = asked(app, name, project.whole)
    with slow(app):
        export = app.host.ask({"account": name, "scope": "account"})
        wait(lambda: app.host.request(export)["state"], lambda state: state == "running")
        app.approve(document)
        wait(lambda: app.host.request(document["id"])["state"], lambda state: state == "queued")
        hold = app.set_hold(name, "account")
    app.host.wait(export)
    assert_held(app, app.host.wait(document["id"]), hold)


def test_a_hold_that_comes_while_it_erases_stops_it_before_the_next_batch(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "DeletePrediction":
            app.set_hold(name, {"project": project.id, "image": project.shoes[0]})
        return pass_on()

    document = asked(app, name, project.whole)
    app.service.behave = behave
    app.approve(document)
    document = app.host.wait(document["id"])
    assert document["state"] == "incomplete", document
    assert changes(app.emulator) == {"DeletePrediction": 1}
    rows = {row["entity"]: row for row in app.certificate(document)["counts"]}
    assert (rows["stored predictions"]["erased"], rows["stored predictions"]["left"]) == (3, 0)
    kept = {entity: row["left"] for entity, row in rows.items() if row["left"]}
    assert kept == {"published iterations": 1, "images": 16, "image tags": 3, "iterations": 2, "projects": 1}
    left = app.certificate(document)["readBack"]["left"]
    assert {each["entity"] for each in left if each["code"] == "Held"} == kept.keys() - {
        "image tags",
        "projects",
    }
    assert project.images() == {*project.hats, *project.shoes}


def test_an_image_that_has_a_held_tag_by_now_stays(app: Erasing, name: str, project: Wardrobe) -> None:
    """It was planned without the tag, so no hold covered it then."""
    app.set_hold(name, {"project": project.id, "tag": project.tags["shoe"]})
    document = asked(app, name, project.of_subject)
    assert document["state"] == "waiting-for-approval", document
    late = {"tags": [{"imageId": project.subject[0], "tagId": project.tags["shoe"]}]}
    project.service.answer("POST", f"/projects/{project.id}/images/tags", json=late)
    app.approve(document)
    document = app.host.wait(document["id"])
    assert document["state"] == "incomplete", document
    assert project.images() == {project.subject[0], *project.hats[3:], *project.shoes}
    (left,) = app.certificate(document)["readBack"]["left"]
    assert (left["entity"], left["code"], left["count"]) == ("images", "Held", 1)


def test_a_log_of_holds_that_is_broken_stops_everything(app: Erasing, name: str, project: Wardrobe) -> None:
    waiting = asked(app, name, project.of_subject)
    hold = app.set_hold(name, {"project": "0a000000-0000-4000-8000-000000000001"})
    app.archive.container.get_blob_client(f"{name}/holds/ledger.jsonl").append_block(b"{}\n")
    app.approve(waiting)
    for document in (
        app.host.wait(waiting["id"]),
        asked(app, name, project.of_subject),
        asked(app, name, project.of_subject, archives="erase"),
    ):
        assert document["state"] == "refused", document
        assert "cannot be believed" in document["reason"]
    assert changes(app.emulator) == {}
    assert app.host.call("POST", f"/api/holds/{hold}/lift", {"reason": "x"}).status_code == 500


@pytest.mark.prove
def test_a_log_of_holds_that_breaks_while_it_erases_stops_it(
    app: Erasing, name: str, project: Wardrobe
) -> None:
    app.set_hold(name, {"project": "0a000000-0000-4000-8000-000000000001"})

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "DeletePrediction":
            app.archive.container.get_blob_client(f"{name}/holds/ledger.jsonl").append_block(b"{}\n")
        return pass_on()

    document = asked(app, name, project.whole)
    app.service.behave = behave
    app.approve(document)
    document = app.host.wait(document["id"])
    assert document["state"] == "incomplete", document
    assert changes(app.emulator) == {"DeletePrediction": 1}
    assert "Held" in document["reason"]
    assert len(project.images()) == 11
