"""What people decide, carried out: approved, rejected, cancelled before and while it erases, and nobody saying anything."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, changes, service_of, wardrobe
from tests.export.exporting import Host, new_archive, settings, wait
from tests.export.record import Json
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn, honest

ANN, BOB = ({"X-MS-CLIENT-PRINCIPAL-NAME": f"{name}@example.org"} for name in ("ann", "bob"))
VERIFIED = {"WEBSITE_AUTH_ENABLED": "True"}


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erasing]:
    """The platform verifies callers."""
    folder = tmp_path_factory.mktemp("decisions")
    with erasing(azurite, folder, "--train-seconds", "0", seed="none", values=VERIFIED) as running:
        yield running


@pytest.fixture
def project(app: Erasing) -> Iterator[Wardrobe]:
    planted = wardrobe(service_of(app.emulator))
    app.emulator.forget_calls()
    yield planted
    app.service.behave = honest


def decide(app: Erasing, request: str, decision: str, body: Any = None, **who: str) -> requests.Response:
    return app.host.call("POST", f"/api/requests/{request}/{decision}", body, **who)


def post(app: Erasing, scope: Any, **who: str) -> requests.Response:
    body = {"purpose": "off-boarding", "scope": scope, "dryRun": False, **WAIVED}
    return app.host.call("POST", "/api/erasures", body, **who)


def asked_by(app: Erasing, scope: Any, **who: str) -> Json:
    """A real erase that waits for its approval; Ann's, where nobody else is named."""
    answer = post(app, scope, **(who or ANN))
    assert answer.status_code == 202, answer.text
    document = app.waiting(answer.json()["id"])
    assert document["state"] == "waiting-for-approval", document
    return document


def approve(app: Erasing, document: Json) -> None:
    answer = decide(app, document["id"], "approve", {"planHash": document["plan"]["hash"]}, **BOB)
    assert answer.status_code == 200, answer.text


def refused(answer: requests.Response, status: int, said: str = "") -> Json:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert said in answer.json()["detail"]
    return answer.json()


HASH = "a" * 64
WRONG: list[tuple[str, Any, str]] = [
    ("approve", {}, "#/planHash"),
    ("approve", {"planHash": None}, "#/planHash"),
    ("approve", {"planHash": HASH.upper()}, "#/planHash"),
    ("approve", {"planHash": f"{HASH}\n"}, "#/planHash"),
    ("approve", {"planHash": HASH, "by": "Bob"}, "#/by"),
    ("approve", [HASH], "#"),
    ("reject", {"reason": "no"}, "#/planHash"),
    ("reject", {"planHash": HASH, "reason": ""}, "#/reason"),
    ("reject", {"planHash": HASH, "reason": 7}, "#/reason"),
    ("cancel", {"reason": "no"}, "#/reason"),
    ("cancel", [], "#"),
]


def test_a_wrong_word_decides_nothing(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.of_subject)
    for decision, body, pointer in WRONG:
        answer = refused(decide(app, document["id"], decision, body), 400)
        assert pointer in {each["pointer"] for each in answer["errors"]}, (decision, body)
    for decision in ("approve", "reject"):
        refused(decide(app, document["id"], decision), 400)
        refused(decide(app, document["id"], decision, {"planHash": HASH}), 409, "#/planHash")
    assert app.host.request(document["id"])["state"] == "waiting-for-approval"
    assert "decision" not in app.host.request(document["id"])
    assert app.host.call("GET", f"/api/requests/{document['id']}/approve").status_code == 404
    assert changes(app.emulator) == {}


def test_who_asked_for_it_cannot_approve_it_and_another_can(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.of_subject, **ANN)
    plan = {"planHash": document["plan"]["hash"]}
    # What the approval is of, beside what the plan counts.
    assert (document["plan"]["archives"], document["guard"]) == ("keep", {"waived": True})
    assert document["plan"]["derivedIterations"] == {"choice": "keep", "count": 2}
    refused(decide(app, document["id"], "approve", plan, **ANN), 403)
    # A key alone says of nobody that he is another one, neither here nor where it is asked for.
    refused(decide(app, document["id"], "approve", plan), 403, "sign in")
    refused(post(app, project.of_subject), 403, "sign in")
    refused(
        decide(app, document["id"], "approve", plan, **{"X-MS-CLIENT-PRINCIPAL-NAME": "ANN@Example.org"}), 403
    )
    assert decide(app, document["id"], "approve", plan, **BOB).status_code == 200
    # Once more is no second decision, whoever says it; another one comes too late.
    again = decide(app, document["id"], "approve", plan, **ANN)
    assert again.json()["decision"]["by"] == {"name": "bob@example.org", "verified": True}
    refused(decide(app, document["id"], "reject", plan, **BOB), 409, "approved already")
    document = app.host.wait(document["id"])
    assert document["state"] == "completed", document
    certificate = app.certificate(document)
    assert certificate["asked"]["by"] == {"name": "ann@example.org", "verified": True}
    assert certificate["approved"]["by"] == {"name": "bob@example.org", "verified": True}
    for decision in ("reject", "cancel"):
        refused(decide(app, document["id"], decision, plan if decision == "reject" else {}, **BOB), 409)
    assert project.images() == {*project.hats[3:], *project.shoes}


def test_what_is_rejected_ends_with_its_reason(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.whole, **ANN)
    plan = {"planHash": document["plan"]["hash"]}
    # Whoever asked may think better of it.
    assert decide(app, document["id"], "reject", {**plan, "reason": "wrong one"}, **ANN).status_code == 200
    document = app.host.wait(document["id"])
    assert (document["state"], document["reason"]) == ("rejected", "wrong one")
    assert decide(app, document["id"], "reject", plan, **BOB).json()["state"] == "rejected"
    refused(decide(app, document["id"], "approve", plan, **BOB), 409, "rejected already")
    refused(decide(app, document["id"], "cancel"), 409, "has ended: rejected")
    assert "certificate" not in document
    assert changes(app.emulator) == {}


def test_only_an_erasure_that_waits_is_decided_about(app: Erasing, project: Wardrobe) -> None:
    plan = {"planHash": HASH}
    export = app.host.export({"scope": project.whole})["id"]
    dry_run = app.planned(project.of_subject)
    plan_of_it = {"planHash": dry_run["plan"]["hash"]}
    for decision, body in (("approve", plan_of_it), ("reject", plan_of_it), ("cancel", {})):
        refused(decide(app, export, decision, body), 409)
        refused(decide(app, dry_run["id"], decision, body), 409)
        refused(decide(app, "erasure-new-of-nobody", decision, body), 404, "erasure-new-of-nobody")
    app.emulator.options(latency_ms=150)
    try:
        planning = post(app, project.of_subject, **ANN).json()["id"]
        refused(decide(app, planning, "approve", plan), 409, "does not wait")
        # What is cancelled while it plans goes no further than its plan.
        assert decide(app, planning, "cancel").status_code == 200
    finally:
        app.emulator.options(latency_ms=0)
    assert app.host.wait(planning)["state"] == "cancelled"
    assert changes(app.emulator) == {}


def test_cancelled_while_it_waits_nothing_has_gone(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.whole)
    assert decide(app, document["id"], "cancel", {}, **BOB).status_code == 200
    refused(decide(app, document["id"], "approve", {"planHash": document["plan"]["hash"]}), 409)
    document = app.host.wait(document["id"])
    assert document["state"] == "cancelled"
    assert "before anything was erased" in document["reason"]
    assert changes(app.emulator) == {}


def test_cancelled_while_it_erases_it_stops_between_two_batches(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.whole)

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "UnpublishIteration":
            assert decide(app, document["id"], "cancel", {}, **BOB).status_code == 200
        return pass_on()

    app.service.behave = behave
    approve(app, document)
    document = app.host.wait(document["id"])
    assert document["state"] == "cancelled", document
    assert changes(app.emulator) == {"DeletePrediction": 1, "UnpublishIteration": 1}
    certificate = app.certificate(document)
    assert certificate["cancelled"]["by"] == {"name": "bob@example.org", "verified": True}
    assert certificate["state"] == "incomplete"
    rows = {row["entity"]: row for row in certificate["counts"]}
    gone = {entity: row["erased"] for entity, row in rows.items() if row["erased"]}
    assert gone == {"stored predictions": 3, "published iterations": 1}
    assert {entity: row["left"] for entity, row in rows.items() if row["left"]} == {
        "images": 16,
        "image tags": 3,
        "iterations": 2,
        "projects": 1,
    }
    assert project.images() == {*project.hats, *project.shoes}


@pytest.mark.prove
def test_cancelled_while_it_is_queued_it_changes_nothing(app: Erasing, project: Wardrobe) -> None:
    document = asked_by(app, project.whole)
    app.emulator.options(latency_ms=100)
    try:
        export = app.host.ask({"scope": "account"})
        wait(lambda: app.host.request(export)["state"], lambda state: state == "running")
        approve(app, document)
        wait(lambda: app.host.request(document["id"])["state"], lambda state: state == "queued")
        assert decide(app, document["id"], "cancel").status_code == 200
    finally:
        app.emulator.options(latency_ms=0)
    app.host.wait(export)
    assert app.host.wait(document["id"])["state"] == "cancelled"
    assert changes(app.emulator) == {}


@pytest.mark.prove
def test_what_nobody_approves_ends_as_refused(azurite: Azurite, app: Erasing, tmp_path: Path) -> None:
    """Keys alone: headers that anybody may write are believed from nobody."""
    project = wardrobe(service_of(app.emulator))
    app.emulator.forget_calls()
    eight_seconds = {"APPROVAL_HOURS": "0.0022"}
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path, settings(app.emulator, archive) | eight_seconds) as host,
    ):
        hasty = Erasing(app.emulator, app.service, archive, host)
        document = asked_by(hasty, project.whole, **ANN)
        assert "waitingUntil" in document
        ended = host.wait(document["id"])
        assert ended["state"] == "refused"
        assert "nobody approved the plan until" in ended["reason"]
        refused(
            decide(hasty, document["id"], "approve", {"planHash": document["plan"]["hash"]}), 409, "refused"
        )
        assert changes(app.emulator) == {}

        document = asked_by(hasty, project.of_subject, **ANN)
        approval = decide(hasty, document["id"], "approve", {"planHash": document["plan"]["hash"]}, **ANN)
        assert approval.status_code == 200, approval.text
        certificate = hasty.certificate(host.wait(document["id"]))
        nobody = {"name": None, "verified": False}
        assert (certificate["asked"]["by"], certificate["approved"]["by"]) == (nobody, nobody)


@pytest.mark.prove
def test_teams_of_one_may_approve_what_they_asked_for_and_each_route_has_a_key_of_its_own(
    azurite: Azurite, app: Erasing, tmp_path: Path
) -> None:
    project = wardrobe(service_of(app.emulator))
    keys = {"functionKeys": {"approve": {"approvers": "k-approve"}, "post_erasure": {"askers": "k-ask"}}}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    values = {**VERIFIED, "APPROVE_OWN_REQUESTS": "true"}
    with (
        new_archive(azurite.connection_string) as archive,
        Host(
            tmp_path,
            settings(app.emulator, archive) | values,
            "--keys",
            str(tmp_path / "keys.json"),
        ) as host,
    ):
        alone = Erasing(app.emulator, app.service, archive, host)
        document = asked_by(alone, project.of_subject, **ANN)
        plan = {"planHash": document["plan"]["hash"]}
        asker, approver = ({"x-functions-key": f"k-{word}"} for word in ("ask", "approve"))
        for decision in ("approve", "reject", "cancel"):
            assert decide(alone, document["id"], decision, plan, **asker).status_code == 401
        assert decide(alone, document["id"], "reject", plan, **approver).status_code == 401
        assert alone.host.call("POST", "/api/erasures", {"scope": "account"}, **approver).status_code == 401
        assert decide(alone, document["id"], "approve", plan, **approver, **ANN).status_code == 200
        assert host.wait(document["id"])["state"] == "completed"
