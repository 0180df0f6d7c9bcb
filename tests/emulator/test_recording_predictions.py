"""Quick tests and stored predictions, as recorded."""

import json
import re
from typing import Any

import pytest

from tests.emulator.service import Service, pictures
from tests.emulator.shape import ID, MILLISECONDS, NUMBER, TICKS, assert_shape, picture_uris, signed

GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"


@pytest.fixture(scope="module")
def trained(empty_emulator: Service) -> tuple[str, str]:
    """Ids of a classification project and its trained iteration."""
    project = empty_emulator.project("predictions")
    for number, name in enumerate(("Tag1", "Tag2")):
        empty_emulator.upload(project, pictures(5, start=10 * number), [empty_emulator.tag(project, name)])
    return project, empty_emulator.trained(project)["id"]


def quick_test(service: Service, ids: tuple[str, str], version: str, number: int, **query: str) -> Any:
    """The answer's response to a picture of that number."""
    project, iteration = ids
    response = service.call(
        "POST",
        f"/projects/{project}/quicktest/image",
        version=version,
        params={"iterationId": iteration, **query},
        files={"imageData": ("test_image.jpg", *pictures(1, start=900 + number))},
    )
    assert response.status_code == 200, response.text
    return response


def entry_shape(version: str, number: Any = NUMBER) -> dict[str, Any]:
    """One predicted tag; tagType came with v3.4-preview."""
    shape: dict[str, Any] = {"probability": number, "tagId": ID, "tagName": re.compile("Tag[12]")}
    return shape | ({"tagType": "Regular"} if version == "v3.4-preview" else {})


@pytest.mark.parametrize("version", ["v3.0", "v3.1", "v3.2", "v3.3", "v3.4-preview"])
def test_a_quick_test(empty_emulator: Service, trained: tuple[str, str], version: str) -> None:
    """CreateImagesFromPredictions (v3.4-preview), QuickTestImage, QuickTestImageUrl: probabilities fall."""
    # v3.1 brought `store`.
    query = {} if version == "v3.0" else {"store": "false"}
    response = quick_test(empty_emulator, trained, version, 1, **query)
    answer = json.loads(response.content, parse_float=str)
    project, iteration = trained
    shape = {
        "id": ID,
        "project": project,
        "iteration": iteration,
        "created": MILLISECONDS,
        "predictions": [entry_shape(version), entry_shape(version)],
    }
    assert_shape(answer, shape)
    probabilities = [float(entry["probability"]) for entry in answer["predictions"]]
    assert probabilities == sorted(probabilities, reverse=True)


@pytest.mark.parametrize("version", ["v3.2", "v3.4-preview"])
def test_the_id_of_a_quick_test_is_that_of_its_request(
    empty_emulator: Service, trained: tuple[str, str], version: str
) -> None:
    """CreateImagesFromPredictions (v3.4-preview): Request-Id equals the prediction's id."""
    response = quick_test(empty_emulator, trained, version, 2)
    assert response.headers["Request-Id"] == response.json()["id"]


def test_a_quick_test_of_a_url(empty_emulator: Service, trained: tuple[str, str]) -> None:
    """CreateImagesFromPredictions (v3.4-preview), QuickTestImageUrl: the same answer by URL."""
    project, iteration = trained
    (image, *_) = empty_emulator.answer("GET", f"/projects/{project}/images/tagged")
    answer = empty_emulator.answer(
        "POST",
        f"/projects/{project}/quicktest/url",
        version="v3.4-preview",
        params={"iterationId": iteration, "store": "false"},
        json={"url": image["originalImageUri"]},
    )
    assert list(answer) == ["id", "project", "iteration", "created", "predictions"]
    assert (answer["project"], answer["iteration"]) == trained


def test_a_detection_quick_test_has_boxes(empty_emulator: Service) -> None:
    """ObjDetectionPrediction (v3.0): boundingBox after tagName, no tagType."""
    project = empty_emulator.project("predicted boxes", domainId=DETECTION)
    tag = empty_emulator.tag(project, "fork")
    box = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}
    images = empty_emulator.upload(project, pictures(15))
    body = {"regions": [{"imageId": image["id"], "tagId": tag, **box} for image in images]}
    empty_emulator.answer("POST", f"/projects/{project}/images/regions", json=body)
    iteration = empty_emulator.trained(project)["id"]
    response = quick_test(empty_emulator, (project, iteration), "v3.0", 3)
    (first, *_) = json.loads(response.content, parse_float=str)["predictions"]
    bounding_box = {"left": NUMBER, "top": NUMBER, "width": NUMBER, "height": NUMBER}
    assert_shape(first, {"probability": NUMBER, "tagId": tag, "tagName": "fork", "boundingBox": bounding_box})


@pytest.mark.parametrize(
    ("version", "container"),
    [("v3.1", "/e-{hex}"), ("v3.2", "/predictionimages/{id}"), ("v3.4-preview", "/predictionimages/{id}")],
)
def test_stored_predictions_are_queried(
    empty_emulator: Service, trained: tuple[str, str], version: str, container: str
) -> None:
    """DeletePrediction (v3.1), QueryPredictionResults (v3.2): maxCount 0 gives results, the token echoes nulls too."""
    project, iteration = trained
    number = 10 + len(version)
    stored = quick_test(empty_emulator, trained, version, number).json()["id"]
    body = {"maxCount": 0, "orderBy": "Newest"}
    response = empty_emulator.call(
        "POST", f"/projects/{project}/predictions/query", version=version, json=body
    )
    answer = json.loads(response.content, parse_float=str)
    token = {
        "session": re.compile(r"\d+:\d+"),
        "continuation": None,
        "maxCount": 0,
        "orderBy": "Newest",
        "tags": None,
        "iterationId": None,
        "startTime": None,
        "endTime": None,
        "application": None,
    }
    assert list(answer) == ["token", "results"]
    assert_shape(answer["token"], token)

    result = answer["results"][0]
    place = container.format(hex=project.replace("-", ""), id=project)
    original = signed(f"{place}/o-{stored.replace('-', '')}")
    shape = {
        "resizedImageUri": original,
        "thumbnailUri": signed(f"{place}/t-{stored.replace('-', '')}"),
        "originalImageUri": original,
        "domain": GENERAL,
        "id": stored,
        "project": project,
        "iteration": iteration,
        "created": MILLISECONDS,
        "predictions": [entry_shape(version), entry_shape(version)],
    }
    assert_shape(result, shape)
    picture = empty_emulator.http.get(result["originalImageUri"], timeout=10)
    assert [picture.content] == pictures(1, start=900 + number)


def test_stored_predictions_are_newest_first(empty_emulator: Service, trained: tuple[str, str]) -> None:
    """QueryPredictionResults (v3.2) asks for orderBy Newest."""
    made = [quick_test(empty_emulator, trained, "v3.3", 30 + n).json()["id"] for n in range(3)]
    answer = empty_emulator.answer(
        "POST", f"/projects/{trained[0]}/predictions/query", json={"maxCount": 0, "orderBy": "Newest"}
    )
    assert [result["id"] for result in answer["results"][:3]] == made[::-1]


def test_a_stored_prediction_is_deleted(empty_emulator: Service, trained: tuple[str, str]) -> None:
    """DeletePrediction (v3.1): 204, and it is gone."""
    stored = quick_test(empty_emulator, trained, "v3.1", 4).json()["id"]
    path = f"/projects/{trained[0]}/predictions"
    response = empty_emulator.call("DELETE", path, version="v3.1", params={"ids": stored})
    assert (response.status_code, response.content) == (204, b"")
    answer = empty_emulator.answer("POST", f"{path}/query", version="v3.1", json={})
    assert stored not in {result["id"] for result in answer["results"]}


def test_an_image_is_made_of_a_stored_prediction(empty_emulator: Service, trained: tuple[str, str]) -> None:
    """CreateImagesFromPredictions (v3.4-preview): sourceUrl is the prediction's id; no tags."""
    project, _ = trained
    stored = quick_test(empty_emulator, trained, "v3.4-preview", 5).json()["id"]
    answer = empty_emulator.answer(
        "POST",
        f"/projects/{project}/images/predictions",
        version="v3.4-preview",
        json={"images": [{"id": stored}]},
    )
    identifier = answer["images"][0]["image"]["id"]
    image = {"id": ID, "created": TICKS, "width": 320, "height": 256, **picture_uris(project, identifier)}
    entry = {"sourceUrl": stored, "status": "OK", "image": image}
    assert_shape(answer, {"isBatchSuccessful": True, "images": [entry]})


@pytest.mark.parametrize("path", ["/iterations", "/quicktest/image", "/quicktest/url"])
def test_version_1_2_is_refused_clearly(empty_emulator: Service, trained: tuple[str, str], path: str) -> None:
    """Export, ExportIteration, GetExports, QuickTestImage, QuickTestImageUrl are of v1.2: there, `/account` alone answers."""
    url = f"{empty_emulator.endpoint}/customvision/v1.2/Training/projects/{trained[0]}{path}"
    method = "GET" if path == "/iterations" else "POST"
    headers = {"Training-Key": empty_emulator.training_key}
    response = empty_emulator.http.request(method, url, headers=headers, timeout=10)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "404"
    assert "v1.2" in response.json()["error"]["message"]
