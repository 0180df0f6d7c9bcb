"""An export of a part gives exactly that part: what belongs into the bag is worked out here, from the SDK's own reading."""

from collections.abc import Callable, Collection
from typing import Any

import pytest

from tests.export.exporting import Exported, inventory
from tests.export.record import Json, Record

HATS = "Hats"
IMAGES = {"tagged image", "untagged image"}
OF_IMAGES = IMAGES | {"region", "tag of an image", "metadata"}


@pytest.fixture(scope="module")
def held(exported: Exported) -> list[Record]:
    """Everything in the service."""
    return list(exported.emulator.service().records())


def project_of(held: list[Record], name: str) -> str:
    (found,) = (each.key[0] for each in held if each.entity == "project" and each.value["name"] == name)
    return found


def images_where(held: list[Record], project: str, fits: Callable[[Record], bool]) -> set[tuple[str, ...]]:
    """Project, iteration and id of images, in the workspace and in every snapshot."""
    return {each.key for each in held if each.entity in IMAGES and each.key[0] == project and fits(each)}


def only_images(project: str, keys: Collection[tuple[str, ...]]) -> Callable[[Record], bool]:
    """The records of a bag of these images and nothing else of the project but its own details."""
    pictures = {(key[0], key[2]) for key in keys}

    def wanted(record: Record) -> bool:
        match record.entity:
            case "project":
                return record.key == (project,)
            case "picture":
                return record.key in pictures
            case "image performance":
                return record.key in keys
            case entity if entity in OF_IMAGES:
                return record.key[:3] in keys
            case _:
                return False

    return wanted


def export(exported: Exported, *projects: Json, **body: Any) -> Json:
    document = exported.host.export({"scope": {"projects": list(projects)}, **body})
    assert document["state"] == "completed", document
    return document


def assert_exactly(exported: Exported, request: Json, wanted: Callable[[Record], bool]) -> None:
    found = inventory(exported.emulator, exported.archive, request, wanted)
    assert found.differences == []


def test_one_person_by_metadata(exported: Exported, held: list[Record]) -> None:
    """In every project, the workspace and all snapshots; nothing of anybody else."""
    subject = {each.key[:3] for each in held if each.entity == "metadata" and each.key[3:] == ("subject",)
               and each.value == "42"}  # fmt: skip
    projects = {each.key[0] for each in held if each.entity == "project"}
    assert {key[0] for key in subject} == projects
    assert any(key[1] for key in subject)
    request = export(
        exported,
        *({"id": project, "images": {"metadata": {"subject": "42"}}} for project in sorted(projects)),
        purpose="data-subject",
    )
    wanted = [only_images(project, subject) for project in projects]
    assert_exactly(exported, request, lambda record: any(each(record) for each in wanted))


@pytest.mark.prove
def test_by_tag_and_by_tags_together(exported: Exported, held: list[Record]) -> None:
    """A tag that only a snapshot still has is named as well as any other; several tags must all be there."""
    project = project_of(held, HATS)
    fez = {
        each.key[:3] for each in held if each.entity == "tag of an image" and each.value["tagName"] == "Fez"
    }
    assert fez
    assert all(key[1] for key in fez)
    assert_exactly(
        exported, export(exported, {"name": HATS, "images": {"tags": ["Fez"]}}), only_images(project, fez)
    )

    signs = next(each for each in held if each.entity == "project" and each.value["name"].startswith("Signs"))
    names: dict[tuple[str, ...], set[str]] = {}
    for each in held:
        if each.entity == "tag of an image" and each.key[0] == signs.key[0]:
            names.setdefault(each.key[:3], set()).add(each.value["tagName"])
    pair = next(sorted(found)[:2] for found in names.values() if len(found) > 1)
    both = {key for key, found in names.items() if found >= set(pair)}
    request = export(exported, {"name": signs.value["name"], "images": {"tags": pair}})
    assert_exactly(exported, request, only_images(signs.key[0], both))


@pytest.mark.prove
def test_by_id(exported: Exported, held: list[Record]) -> None:
    project = project_of(held, HATS)
    keys = images_where(held, project, lambda _: True)
    # One that the workspace still has, and one that only a snapshot has.
    workspace = {key[2] for key in keys if not key[1]}
    ids = [min(workspace), min({key[2] for key in keys} - workspace)]
    request = export(exported, {"name": HATS, "images": {"ids": [ids[0].upper(), ids[1]]}})
    assert_exactly(exported, request, only_images(project, {key for key in keys if key[2] in ids}))


@pytest.mark.prove
def test_an_iteration_by_name(exported: Exported, held: list[Record]) -> None:
    """Its details, tags, performances, models and its whole snapshot; not the workspace."""
    project = project_of(held, HATS)
    (iteration,) = (
        each.key[1] for each in held
        if each.entity == "iteration" and each.key[0] == project and each.value["name"] == "Iteration 2"
    )  # fmt: skip
    pictures = {key[2] for key in images_where(held, project, lambda each: each.key[1] == iteration)}

    def wanted(record: Record) -> bool:
        if record.entity in {"project", "picture"}:
            return record.key[0] == project and set(record.key[1:]) <= pictures
        return record.key[:2] == (project, iteration) and record.entity != "iteration in the list"

    assert_exactly(exported, export(exported, {"name": HATS, "iterations": ["Iteration 2"]}), wanted)


def test_predictions_by_time(exported: Exported, held: list[Record]) -> None:
    """From the first moment on, up to and without the last one."""
    project = project_of(held, HATS)
    times = sorted(
        each.value["created"] for each in held if each.entity == "prediction" and each.key[0] == project
    )
    first, last = times[3], times[-4]
    chosen = {
        each.key for each in held
        if each.entity == "prediction" and each.key[0] == project and first <= each.value["created"] < last
    }  # fmt: skip
    assert 0 < len(chosen) < len(times) - 4
    # The scope reads microseconds; the service writes tenths of them.
    request = export(exported, {"name": HATS, "predictions": {"from": first, "to": last}})

    def wanted(record: Record) -> bool:
        if record.entity == "project":
            return record.key == (project,)
        return record.entity in {"prediction", "picture of a prediction"} and record.key in chosen

    assert_exactly(exported, request, wanted)


@pytest.mark.prove
def test_a_whole_project_without_what_the_options_leave_out(exported: Exported, held: list[Record]) -> None:
    project = project_of(held, HATS)
    options = {"predictions": False, "models": False, "imagePerformance": False}
    request = export(exported, {"name": HATS}, options=options)
    left_out = {"prediction", "picture of a prediction", "model", "export", "image performance"}
    assert_exactly(
        exported, request, lambda record: record.key[0] == project and record.entity not in left_out
    )
