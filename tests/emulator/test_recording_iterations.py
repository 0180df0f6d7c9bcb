"""Training, iterations, performance, publishing, model exports; as recorded, version by version."""

import io
import json
import uuid
import zipfile
from typing import Any

import pytest

from tests.emulator.service import Service, next_millisecond, pictures, wait
from tests.emulator.shape import ID, MILLISECONDS, NUMBER, assert_shape, signed

GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
PREDICTION_RESOURCE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/prediction"
)
PUBLISH_NAME = "Training UnitTest Iteration"
VERSIONS = ("v3.0", "v3.1", "v3.2", "v3.3", "v3.4-preview")


def iteration_shape(version: str, project: str, name: str, **changes: Any) -> dict[str, Any]:
    """A trained iteration of domain General, not published."""
    shape: dict[str, Any] = {
        "id": ID,
        "name": name,
        "status": "Completed",
        "created": MILLISECONDS,
        "lastModified": MILLISECONDS,
        "trainedAt": MILLISECONDS,
        "projectId": project,
        "exportable": False,
        "exportableTo": None if version == "v3.4-preview" else [],
        "domainId": GENERAL,
        "classificationType": "Multilabel",
        "trainingType": "Regular",
        "reservedBudgetInHours": 0,
        "trainingTimeInMinutes": 1,
        "publishName": None,
        "originalPublishResourceId": None,
        "customBaseModelInfo": None,
        "trainingErrorDetails": None,
    }
    if version == "v3.0":
        del shape["trainingTimeInMinutes"]
    if version != "v3.4-preview":
        del shape["customBaseModelInfo"], shape["trainingErrorDetails"]
    return shape | changes


def untrained(shape: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same while it trains: without trainedAt."""
    return {key: value for key, value in (shape | changes).items() if key != "trainedAt"}


def new_project(service: Service, name: str, domain: str = GENERAL) -> str:
    """Two tags, five images each."""
    project = service.project(name, domainId=domain)
    for number, tag in enumerate(("Tag1", "Tag2")):
        service.upload(project, pictures(5, start=10 * number), [service.tag(project, tag)])
    return project


@pytest.fixture(scope="module")
def published(empty_emulator: Service) -> tuple[str, str]:
    """Ids of a project and its trained, published iteration; for tests that read."""
    project = new_project(empty_emulator, "published")
    iteration = empty_emulator.trained(project)["id"]
    publish(empty_emulator, project, iteration)
    return project, iteration


def publish(service: Service, project: str, iteration: str) -> None:
    response = service.call(
        "POST",
        f"/projects/{project}/iterations/{iteration}/publish",
        version="v3.1",
        params={"publishName": PUBLISH_NAME, "predictionId": PREDICTION_RESOURCE},
    )
    assert (response.status_code, response.content) == (200, b"true")


def test_training_passes_through_its_states(empty_emulator: Service) -> None:
    """TrainAndPublishProject (v3.1): domain null at first, then known while still Training, then Completed."""
    project = new_project(empty_emulator, "trained")
    query = {"reservedBudgetInHours": "0", "forceTrain": "false"}
    started = empty_emulator.answer("POST", f"/projects/{project}/train", version="v3.1", params=query)
    done = iteration_shape("v3.1", project, "Iteration 1")
    begun = untrained(
        done,
        status="Training",
        exportableTo=None,
        domainId=None,
        classificationType=None,
        trainingTimeInMinutes=0,
    )
    assert_shape(started, begun)

    path = f"/projects/{project}/iterations/{started['id']}"
    seen = [empty_emulator.answer("GET", path, version="v3.1")]
    while seen[-1]["status"] != "Completed":
        latest = wait(lambda: empty_emulator.answer("GET", path, version="v3.1"), lambda it: it != seen[-1])
        seen.append(latest)
    assert_shape(seen[0], begun)
    assert_shape(seen[-2], untrained(done, status="Training"))
    assert_shape(seen[-1], done)
    assert seen[-1]["trainedAt"] == seen[-1]["lastModified"]
    assert {iteration["created"] for iteration in seen} == {started["created"]}


def test_numbering_goes_on_after_a_delete(empty_emulator: Service) -> None:
    """TrainAndPublishProject (v3.1): unpublish 204, delete 204, and the next is "Iteration 2"."""
    project = new_project(empty_emulator, "numbering")
    first = empty_emulator.trained(project)["id"]
    publish(empty_emulator, project, first)
    path = f"/projects/{project}/iterations/{first}"
    assert empty_emulator.call("DELETE", f"{path}/publish", version="v3.1").status_code == 204
    assert empty_emulator.call("DELETE", path, version="v3.1").status_code == 204
    again = empty_emulator.answer("POST", f"/projects/{project}/train", version="v3.1")
    assert (again["name"], again["status"]) == ("Iteration 2", "Training")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_published_iteration(empty_emulator: Service, published: tuple[str, str], version: str) -> None:
    """ExportTests (v3.0), GetIterations (v3.1), GetIterationPerformance (v3.2), ImageCounts (v3.3), ImportExportProject."""
    project, iteration = published
    shape = iteration_shape(
        version,
        project,
        "Iteration 1",
        publishName=PUBLISH_NAME,
        originalPublishResourceId=PREDICTION_RESOURCE,
    )
    path = f"/projects/{project}/iterations"
    listed = empty_emulator.answer("GET", path, version=version)
    assert_shape(listed, [shape])
    assert empty_emulator.answer("GET", f"{path}/{iteration}", version=version) == listed[0]


def test_publishing_and_renaming_bump_last_modified_only(empty_emulator: Service) -> None:
    """GetIterations (v3.1): PATCH of the name; ExportTests (v3.0): lastModified after trainedAt once published."""
    project = new_project(empty_emulator, "renamed")
    trained = empty_emulator.trained(project)
    path = f"/projects/{project}/iterations/{trained['id']}"
    next_millisecond()
    publish(empty_emulator, project, trained["id"])
    next_millisecond()
    after = empty_emulator.answer("GET", path, version="v3.1")
    assert after["trainedAt"] == trained["trainedAt"] < after["lastModified"]
    renamed = empty_emulator.answer("PATCH", path, version="v3.1", json={"name": "New Iteration Name"})
    assert renamed == after | {"name": "New Iteration Name", "lastModified": renamed["lastModified"]}
    assert renamed["lastModified"] > after["lastModified"]


def test_performance_of_an_iteration(empty_emulator: Service, published: tuple[str, str]) -> None:
    """GetIterationPerformance (v3.2): per tag and overall, as single floats."""
    project, iteration = published
    response = empty_emulator.call(
        "GET",
        f"/projects/{project}/iterations/{iteration}/performance",
        version="v3.2",
        params={"threshold": "0.9"},
    )
    figures: dict[str, Any] = dict.fromkeys(
        ("precision", "precisionStdDeviation", "recall", "recallStdDeviation", "averagePrecision"), NUMBER
    )
    answer = json.loads(response.content, parse_float=str)
    tags = empty_emulator.answer("GET", f"/projects/{project}/tags", params={"iterationId": iteration})
    per_tag = [{"id": ID, "name": entry["name"], **figures} for entry in answer["perTagPerformance"]]
    assert_shape(answer, {"perTagPerformance": per_tag, **figures})
    assert {(entry["id"], entry["name"]) for entry in answer["perTagPerformance"]} == {
        (tag["id"], tag["name"]) for tag in tags
    }


def test_the_count_of_images_that_performance_is_measured_on(
    empty_emulator: Service, published: tuple[str, str]
) -> None:
    """ImageCounts (v3.3): a bare number; 2 of 10 images."""
    project, iteration = published
    path = f"/projects/{project}/iterations/{iteration}/performance/images"
    response = empty_emulator.call("GET", f"{path}/count")
    assert response.status_code == 200
    assert response.content == b"2"
    assert len(empty_emulator.answer("GET", path)) == 2


@pytest.fixture(scope="module")
def exportable(empty_emulator: Service) -> tuple[str, str]:
    """Ids of a project of a compact domain and its trained iteration."""
    project = new_project(empty_emulator, "exportable", COMPACT)
    return project, empty_emulator.trained(project)["id"]


def test_an_exportable_iteration(empty_emulator: Service, exportable: tuple[str, str]) -> None:
    """ExportTests (v3.0): exportableTo of General (compact)."""
    project, _ = exportable
    shape = iteration_shape(
        "v3.0",
        project,
        "Iteration 1",
        exportable=True,
        exportableTo=["CoreML", "DockerFile", "ONNX", "TensorFlow"],
        domainId=COMPACT,
    )
    assert_shape(empty_emulator.answer("GET", f"/projects/{project}/iterations", version="v3.0"), [shape])


def test_an_export_is_made(empty_emulator: Service, exportable: tuple[str, str]) -> None:
    """ExportTests (v3.0): POST gives one object, GET a list; downloadUri null until Done."""
    project, iteration = exportable
    path = f"/projects/{project}/iterations/{iteration}/export"
    begun = {
        "platform": "TensorFlow",
        "status": "Exporting",
        "downloadUri": None,
        "flavor": None,
        "newerVersionAvailable": False,
    }
    started = empty_emulator.answer("POST", path, version="v3.0", params={"platform": "TensorFlow"})
    assert_shape(started, begun)
    (export,) = wait(
        lambda: empty_emulator.answer("GET", path, version="v3.0"),
        lambda exports: exports[0]["status"] != "Exporting",
    )
    model = f"/m-{uuid.UUID(project).hex}/{uuid.UUID(iteration).hex}.TensorFlow.zip"
    assert_shape(export, begun | {"status": "Done", "downloadUri": signed(model)})
    content = empty_emulator.http.get(export["downloadUri"], timeout=10).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("version", ["v3.0", "v3.3", "v3.4-preview"])
def test_an_export_is_not_made_twice(
    empty_emulator: Service, exportable: tuple[str, str], version: str
) -> None:
    """Export (v1.2): 400 BadRequestExportAlreadyInProgress; from 2.0 on the keys are in camel case."""
    project, iteration = exportable
    path = f"/projects/{project}/iterations/{iteration}/export"
    query = {"platform": "ONNX"}
    empty_emulator.call("POST", path, version=version, params=query)
    again = empty_emulator.call("POST", path, version=version, params=query)
    assert again.status_code == 400
    assert list(again.json()) == ["code", "message"]
    assert again.json()["code"] == "BadRequestExportAlreadyInProgress"
