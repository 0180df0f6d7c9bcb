"""Asking for an erasure over HTTP: what is wrong is named by its field and starts nothing; what matches nothing erases nothing."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, changes, service_of, wardrobe
from tests.export.exporting import Archive, Host, settings, wait
from tests.export.record import Json

ABSENT = "0a000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erasing]:
    folder, accounts = tmp_path_factory.mktemp("erasing"), ("default", "other")
    with erasing(azurite, folder, "--train-seconds", "0", seed="none", accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def project(app: Erasing) -> Wardrobe:
    planted = wardrobe(service_of(app.emulator), "Wardrobe")
    app.emulator.forget_calls()
    return planted


def post(app: Erasing, body: Any, **headers: str) -> requests.Response:
    return app.host.call("POST", "/api/erasures", body, **headers)


def refused_fields(answer: requests.Response, status: int = 400) -> dict[str, str]:
    """What is said of each wrong field, by its pointer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    return {found.get("pointer", found.get("header")): found["detail"] for found in problem["errors"]}


def requests_known(app: Erasing) -> list[str]:
    return [each["id"] for each in app.host.call("GET", "/api/requests").json()["requests"]]


def on(**selectors: Any) -> Json:
    """A real erase of something in a project."""
    scope = {"projects": [{"name": "Wardrobe", **selectors}]}
    return {"purpose": "off-boarding", "scope": scope, "dryRun": False, **WAIVED}


ACCOUNT: Json = {"purpose": "off-boarding", "scope": "account", "dryRun": False, **WAIVED}
PLACE = "#/scope/projects/0"
WRONG: list[tuple[Any, str]] = [
    ({"purpose": "off-boarding", "dryRun": False}, "#/scope"),
    ({"scope": "account", "dryRun": False}, "#/purpose"),
    ({**ACCOUNT, "scope": None}, "#/scope"),
    ({**ACCOUNT, "scope": ""}, "#/scope"),
    ({**ACCOUNT, "scope": {}}, "#/scope"),
    ({**ACCOUNT, "scope": {"projects": []}}, "#/scope/projects"),
    ({**ACCOUNT, "scope": {"projects": [{}]}}, PLACE),
    ({**ACCOUNT, "scope": {"projects": [{"images": {"ids": [ABSENT]}}]}}, PLACE),
    ({**ACCOUNT, "scope": {"project": [{"name": "Wardrobe"}]}}, "#/scope/project"),
    (on(images=None), PLACE),
    (on(images={}), f"{PLACE}/images"),
    (on(images={"tags": []}), f"{PLACE}/images/tags"),
    (on(images={"ids": []}), f"{PLACE}/images/ids"),
    (on(images={"metadata": {}}), f"{PLACE}/images/metadata"),
    (on(images={"metadata": {"subject": None}}), f"{PLACE}/images/metadata/subject"),
    (on(image={"ids": [ABSENT]}), f"{PLACE}/image"),
    (on(iterations=[]), f"{PLACE}/iterations"),
    (on(iterations="First"), f"{PLACE}/iterations"),
    (on(predictions={}), f"{PLACE}/predictions"),
    (on(predictions={"from": "yesterday"}), f"{PLACE}/predictions/from"),
    ({**ACCOUNT, "options": {"models": False}}, "#/options"),
    ({**ACCOUNT, "callback": "https://tickets.example/done"}, "#/callback"),
    ({**ACCOUNT, "dry_run": True}, "#/dry_run"),
    ({**ACCOUNT, "dryRun": "false"}, "#/dryRun"),
    ({**ACCOUNT, "waiveExport": {}}, "#/waiveExport/reason"),
    ({**ACCOUNT, "waiveExport": True}, "#/waiveExport"),
    ({**ACCOUNT, "archives": "none"}, "#/archives"),
    ({**ACCOUNT, "derivedIterations": True}, "#/derivedIterations"),
    ({**ACCOUNT, "account": "nobody"}, "#/account"),
    ({**ACCOUNT, "plan": {"request": "erasure-dry-run-x"}}, "#/plan/hash"),
    ({**ACCOUNT, "plan": {"request": "erasure-dry-run-x", "hash": "A" * 64}}, "#/plan/hash"),
    ({**ACCOUNT, "dryRun": True, "plan": {"request": "erasure-dry-run-x", "hash": "a" * 64}}, "#"),
    ([ACCOUNT], "#"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_what_is_wrong_is_named_and_starts_nothing(
    app: Erasing, project: Wardrobe, body: Any, pointer: str
) -> None:
    known = requests_known(app)
    assert pointer in refused_fields(post(app, body))
    assert requests_known(app) == known
    assert changes(app.emulator) == {}
    assert len(project.images()) == 11


def test_a_body_that_two_readers_would_read_differently_is_refused(app: Erasing) -> None:
    text = '{"purpose": "off-boarding", "scope": {"projects": [{"name": "Wardrobe"}]}, "scope": "account"}'
    url = f"{app.host.program.facts['functionsUrl']}/api/erasures"
    key = {"x-functions-key": app.host.program.facts["functionKey"]}
    for body in (text, "", "{", "null"):
        assert list(refused_fields(requests.post(url, data=body, headers=key, timeout=30))) == ["#"]


def test_an_idempotency_key_that_cannot_be_one_is_refused(app: Erasing) -> None:
    header = {"Idempotency-Key": "k" * 256}
    assert list(refused_fields(post(app, {**ACCOUNT, "dryRun": True}, **header))) == ["Idempotency-Key"]


NOTHING: list[Json] = [
    {"images": {"metadata": {"subject": "4"}}},
    {"images": {"metadata": {"subject": "42", "consent": ""}}},
    {"images": {"ids": [ABSENT]}},
    {"images": {"tags": ["hat", "shoe"]}},
    {"images": {"tags": ["ha"]}},
    {"iterations": ["Iteration 3", ABSENT]},
    {"predictions": {"to": "2001-01-01T00:00:00Z"}},
    {"images": {"ids": [ABSENT]}, "iterations": ["none"], "predictions": {"from": "2999-01-01T00:00:00Z"}},
]


@pytest.mark.parametrize("selectors", NOTHING)
def test_a_scope_that_matches_nothing_plans_nothing(app: Erasing, project: Wardrobe, selectors: Json) -> None:
    document = app.planned(project.selecting(**selectors))
    assert (document["state"], document["reason"]) == ("planned", "nothing to erase")
    assert set(document["plan"]["counts"].values()) == {0}


def test_a_project_that_is_not_there_is_refused_whole(app: Erasing, project: Wardrobe) -> None:
    """The others of the scope are not erased without it, since the caller may have mistaken all of them."""
    scope = {"projects": [{"id": project.id}, {"name": "wardrobe"}, {"id": ABSENT}]}
    document = app.host.wait(app.ask(scope, **WAIVED))
    assert document["state"] == "refused"
    assert document["reason"].startswith("#/scope/projects/1, #/scope/projects/2: ")
    assert changes(app.emulator) == {}


def test_nothing_that_was_approved_erases_nothing_and_is_certified(app: Erasing, project: Wardrobe) -> None:
    before = project.images()
    document = app.erase(project.selecting(images={"metadata": {"subject": "nobody"}}))
    assert document["state"] == "completed", document
    certificate = app.certificate(document)
    assert {row["entity"]: row["erased"] for row in certificate["counts"]}.keys() >= {"images", "projects"}
    assert {row["erased"] for row in certificate["counts"]} == {0}
    assert changes(app.emulator) == {}
    assert project.images() == before


@pytest.fixture(scope="module")
def dry_run(app: Erasing, project: Wardrobe) -> Json:
    return app.planned(project.of_subject)


def taking_up(project: Wardrobe, dry_run: Json, **changed: Any) -> Json:
    plan = {"request": dry_run["id"], "hash": dry_run["plan"]["hash"]}
    body: Json = {
        "purpose": "off-boarding",
        "scope": project.of_subject,
        "dryRun": False,
        "plan": plan,
        **WAIVED,
    }
    return body | changed


def test_a_plan_is_taken_up_by_the_same_words_only(app: Erasing, project: Wardrobe, dry_run: Json) -> None:
    for changed, pointers in (
        ({"scope": project.whole}, ["#/scope"]),
        ({"scope": "account"}, ["#/scope"]),
        ({"scope": {"projects": [*project.of_subject["projects"], {"id": ABSENT}]}}, ["#/scope"]),
        ({"derivedIterations": "erase"}, ["#/derivedIterations"]),
        ({"archives": "erase"}, ["#/archives"]),
        ({"purpose": "migration"}, ["#/purpose"]),
        ({"purpose": "data-subject"}, ["#/purpose", "#/archives"]),
    ):
        known = requests_known(app)
        fields = refused_fields(post(app, taking_up(project, dry_run, **changed)))
        assert list(fields) == pointers
        assert requests_known(app) == known


def test_a_plan_is_one_of_an_ended_dry_run_of_this_account(app: Erasing, project: Wardrobe) -> None:
    planned = app.planned(project.of_subject)
    digest = planned["plan"]["hash"]
    export = app.host.export({"scope": project.whole})
    real = app.waiting(app.ask(project.of_subject, **WAIVED))
    assert real["state"] == "waiting-for-approval"
    nowhere = "erasure-dry-run-new-20260101t000000000000z-0000000000000000"
    refused = app.host.wait(
        app.ask({"projects": [{"id": ABSENT}]}, dry_run=True),
    )
    assert refused["state"] == "refused"
    for request in (nowhere, export["id"], real["id"], refused["id"]):
        plan = {"request": request, "hash": digest}
        answer = post(app, taking_up(project, planned, plan=plan))
        assert list(refused_fields(answer)) == ["#/plan/request"]
    # The same words, in another account of this app.
    answer = post(app, taking_up(project, planned, account="other"))
    assert list(refused_fields(answer)) == ["#/plan/request"]
    other = {"request": planned["id"], "hash": real["plan"]["hash"]}
    assert list(refused_fields(post(app, taking_up(project, planned, plan=other)))) == ["#/plan/hash"]
    app.decide(real, "cancel")
    assert app.host.wait(real["id"])["state"] == "cancelled"


@pytest.mark.prove
def test_a_plan_that_has_expired_is_not_taken_up(
    app: Erasing, project: Wardrobe, archive: Archive, tmp_path: Path
) -> None:
    """One that was taken up in time is the same erasure when it arrives again, whatever became of its plan."""
    ten_seconds = {"PLAN_HOURS": "0.003"}
    with Host(tmp_path, settings(app.emulator, archive) | ten_seconds) as host:
        hasty = Erasing(app.emulator, app.service, archive, host)
        planned = hasty.planned(project.of_subject)
        key = {"Idempotency-Key": uuid.uuid4().hex}
        in_time = post(hasty, taking_up(project, planned), **key)
        assert in_time.status_code == 202, in_time.text
        expires = datetime.fromisoformat(planned["plan"]["expires"])
        wait(lambda: datetime.now(UTC), lambda now: now >= expires)
        too_late = post(hasty, taking_up(project, planned))
        assert "expired" in refused_fields(too_late)["#/plan"]
        again = post(hasty, taking_up(project, planned), **key)
        assert (again.status_code, again.json()["id"]) == (202, in_time.json()["id"])
        ended = host.wait(in_time.json()["id"])
    # It waits no longer than its plan lasts.
    assert ended["state"] == "refused"
    assert "nobody approved" in ended["reason"]
    assert changes(app.emulator) == {}


def test_the_same_request_twice_is_one(app: Erasing, project: Wardrobe) -> None:
    header = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"account": "default", "purpose": "backup", "scope": project.of_subject}
    first = post(app, body, **header)
    again = post(app, {**body, "dryRun": True, "derivedIterations": "keep", "archives": "keep"}, **header)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    other = post(app, {**body, "scope": project.whole}, **header)
    assert other.status_code == 409
    assert first.json()["id"] in other.json()["detail"]
    # A dry run and the real erase are two requests, though both name one ticket.
    ticket = {"ticket": {"system": "jira", "key": uuid.uuid4().hex}}
    dry = app.ask(project.of_subject, dry_run=True, **ticket)
    real = app.ask(project.of_subject, **ticket, **WAIVED)
    assert dry != real
