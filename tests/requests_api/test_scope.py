"""What a scope selects: laws that must hold for every scope, since an erase loses what it selects."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.customvision.answers import Image, Iteration, Project, StoredPrediction
from steward.requests_api.contract import parse_export
from steward.requests_api.documents import JsonObject
from steward.requests_api.scope import Resolution, ScopedProject, resolve_projects
from tests.requests_api.documents import IDS, NAMES, image_parts, moments, project_entries

PROJECTS = [Project(id=IDS[n].upper(), name=NAMES[n], created="2026-01-01T00:00:00Z") for n in range(3)]

carried = st.fixed_dictionaries({"tagId": st.sampled_from(IDS)}, optional={"tagName": st.sampled_from(NAMES)})
service_images: st.SearchStrategy[Image] = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS)},
    optional={
        "tags": st.none() | st.lists(carried, max_size=3),
        "regions": st.lists(carried, max_size=2),
        "metadata": st.none()
        | st.dictionaries(st.sampled_from(["subject", "site"]), st.sampled_from(["42", "7", ""])),
    },
)  # pyright: ignore[reportAssignmentType] - as sparse as the service's own, which leaves out what is empty
service_iterations: st.SearchStrategy[Iteration] = st.builds(
    Iteration, id=st.sampled_from(IDS), name=st.sampled_from(NAMES), status=st.just("Completed")
)
# The service writes times with a Z or with none, with up to seven decimals.
written = st.tuples(
    moments, st.sampled_from(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.0000000"])
)
service_predictions: st.SearchStrategy[StoredPrediction] = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS), "created": written.map(lambda pair: pair[0].strftime(pair[1]))}
)  # pyright: ignore[reportAssignmentType] - only what a scope looks at

# One of everything that a project may hold.
things = st.tuples(service_images, service_iterations, service_predictions)
entries = st.lists(project_entries(), min_size=1, max_size=3)


@given(entries, entries, things)
def test_entries_add_up(first: list[JsonObject], second: list[JsonObject], thing: Any) -> None:
    apart = selected({"projects": first}, thing) | selected({"projects": second}, thing)
    assert selected({"projects": first + second}, thing) == apart


@given(entries, things)
def test_the_whole_account_is_the_union_of_its_whole_projects(chosen: list[JsonObject], thing: Any) -> None:
    everything = selected("account", thing)
    assert everything == {(project["id"].lower(), part) for project in PROJECTS for part in range(4)}
    assert everything == selected({"projects": [{"name": project["name"]} for project in PROJECTS]}, thing)
    assert everything == selected({"projects": [{"id": project["id"]} for project in PROJECTS]}, thing)
    assert selected({"projects": chosen}, thing) <= everything


@given(project_entries(), things)
def test_a_project_with_a_selector_gives_only_what_one_names(entry: JsonObject, thing: Any) -> None:
    names = {"id", "name"}
    parts = {part for _, part in selected({"projects": [entry]}, thing)}
    if entry.keys() <= names:
        assert parts in (set(), {0, 1, 2, 3})
    else:
        said = {0: "images", 1: "iterations", 2: "predictions", 3: "nothing says the project itself"}
        assert {said[part] for part in parts} <= entry.keys()


@given(
    st.fixed_dictionaries({}, optional=image_parts),
    st.fixed_dictionaries({}, optional=image_parts),
    service_images,
)
def test_a_part_that_is_added_narrows(parts: JsonObject, more: JsonObject, image: Image) -> None:
    if parts and selects_image({**more, **parts}, image):
        assert selects_image(parts, image)


@given(st.lists(st.sampled_from([*NAMES, *IDS]), min_size=1), st.sampled_from([*NAMES, *IDS]), service_images)
def test_a_tag_that_is_added_narrows(tags: list[str], more: str, image: Image) -> None:
    together = selects_image({"tags": [*tags, more]}, image)
    assert together == (selects_image({"tags": tags}, image) and selects_image({"tags": [more]}, image))


@given(st.lists(moments, min_size=2, max_size=5, unique=True).map(sorted), service_predictions)
def test_spans_that_touch_share_no_prediction_and_lose_none(
    borders: list[datetime], prediction: StoredPrediction
) -> None:
    def within(**span: datetime | None) -> bool:
        said = {key: border.isoformat() for key, border in span.items() if border}
        project = resolve({"projects": [{"name": NAMES[0], "predictions": said}]}).chosen[0]
        return project.selects_prediction(prediction)

    spans = [within(**{"from": first, "to": last}) for first, last in pairwise([None, *borders, None])]
    assert spans.count(True) == 1


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"tags": ["hat"]}, True),
        ({"tags": ["Hat"]}, False),
        ({"tags": [IDS[1].upper()]}, True),
        ({"tags": ["hat", "only in a region"]}, True),
        ({"tags": ["hat", "scarf"]}, False),
        ({"ids": [IDS[0].upper()]}, True),
        ({"ids": [IDS[1]]}, False),
        ({"metadata": {"subject": "42"}}, True),
        ({"metadata": {"subject": "42", "site": ""}}, False),
        ({"metadata": {"subject": "4"}}, False),
        ({"tags": ["hat"], "metadata": {"subject": "7"}}, False),
    ],
)
def test_an_image_fits_every_part(selector: JsonObject, expected: bool) -> None:
    image = Image(
        id=IDS[0],
        created="2026-01-01T00:00:00.0000000",
        width=1,
        height=1,
        originalImageUri="",
        tags=[{"tagId": IDS[1], "tagName": "hat"}],
        regions=[
            {"tagId": IDS[2], "tagName": "only in a region", "left": 0, "top": 0, "width": 1, "height": 1},
        ],
        metadata={"subject": "42"},
    )
    assert selects_image(selector, image) is expected
    bare = Image(id=IDS[3], created="", width=1, height=1, originalImageUri="")
    assert not selects_image(selector, bare)


def test_a_time_has_an_end_that_is_not_its_own() -> None:
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T02:00:00+01:00"}
    project = resolve({"projects": [{"name": NAMES[0], "predictions": span}]}).chosen[0]
    times = [
        "2025-12-31T23:59:59.9999999Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:59:59.9999999",
        "2026-01-01T01:00:00Z",
    ]
    created = [StoredPrediction(id=IDS[0], created=time) for time in times]  # pyright: ignore[reportCallIssue] - as above
    assert [project.selects_prediction(one) for one in created] == [False, True, True, False]


def test_projects_that_nobody_has_are_named() -> None:
    scope = {
        "projects": [{"name": NAMES[1]}, {"name": "hats"}, {"id": IDS[3]}, {"name": "hats"}, {"id": IDS[0]}]
    }
    found = resolve(scope)
    assert [(project.id, project.name, project.whole) for project in found.chosen] == [
        (IDS[0], NAMES[0], True),
        (IDS[1], NAMES[1], True),
    ]
    assert found.unknown == ("hats", IDS[3])


def test_a_project_tells_what_it_has_to_be_read_for() -> None:
    scope = {
        "projects": [
            {"name": NAMES[0]},
            {"name": NAMES[1], "images": {"ids": [IDS[0]]}},
            {"id": IDS[2], "iterations": ["Iteration 1"]},
            {"name": NAMES[2], "predictions": {"to": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}},
        ]
    }
    gives = [(p.whole, p.gives_images, p.gives_predictions) for p in resolve(scope).chosen]
    assert gives == [(True, True, True), (False, True, False), (False, False, True)]


def resolve(scope: str | JsonObject) -> Resolution:
    return resolve_projects(parse_export({"scope": scope}, ["default"]).scope, PROJECTS)


def selects_image(selector: JsonObject, image: Image) -> bool:
    return resolve({"projects": [{"name": NAMES[0], "images": selector}]}).chosen[0].selects_image(image)


def selected(
    scope: str | JsonObject, thing: tuple[Image, Iteration, StoredPrediction]
) -> set[tuple[str, int]]:
    """Which project gives which of the four: an image, an iteration, a prediction, and the project itself."""
    return {
        (project.id, part)
        for project in resolve(scope).chosen
        for part, given in enumerate(_given(project, *thing))
        if given
    }


def _given(
    project: ScopedProject, image: Image, iteration: Iteration, prediction: StoredPrediction
) -> list[bool]:
    return [
        project.selects_image(image),
        project.selects_iteration(iteration),
        project.selects_prediction(prediction),
        project.whole,
    ]
