"""What each step of an erase does about what has changed since the plan was made."""

from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.names import listing_stem
from steward.archive.page_digests import NO_PAGES
from tests.conftest import Azurite
from tests.erasure.acting import ITERATION, MADE, PROJECT, TAG, Acting, acting, inventory

LATE = str(uuid4())
"""A tag that images get after the plan."""


@pytest.fixture
def erasure(monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient) -> Acting:
    return acting(monkeypatch, azurite, container)


def codes(found: dict[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
    return {key: remark["code"] for key, remark in found.items()}


def test_a_tag_that_an_image_of_no_plan_carries_stays(erasure: Acting) -> None:
    """It came after the plan; the service might delete it with its tag."""
    erasure.plan(inventory())
    erasure.service.images = {str(uuid4()): {TAG}}
    assert erasure.batch("delete_tags", "tags") == {"stays": 1, "pending": 0}
    assert erasure.service.deleted == []
    assert codes(erasure.results.left) == {("image tags", TAG): "StillCarried"}


def test_a_tag_goes_beside_images_that_have_none(erasure: Acting) -> None:
    erasure.plan(inventory())
    erasure.service.images = {str(uuid4()): set()}
    assert erasure.batch("delete_tags", "tags") == {"stays": 0, "pending": 0}
    assert erasure.service.deleted == [TAG]


def test_tags_of_a_project_that_is_gone_are_gone(erasure: Acting) -> None:
    erasure.plan(inventory())
    erasure.service.gone = True
    assert erasure.batch("delete_tags", "tags") == {"stays": 0, "pending": 0}


def test_an_iteration_whose_image_has_a_held_tag_by_now_stays(erasure: Acting) -> None:
    """The snapshot is the image's too, and no plan knows a tag that came since."""
    image, other = str(uuid4()), str(uuid4())
    held = inventory([image], iterations=[ITERATION, other])
    held.images[next(iter(held.images))].places = 0b011
    erasure.plan(held)
    erasure.hold({"project": PROJECT, "tag": LATE})
    erasure.service.images = {image.upper(): {LATE}}
    assert erasure.batch("delete_iterations", "iterations") == {"stays": 1, "pending": 0}
    assert erasure.service.deleted == [other]
    assert codes(erasure.results.left) == {("iterations", ITERATION): "Held"}


def test_without_a_hold_on_a_tag_no_image_is_asked_for(erasure: Acting) -> None:
    image = str(uuid4())
    erasure.plan(inventory([image]))
    erasure.hold({"project": str(uuid4()), "tag": LATE})
    erasure.hold({"project": PROJECT, "image": str(uuid4())})
    erasure.service.images = {image: {LATE}}
    assert erasure.batch("delete_iterations", "iterations") == {"stays": 0, "pending": 0}
    assert (erasure.service.deleted, erasure.service.asked) == ([ITERATION], [])


@pytest.mark.parametrize(
    ("activity", "kind"),
    [("delete_images", "images"), ("delete_tags", "tags"), ("delete_iterations", "iterations"), ("delete_project", "project")],
)  # fmt: skip
def test_after_the_end_of_its_request_nothing_more_goes(erasure: Acting, activity: str, kind: str) -> None:
    """Another request may have the turn by then. Nor is anything written: its certificate stands."""
    erasure.plan(inventory([str(uuid4())]))
    erasure.ledger.end("failed", reason="was terminated")
    events = len(erasure.ledger.read())
    batch = {} if kind == "project" else {"kind": kind, "number": 0}
    assert erasure.act(activity, project=PROJECT, **batch)["stays"] == 1
    fault = {"code": "NotTried", "reason": "what hangs on it is still there"}
    erasure.act("record_undeleted", project=PROJECT, kind=kind, number=0, fault=fault)
    assert erasure.service.deleted == []
    assert (erasure.results.left, len(erasure.ledger.read())) == ({}, events)


def refusal(erasure: Acting, *, last: bool) -> str:
    return erasure.act("guard_erasure", last=last)["refusal"]


def test_the_last_guard_asks_for_the_approval_of_this_plan(erasure: Acting) -> None:
    """Also where the erase has begun: a run of it may be started by anybody who reaches the engine."""
    erasure.plan(inventory())
    erasure.ledger.append("phase", "phase-erase", {"phase": "erase"})
    assert "approved" in refusal(erasure, last=True)
    erasure.approve()
    assert refusal(erasure, last=True) == ""
    erasure.ledger.end("failed")
    assert "has ended" in refusal(erasure, last=True)


def test_the_approval_of_another_plan_is_none(erasure: Acting) -> None:
    erasure.plan(inventory())
    erasure.approve("b" * 64)
    assert "approved" in refusal(erasure, last=True)


@pytest.mark.parametrize(
    ("iteration", "last"), [(ITERATION, False), (ITERATION.upper(), True)], ids=["first", "last"]
)
def test_an_iteration_whose_snapshot_was_not_seen_whole_refuses_the_plan(
    erasure: Acting, iteration: str, last: bool
) -> None:
    """What the list hid is in no comparison with holds and exports, and would go with the iteration."""
    restless = [f"{listing_stem(PROJECT, iteration, 'tagged')}: did not hold still"]
    erasure.plan(inventory(iterations=[iteration], restless=restless))
    erasure.approve()
    assert f"iteration {iteration} of project {PROJECT}" in refusal(erasure, last=last)


def test_other_lists_that_moved_refuse_nothing(erasure: Acting) -> None:
    """What the workspace hides is not deleted; of an iteration that stays nothing is."""
    stems = [listing_stem(PROJECT, place, "tagged") for place in ("", str(uuid4()))]
    erasure.plan(inventory(restless=[f"{stem}: did not hold still while it was read" for stem in stems]))
    assert refusal(erasure, last=False) == ""


@pytest.mark.parametrize(
    ("iteration", "seen"),
    [
        ({"status": "Completed"}, True),
        ({"status": "Failed"}, True),
        ({"status": "Deprecated", "trainedAt": "2026-01-01T00:00:00"}, True),
        ({"status": "Training", "trainedAt": None}, False),
        ({"status": "Queued"}, False),
    ],
)
def test_the_snapshot_of_an_iteration_in_training_is_not_relied_upon(
    erasure: Acting, iteration: dict[str, Any], seen: bool
) -> None:
    """The service may say meanwhile that there is none; one that failed to train gets no other."""
    erasure.service.iterations = [{"id": ITERATION, "name": "Iteration 1", **iteration}]
    asked = erasure.accept({"projects": [{"id": PROJECT, "iterations": [ITERATION]}]})
    asked.act("begin_plan")
    ref = {"project": PROJECT, "reading": "plan"}
    assert asked.act("inspect_project", **ref)["places"] == [ITERATION]
    for kind in ("tagged", "untagged"):
        listed = {"iteration": ITERATION, "kind": kind, "whole": False, "recorded": MADE}
        held_still = {"pages": 0, "digest": NO_PAGES, "count": 0, "listed": 0, "settled": True}
        asked.act("record_listing", **ref, **listed, **held_still)
    asked.act("close_inventory", **ref)
    asked.act("write_plan")
    assert (refusal(asked, last=False) == "") == seen


def test_a_project_with_an_empty_page_of_predictions_before_a_full_one_stays(erasure: Acting) -> None:
    erasure.plan(inventory())
    erasure.service.prediction_pages = [[], [str(uuid4())]]
    assert erasure.act("delete_project", project=PROJECT)["stays"] == 1
    assert codes(erasure.results.left) == {("projects", PROJECT): "NotEmpty"}
    erasure.service.prediction_pages = [[], []]
    assert erasure.act("delete_project", project=PROJECT)["stays"] == 0
    assert erasure.service.deleted == [PROJECT]


def test_a_plan_that_is_taken_up_means_the_projects_that_it_was_made_of(erasure: Acting) -> None:
    """One of them got another name right after it was chosen by its name."""
    scope = {"projects": [{"name": "Hats", "iterations": ["Iteration 1"]}]}
    erasure.service.names = ["Hats", "Caps"]
    dry = erasure.accept(scope, dryRun=True)
    dry.act("begin_plan")
    dry.act("inspect_project", project=PROJECT, reading="plan")
    dry.act("close_inventory", project=PROJECT, reading="plan")
    dry.act("write_plan")
    found = dry.ledger.state().plan
    real = erasure.accept(scope, plan={"request": found["request"], "hash": found["hash"]})
    assert real.act("begin_plan")["recorded"]
    assert real.act("read_plan", first=0, count=9) == {"projects": [PROJECT]}


def test_a_plan_whose_projects_the_scope_no_longer_gives_is_refused(erasure: Acting) -> None:
    """One that an earlier version made, of a project that had another name by then."""
    scope = {"projects": [{"name": "Caps"}]}
    dry = erasure.accept(scope, dryRun=True)
    dry.plan(inventory())
    found = dry.ledger.state().plan
    real = erasure.accept(scope, plan={"request": found["request"], "hash": found["hash"]})
    assert "#/plan" in real.act("begin_plan")["refusal"]
    assert not real.ledger.state().plan
