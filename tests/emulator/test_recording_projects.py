"""Projects: create, read, change, delete, copy; as recorded, version by version."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.emulator.service import Service, next_millisecond, pictures, wait
from tests.emulator.shape import ID, MILLISECONDS, assert_shape, signed

VERSIONS = ("v3.0", "v3.1", "v3.2", "v3.3", "v3.4-preview")
FOOD = "c151d5b5-dd07-472a-acc8-15d29dea8518"
GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
_AUGMENTATIONS = (
    "rotation",
    "scaling",
    "translation",
    "horizontal flip",
    "equalize",
    "solarize",
    "padtosquare",
)


def settings(version: str, domain: str = GENERAL) -> dict[str, Any]:
    """A classification project's settings: v3.1 moved targetExportPlatforms and added imageProcessingSettings."""
    head: dict[str, Any] = {"domainId": domain, "classificationType": "Multilabel"}
    if version == "v3.0":
        return head | {"useNegativeSet": True, "detectionParameters": None, "targetExportPlatforms": []}
    augmentation = dict.fromkeys(_AUGMENTATIONS, True)
    return head | {
        "targetExportPlatforms": [],
        "useNegativeSet": True,
        "detectionParameters": None,
        "imageProcessingSettings": {"augmentationMethods": augmentation},
    }


def project_shape(version: str, name: str, description: str, domain: str = GENERAL) -> dict[str, Any]:
    """A new project; `status` is last and came with project import in v3.2."""
    shape: dict[str, Any] = {
        "id": ID,
        "name": name,
        "description": description,
        "settings": settings(version, domain),
        "created": MILLISECONDS,
        "lastModified": MILLISECONDS,
        "thumbnailUri": None,
        "drModeEnabled": False,
    }
    return shape if version in {"v3.0", "v3.1"} else shape | {"status": "Succeeded"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_made_of_its_name_alone(empty_emulator: Service, version: str) -> None:
    """CreateUpdateDeleteTag, DeleteImages (v3.1): description `""`, domain General, Multilabel, created = lastModified."""
    name = f"named only, {version}"
    answer = empty_emulator.answer("POST", "/projects", version=version, params={"name": name})
    assert_shape(answer, project_shape(version, name, ""))
    assert answer["created"] == answer["lastModified"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_with_description_and_domain(empty_emulator: Service, version: str) -> None:
    """CreateImageFromUrl (v3.0), CreateDeleteProjectWithDomain (v3.1), CreateImagesFromFiles (v3.4-preview)."""
    name = f"food, {version}"
    query = {"name": name, "description": "This is a test project", "domainId": FOOD}
    answer = empty_emulator.answer("POST", "/projects", version=version, params=query)
    assert_shape(answer, project_shape(version, name, "This is a test project", FOOD))


def test_a_detection_project_carries_a_classification_type_too(empty_emulator: Service) -> None:
    """ProjectRetrieval (v3.4-preview): a Products on Shelves project."""
    products_on_shelves = "3780a898-81c3-4516-81ae-3a139614e1f3"
    query = {"name": "shelves", "domainId": products_on_shelves}
    answer = empty_emulator.answer("POST", "/projects", version="v3.4-preview", params=query)
    assert answer["settings"]["classificationType"] in {"Multiclass", "Multilabel"}


@pytest.mark.parametrize("version", ["v3.3", "v3.4-preview"])
def test_a_change_bumps_last_modified_only(empty_emulator: Service, version: str) -> None:
    """CreateUpdateDeleteProject (v3.4-preview): PATCH of name and description; the settings stay."""
    query = {"name": f"before, {version}", "description": "This is a test project"}
    made = empty_emulator.answer("POST", "/projects", version=version, params=query)
    body = {"name": f"after, {version}", "description": "Updated Project Description"}
    next_millisecond()
    changed = empty_emulator.answer("PATCH", f"/projects/{made['id']}", version=version, json=body)
    assert_shape(changed, project_shape(version, body["name"], body["description"]))
    assert changed["id"] == made["id"]
    assert changed["created"] == made["created"]
    assert changed["lastModified"] > made["lastModified"]
    assert changed == empty_emulator.answer("GET", f"/projects/{made['id']}", version=version)


def test_projects_are_listed_newest_first(empty_emulator: Service) -> None:
    """ProjectRetrieval (v3.4-preview): the list's entry is what GET of one project gives."""
    made = [empty_emulator.project(f"listed {number}", version="v3.4-preview") for number in range(3)]
    listed = empty_emulator.answer("GET", "/projects", version="v3.4-preview")
    assert [project["id"] for project in listed[:3]] == made[::-1]
    created = [project["created"] for project in listed]
    assert created == sorted(created, reverse=True)
    one = empty_emulator.answer("GET", f"/projects/{made[0]}", version="v3.4-preview")
    assert one == next(project for project in listed if project["id"] == made[0])


def test_an_import_is_listed_while_it_lasts(empty_emulator: Service) -> None:
    """ProjectRetrieval (v3.4-preview): statuses beside Succeeded occur in lists."""
    source = empty_emulator.project("to be imported soon")
    token = empty_emulator.answer("GET", f"/projects/{source}/export")["token"]
    copy = empty_emulator.answer("POST", "/projects/import", params={"token": token})
    listed = {project["id"]: project for project in empty_emulator.answer("GET", "/projects")}
    assert listed[copy["id"]]["status"] in {"Importing", "Succeeded"}


def test_uploading_images_leaves_last_modified(empty_emulator: Service) -> None:
    """GetImagesByIds and others: lastModified of projects with images equals created."""
    project = empty_emulator.project("images leave lastModified")
    before = empty_emulator.answer("GET", f"/projects/{project}")
    (image,) = empty_emulator.upload(project, pictures(1))
    after = empty_emulator.answer("GET", f"/projects/{project}")
    assert after["lastModified"] == before["lastModified"]
    thumbnail = signed(f"/i-{uuid.UUID(project).hex}/t-{uuid.UUID(image['id']).hex}")
    assert_shape(after, before | {"thumbnailUri": thumbnail})


def test_a_deleted_project_is_gone(empty_emulator: Service) -> None:
    """CreateDeleteProjectWithDomain (v3.1): 204; what is gone is not found afterwards (code of the OpenAPI file)."""
    project = empty_emulator.project("deleted")
    assert empty_emulator.call("DELETE", f"/projects/{project}").status_code == 204
    response = empty_emulator.call("GET", f"/projects/{project}")
    assert response.status_code == 404
    assert list(response.json()) == ["code", "message"]
    assert response.json()["code"] == "NotFoundProject"


@pytest.fixture(scope="module")
def trained_project(empty_emulator: Service) -> dict[str, Any]:
    """Two tags, five images each, one iteration that is published, as the recorder's project."""
    project = empty_emulator.project("copied")
    for number, name in enumerate(("Tag1", "Tag2")):
        tag = empty_emulator.tag(project, name)
        empty_emulator.upload(project, pictures(5, start=10 * number), [tag])
    iteration = empty_emulator.trained(project)
    publish = {"publishName": "Training UnitTest Iteration", "predictionId": "/subscriptions/s/accounts/p"}
    path = f"/projects/{project}/iterations/{iteration['id']}"
    empty_emulator.answer("POST", f"{path}/publish", params=publish)
    return empty_emulator.answer("GET", f"/projects/{project}")


@pytest.mark.parametrize("version", ["v3.2", "v3.4-preview"])
def test_a_project_is_exported_for_a_copy(
    empty_emulator: Service, trained_project: dict[str, Any], version: str
) -> None:
    """ImportProject (v3.2: the workspace counts as an iteration), ImportExportProject (v3.4-preview): 2 tags count 4."""
    identifier = trained_project["id"]
    answer = empty_emulator.answer("GET", f"/projects/{identifier}/export", version=version)
    shape = {
        "iterationCount": 2 if version == "v3.2" else 1,
        "imageCount": 10,
        "tagCount": 4,
        "regionCount": 0,
        "estimatedImportTimeInMS": int,
        "token": signed(f"/prjexp-{uuid.UUID(identifier).hex}/project-export-info"),
    }
    assert_shape(answer, shape)


@pytest.mark.parametrize("version", ["v3.2", "v3.4-preview"])
def test_a_project_is_imported_as_a_copy(
    empty_emulator: Service, trained_project: dict[str, Any], version: str
) -> None:
    """ImportProject (v3.2), ImportExportProject (v3.4-preview): name, times, tags and iterations of the copy."""
    source = f"/projects/{trained_project['id']}"
    token = empty_emulator.answer("GET", f"{source}/export", version=version)["token"]
    made = empty_emulator.answer("POST", "/projects/import", version=version, params={"token": token})
    name = made["name"]
    assert name.startswith("copied (")
    assert_shape(made, project_shape(version, name, "") | {"status": "Importing"})

    path = f"/projects/{made['id']}"
    copy = wait(
        lambda: empty_emulator.answer("GET", path, version=version), lambda p: p["status"] != "Importing"
    )
    newest = empty_emulator.answer(
        "GET", f"{path}/images", version="v3.4-preview", params={"taggingStatus": "All"}
    )
    container = f"/i-{uuid.UUID(made['id']).hex}"
    assert any(
        signed(f"{container}/t-{uuid.UUID(image['id']).hex}").fullmatch(copy["thumbnailUri"])
        for image in newest
    )
    assert copy["status"] == "Succeeded"
    assert copy["created"] == made["created"]
    assert copy["lastModified"] > made["lastModified"]
    assert copy["settings"]["detectionParameters"] == ("" if version == "v3.2" else None)
    for side in (path, source):
        assert empty_emulator.answer("GET", f"{side}/images/tagged/count", version=version) == 10


def test_a_copy_has_its_own_tags_and_iterations(
    empty_emulator: Service, trained_project: dict[str, Any]
) -> None:
    """ImportExportProject (v3.4-preview): new ids, same names and counts; trainedAt kept, publishName null."""
    source = f"/projects/{trained_project['id']}"
    token = empty_emulator.answer("GET", f"{source}/export")["token"]
    made = empty_emulator.answer("POST", "/projects/import", params={"token": token})
    path = f"/projects/{made['id']}"
    wait(lambda: empty_emulator.answer("GET", path), lambda p: p["status"] == "Succeeded")

    tags = {side: empty_emulator.answer("GET", f"{side}/tags") for side in (path, source)}
    assert {t["id"] for t in tags[path]}.isdisjoint({t["id"] for t in tags[source]})
    facts = {side: {(t["name"], t["imageCount"]) for t in tags[side]} for side in tags}
    assert facts[path] == facts[source] == {("Tag1", 5), ("Tag2", 5)}

    (mine,) = empty_emulator.answer("GET", f"{path}/iterations", version="v3.4-preview")
    (theirs,) = empty_emulator.answer("GET", f"{source}/iterations", version="v3.4-preview")
    assert mine["id"] != theirs["id"]
    assert (mine["projectId"], mine["name"], mine["status"]) == (made["id"], "Iteration 1", "Completed")
    assert (mine["publishName"], mine["originalPublishResourceId"]) == (None, None)
    assert theirs["publishName"] == "Training UnitTest Iteration"
    # Recorded: 16:31:40.283 in the copy of 16:31:40.282, and lastModified of the copy after its creation.
    kept = abs(datetime.fromisoformat(mine["trainedAt"]) - datetime.fromisoformat(theirs["trainedAt"]))
    assert kept <= timedelta(milliseconds=1)
    assert mine["created"] >= made["created"] < mine["lastModified"]
