"""The seeds: what they promise, the same in every run; and folders of real photographs."""

import hashlib
import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from emulator.account import Account
from emulator.drawing import Drawing, draw
from emulator.recipes import RECIPES, SeedName
from emulator.seeds import plant, plant_folder
from emulator.state import Project
from emulator.workspace import StoredImage, Workspace
from tests.emulator.service import running


@pytest.fixture(scope="module")
def medium() -> Account:
    return planted("medium")


@cache
def planted(name: SeedName) -> Account:
    account = Account()
    plant(account, name)
    return account


def images(account: Account) -> list[StoredImage]:
    return [image for project in account.projects.values() for image in project.workspace.images.values()]


def workspaces(project: Project) -> Iterator[Workspace]:
    yield project.workspace
    for iteration in project.iterations.values():
        yield iteration.snapshot


def digest(account: Account) -> str:
    """Of every id, time, name and picture."""
    found = hashlib.sha256()
    for project in account.projects.values():
        found.update(f"{project.id} {project.name} {project.created} {list(project.iterations)}".encode())
        for workspace in workspaces(project):
            found.update(repr(workspace.tags).encode())
            for image in workspace.images.values():
                found.update(
                    repr((image.id, image.created, image.tags, image.regions, image.metadata)).encode()
                )
                found.update(image.picture.content)
        for prediction in project.predictions.values():
            found.update(repr((prediction.id, prediction.created, prediction.results)).encode())
            found.update(prediction.picture.content)
    for path, model in account.models.items():
        found.update(path.encode() + model)
    return found.hexdigest()


def test_small_has_its_numbers_and_is_quick() -> None:
    account = Account()
    start = time.monotonic()
    plant(account, "small")
    assert time.monotonic() - start < 3
    assert (len(account.projects), len(images(account))) == (3, 300)


@pytest.mark.prove
def test_medium_has_its_numbers(medium: Account) -> None:
    projects = medium.projects.values()
    assert (len(projects), len(images(medium))) == (8, 2_000)
    assert sum(len(project.iterations) for project in projects) == 12
    assert sum(len(project.predictions) for project in projects) == 500


@pytest.mark.prove
def test_large_has_its_numbers_and_shares_small_pictures() -> None:
    account = Account()
    start = time.monotonic()
    plant(account, "large")
    assert time.monotonic() - start < 30
    assert (len(account.projects), len(images(account))) == (20, 100_000)
    stored = {id(image.picture): len(image.picture.content) for image in images(account)}
    assert len(stored) <= 64
    assert max(stored.values()) <= 8 * 1024


@pytest.mark.parametrize("name", ["small", pytest.param("medium", marks=pytest.mark.prove)])
def test_every_run_plants_the_same(name: SeedName) -> None:
    again = Account()
    plant(again, name)
    assert digest(again) == digest(planted(name))


def test_pictures_of_medium_are_all_different_and_of_every_format(medium: Account) -> None:
    every = images(medium) + [
        image
        for project in medium.projects.values()
        for iteration in project.iterations.values()
        for image in iteration.snapshot.images.values()
    ]
    by_id = {image.id: image.picture.md5 for image in every}
    predictions = [
        p.picture.md5 for project in medium.projects.values() for p in project.predictions.values()
    ]
    assert len({*by_id.values(), *predictions}) == len(by_id) + len(predictions)
    types = {image.picture.media_type for image in every}
    assert types == {"image/jpeg", "image/png", "image/gif", "image/bmp"}
    assert min(min(image.picture.width, image.picture.height) for image in every) >= 256


@pytest.mark.parametrize("name", ["small", "medium"])
def test_every_kind_of_thing_is_there(name: SeedName) -> None:
    account = planted(name)
    projects = list(account.projects.values())
    iterations = [iteration for project in projects for iteration in project.iterations.values()]
    assert {project.classification_type for project in projects} == {"Multiclass", "Multilabel"}
    assert {iteration.status for iteration in iterations} == {"Completed", "Failed"}
    assert {bool(iteration.publish_name) for iteration in iterations} == {True, False}
    exports = {export.status for iteration in iterations for export in iteration.exports}
    assert exports >= {"Done", "Failed"} | ({"Exporting"} if name == "medium" else set())
    tags = [tag for project in projects for tag in project.workspace.tags.values()]
    assert {"Regular", "Negative"} <= {tag.type for tag in tags}
    assert max(len(tag.name) for tag in tags) == 128
    assert any(image.regions for image in images(account))
    assert any(not image.tags for image in images(account))
    with_subject = [
        project
        for project in projects
        if any(image.metadata.get("subject") == "42" for image in project.workspace.images.values())
    ]
    assert len(with_subject) >= 3


@pytest.mark.parametrize("name", ["small", "medium"])
def test_only_a_snapshot_still_has_some_images_and_their_tag(name: SeedName) -> None:
    project = next(project for project in planted(name).projects.values() if project.name == "Hats")
    first = next(iter(project.iterations.values())).snapshot
    gone = first.images.keys() - project.workspace.images.keys()
    gone_tags = first.tags.keys() - project.workspace.tags.keys()
    assert len(gone) == 6
    assert [first.tags[tag_id].name for tag_id in gone_tags] == ["Fez"]


def test_what_images_and_predictions_name_is_there(medium: Account) -> None:
    for project in medium.projects.values():
        for workspace in workspaces(project):
            for image in workspace.images.values():
                named = {tag.tag_id for tag in image.tags}
                assert {region.tag_id for region in image.regions} <= named <= workspace.tags.keys()
                assert all(
                    r.box.left + r.box.width <= 1 and r.box.top + r.box.height <= 1 for r in image.regions
                )
        for prediction in project.predictions.values():
            assert prediction.iteration_id in project.iterations


def test_names_are_unique_as_the_service_demands() -> None:
    for recipes in RECIPES.values():
        assert len({recipe.name for recipe in recipes}) == len(recipes)
        for recipe in recipes:
            assert len(set(recipe.tags)) == len(recipe.tags)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs as people keep them: one folder of two kinds, one with boxes, test pictures in both."""
    names = [
        "Trees/Images/oak/1.jpg",
        "Trees/Images/oak/2.jpg",
        "Trees/Images/Ahorn ü/1.jpg",
        "Trees/Images/test/t.jpg",
    ]
    names += [
        "Forks/Images/fork/1.jpg",
        "Forks/Images/fork/2.jpg",
        "Forks/Images/test/t.jpg",
        "Forks/Images/loose.jpg",
    ]
    for number, name in enumerate(names):
        file = tmp_path / "album" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(draw(Drawing(number, 300, 260)))
    regions = {"Forks/Images/fork/1.jpg": {"tag": "fork", "box": [0.1, 0.2, 0.3, 0.4]}}
    (tmp_path / "album" / "regions.json").write_text(json.dumps({"format": "…", "regions": regions}))
    return tmp_path / "album"


def test_a_folder_of_photographs_becomes_projects(folder: Path) -> None:
    account = Account()
    plant_folder(account, folder)
    projects = {project.name: project for project in account.projects.values()}
    assert len(account.projects) == 2
    trees, forks = projects["Trees"], projects["Forks"]

    assert {tag.name: trees.workspace.image_count(tag.id) for tag in trees.workspace.tags.values()} == {
        "oak": 2,
        "Ahorn ü": 1,
    }
    assert [tag.name for tag in forks.workspace.tags.values()] == ["fork"]
    boxes = [region.box for image in forks.workspace.images.values() for region in image.regions]
    assert [(box.left, box.top, box.width, box.height) for box in boxes] == [(0.1, 0.2, 0.3, 0.4)]
    assert len(forks.workspace.images) == 3
    for project, test in ((trees, "Trees/Images/test/t.jpg"), (forks, "Forks/Images/test/t.jpg")):
        (prediction,) = project.predictions.values()
        assert prediction.picture.content == (folder / test).read_bytes()


def test_an_emulator_serves_a_folder_of_photographs(folder: Path) -> None:
    with running("--seed", "none", "--images", str(folder)) as service:
        projects = {project["name"]: project["id"] for project in service.answer("GET", "/projects")}
        assert projects.keys() == {"Trees", "Forks"}
        assert len(service.answer("GET", "/projects")) == 2
        for name, tagged, untagged in (("Trees", 3, 0), ("Forks", 1, 2)):
            path = f"/projects/{projects[name]}"
            assert service.answer("GET", f"{path}/images/tagged/count") == tagged
            assert service.answer("GET", f"{path}/images/untagged/count") == untagged
            (prediction,) = service.answer("POST", f"{path}/predictions/query", json={})["results"]
            sent = folder / name / "Images" / "test" / "t.jpg"
            stored = service.http.get(prediction["originalImageUri"], timeout=10)
            assert stored.content == sent.read_bytes()


def test_a_folder_gives_the_same_ids_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    first, second = Account(), Account()
    plant_folder(first, folder)
    plant_folder(second, folder.rename(tmp_path / "moved"))
    assert digest(first) == digest(second)


def test_a_folder_that_is_not_right_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: expected a folder"):
        plant_folder(Account(), tmp_path / "nowhere")
    with pytest.raises(ValueError, match="each sub-folder a tag"):
        plant_folder(Account(), tmp_path)
    (tmp_path / "tag").mkdir()
    (tmp_path / "tag" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"broken.jpg: expected a JPEG"):
        plant_folder(Account(), tmp_path)
    (tmp_path / "regions.json").write_text('{"regions": {"tag/broken.jpg": {"tag": "x", "box": [1, 2]}}}')
    with pytest.raises(ValueError, match=r"regions.json: regions/tag/broken.jpg/box"):
        plant_folder(Account(), tmp_path)
