"""Both readings of what no source settles."""

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import Image

from tests.emulator.rules import COMPACT, labelled, options, refusal
from tests.emulator.service import Service, pictures, running, wait


@pytest.fixture(scope="module")
def emulator() -> Iterator[Service]:
    with running("--train-seconds", "0.2") as service:
        yield service


@pytest.fixture(scope="module")
def asked(emulator: Service) -> str:
    """A project whose published iteration was asked about seven pictures."""
    project, _, _ = labelled(emulator, "asked")
    iteration = emulator.trained(project)["id"]
    query = {"publishName": "live", "predictionId": "/subscriptions/s"}
    emulator.answer("POST", f"/projects/{project}/iterations/{iteration}/publish", params=query)
    for number in range(7):
        ask(emulator, project, number)
    return project


def ask(service: Service, project: str, number: int) -> None:
    part = {"imageData": ("a.jpg", pictures(1, start=100 + number)[0])}
    service.answer("POST", f"/projects/{project}/quicktest/image", files=part)


def pages(service: Service, project: str, **token: Any) -> Iterator[Any]:
    """Every page of a prediction query."""
    while True:
        page = service.answer("POST", f"/projects/{project}/predictions/query", json=token)
        yield page
        token = page["token"]
        if not token["continuation"]:
            return


@pytest.mark.parametrize(("choice", "last"), [("null", None), ("empty", "")])
def test_the_last_continuation(emulator: Service, asked: str, choice: str, last: str | None) -> None:
    with options(emulator, last_continuation=choice, predictions_page=3):
        read = list(pages(emulator, asked))
    assert [len(page["results"]) for page in read] == [3, 3, 1]
    assert read[-1]["token"]["continuation"] == last
    assert len({page["token"]["session"] for page in read}) == 1


@pytest.mark.parametrize("order", ["Newest", "Oldest"])
@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_pages_of_predictions_hold_each_once(emulator: Service, asked: str, order: str, size: int) -> None:
    read = [one for page in pages(emulator, asked, maxCount=size, orderBy=order) for one in page["results"]]
    assert len({one["id"] for one in read}) == len(read) == 7
    times = [one["created"] for one in read]
    assert times == sorted(times, reverse=order == "Newest")


@pytest.mark.parametrize("snapshot", [True, False])
def test_what_is_stored_during_a_query_may_stay_out_of_it(emulator: Service, snapshot: bool) -> None:
    project, _, _ = labelled(emulator, f"session {snapshot}")
    emulator.trained(project)
    for number in range(2):
        ask(emulator, project, number)
    with options(emulator, session_is_snapshot=snapshot):
        first, *rest = self_extending(emulator, project)
    assert len(first["results"]) == 1
    assert sum(len(page["results"]) for page in rest) == (1 if snapshot else 2)


def self_extending(service: Service, project: str) -> list[Any]:
    read = pages(service, project, maxCount=1, orderBy="Oldest")
    first = next(read)
    ask(service, project, 50)
    return [first, *read]


def test_predictions_are_found_by_what_the_query_says(emulator: Service, asked: str) -> None:
    path = f"/projects/{asked}/predictions/query"
    every = emulator.answer("POST", path, json={})["results"]
    middle = sorted(one["created"] for one in every)[3]
    iteration, tag = every[0]["iteration"], every[0]["predictions"][0]["tagId"]

    def found(**query: Any) -> int:
        return len(emulator.answer("POST", path, json=query)["results"])

    assert found(startTime=middle) + found(endTime=middle) >= 7
    assert found(endTime=middle) <= 4
    assert found(iterationId=iteration) == 7
    assert found(iterationId=tag) == 0
    assert found(application="shop") == 0
    low, high = found(tags=[{"id": tag, "maxThreshold": 0.5}]), found(tags=[{"id": tag, "minThreshold": 0.5}])
    assert low + high == 7
    suggested = emulator.call("POST", path, json={"orderBy": "Suggested"})
    assert suggested.status_code == 501


def test_a_duplicate_may_be_stored(emulator: Service) -> None:
    project = emulator.project("duplicates")
    with options(emulator, duplicates="store"):
        images = emulator.upload(project, pictures(1) * 3)
    assert len({image["id"] for image in images}) == 3


def test_pictures_may_be_encoded_anew(emulator: Service) -> None:
    project = emulator.project("anew")
    drawn = Image.new("RGBA", (300, 280), "red")
    out = io.BytesIO()
    drawn.save(out, "PNG")
    with options(emulator, reencode=True):
        image = emulator.upload(project, [out.getvalue()])[0]
    kept = requests.get(image["originalImageUri"], timeout=30)
    assert kept.headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(kept.content)) as read:
        assert (read.format, read.size) == ("JPEG", (300, 280))


@pytest.mark.parametrize(("choice", "metadata"), [("merge", {"a": "1", "b": "2"}), ("replace", {"b": "2"})])
def test_metadata_that_is_not_named(emulator: Service, choice: str, metadata: dict[str, str]) -> None:
    project = emulator.project(f"metadata {choice}")
    image = emulator.upload(project, pictures(1))[0]["id"]
    path, query = f"/projects/{project}/images/metadata", {"imageIds": image}
    with options(emulator, metadata_update=choice):
        for pair in ({"a": "1"}, {"b": "2"}):
            emulator.answer("POST", path, params=query, json=pair)
    assert emulator.answer("GET", f"/projects/{project}/images")[0]["metadata"] == metadata


@pytest.mark.parametrize("code", ["BadRequestIterationIsPublished", "BadRequestNotSupported"])
def test_the_code_for_what_is_published(emulator: Service, asked: str, code: str) -> None:
    iteration = emulator.answer("GET", f"/projects/{asked}/iterations")[0]["id"]
    with options(emulator, published_code=code):
        for path in (f"/projects/{asked}", f"/projects/{asked}/iterations/{iteration}"):
            assert refusal(emulator.call("DELETE", path)) == (400, code)


def test_the_general_key_header_may_be_taken(emulator: Service) -> None:
    url = f"{emulator.endpoint}/customvision/v3.3/training/projects"
    headers = {"Ocp-Apim-Subscription-Key": emulator.training_key}
    assert requests.get(url, headers=headers, timeout=30).status_code == 401
    with options(emulator, subscription_key_header=True):
        assert requests.get(url, headers=headers, timeout=30).status_code == 200


def test_a_failed_training_may_be_spelt_otherwise() -> None:
    with running("--seed", "small", "--option", "failed_status=failed") as service:
        statuses = {
            iteration["status"]
            for project in service.answer("GET", "/projects")
            for iteration in service.answer("GET", f"/projects/{project['id']}/iterations")
        }
    assert statuses == {"Completed", "failed"}


def test_a_resized_picture_may_be_one_of_its_own(emulator: Service) -> None:
    project = emulator.project("resized")
    content = pictures(1, width=1600, height=900)[0]
    emulator.upload(project, [content])
    with options(emulator, resized="own"):
        image = emulator.answer("GET", f"/projects/{project}/images")[0]
    assert (image["width"], image["height"]) == (1600, 900)
    assert requests.get(image["originalImageUri"], timeout=30).content == content
    resized = requests.get(image["resizedImageUri"], timeout=30)
    with Image.open(io.BytesIO(resized.content)) as read:
        assert read.size == (1024, 576)


def test_a_url_may_be_too_long(emulator: Service) -> None:
    project, _, images = labelled(emulator, "long")
    path = f"/projects/{project}/images/id"
    with options(emulator, longest_url=400):
        many = emulator.call("GET", path, params={"imageIds": ",".join(images)})
        few = emulator.call("GET", path, params={"imageIds": ",".join(images[:5])})
    assert (many.status_code, many.json()["error"]["code"]) == (414, "414")
    assert len(few.json()) == 5


def test_a_model_may_be_made_anew_and_may_lack_its_address(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "models anew", domainId=COMPACT)
    path = f"/projects/{project}/iterations/{emulator.trained(project)['id']}/export"

    def export() -> Any:
        emulator.answer("POST", path, params={"platform": "ONNX"})
        return wait(lambda: emulator.answer("GET", path)[0], lambda found: found["status"] == "Done")

    with options(emulator, export_seconds=0.1):
        first = export()
        before = requests.get(first["downloadUri"], timeout=30).content
        assert refusal(emulator.call("POST", path, params={"platform": "ONNX"}))[0] == 400
        with options(emulator, exporter_version=2):
            assert emulator.answer("GET", path)[0]["newerVersionAvailable"]
            second = export()
            assert not second["newerVersionAvailable"]
        assert requests.get(second["downloadUri"], timeout=30).content != before
        with options(emulator, model_links=False):
            assert emulator.answer("GET", path)[0]["downloadUri"] is None


@pytest.mark.parametrize("order", ["Newest", "Oldest"])
def test_images_of_one_time_may_change_places_and_others_do_not(small_emulator: Service, order: str) -> None:
    projects = [project["id"] for project in small_emulator.answer("GET", "/projects")]

    def listed(project: str) -> list[tuple[str, str]]:
        query = {"orderBy": order, "take": "256"}
        images = small_emulator.answer("GET", f"/projects/{project}/images", params=query)
        return [(image["created"], image["id"]) for image in images]

    before = [listed(project) for project in projects]
    assert [listed(project) for project in projects] == before
    with options(small_emulator, equal_times="at-random"):
        anew = [listed(project) for project in projects]
    assert anew != before
    assert [sorted(images) for images in anew] == [sorted(images) for images in before]
    times = [[created for created, _ in images] for images in (*before, *anew)]
    assert times[: len(projects)] == times[len(projects) :]


@pytest.mark.parametrize("code", ["BadRequestInvalidIds", "BadRequestInvalid"])
def test_the_code_for_an_id_that_is_none(emulator: Service, code: str) -> None:
    project = emulator.project(f"no id {code}")
    with options(emulator, malformed_id_code=code):
        for call in (
            emulator.call("GET", "/projects/not-an-id"),
            emulator.call("GET", f"/projects/{project}/images/id", params={"imageIds": "not-an-id"}),
            emulator.call("GET", f"/projects/{project}/tags", params={"iterationId": "not-an-id"}),
            emulator.call(
                "POST", f"/projects/{project}/predictions/query", json={"iterationId": "not-an-id"}
            ),
        ):
            assert refusal(call) == (400, code)


@pytest.mark.parametrize("code", ["BadRequestExceededBatchSize", "BadRequestInvalidIds"])
def test_the_code_for_too_many_ids(emulator: Service, code: str) -> None:
    project = emulator.project(f"many ids {code}")
    query = {"imageIds": ",".join(str(uuid.UUID(int=number)) for number in range(257))}
    with options(emulator, too_many_ids_code=code):
        assert refusal(emulator.call("DELETE", f"/projects/{project}/images", params=query)) == (400, code)


@pytest.mark.parametrize("code", ["BadRequestExportAlreadyInProgress", "BadRequestExportValidationFailed"])
def test_the_code_for_a_model_that_is_there(emulator: Service, code: str) -> None:
    project, _, _ = labelled(emulator, f"again {code}", domainId=COMPACT)
    path = f"/projects/{project}/iterations/{emulator.trained(project)['id']}/export"
    emulator.answer("POST", path, params={"platform": "ONNX"})
    with options(emulator, export_again_code=code):
        assert refusal(emulator.call("POST", path, params={"platform": "ONNX"})) == (400, code)


def test_unpublishing_may_fail(emulator: Service, asked: str) -> None:
    iteration = emulator.answer("GET", f"/projects/{asked}/iterations")[0]["id"]
    path = f"/projects/{asked}/iterations/{iteration}"
    with options(emulator, unpublish="fails"):
        assert refusal(emulator.call("DELETE", f"{path}/publish")) == (400, "BadRequestUnpublishFailed")
    assert emulator.answer("GET", path)["publishName"] == "live"


def test_what_is_not_published_may_be_unpublished(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "not published")
    path = f"/projects/{project}/iterations/{emulator.trained(project)['id']}/publish"
    assert refusal(emulator.call("DELETE", path)) == (400, "BadRequestIterationNotPublished")
    with options(emulator, repeated_delete="accept"):
        assert emulator.call("DELETE", path).status_code == 204
