"""Maxima, quotas and names: what the service refuses, with its own codes."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.rules import COMPACT, DETECTION, count, labelled, options, refusal
from tests.emulator.service import Service, pictures, running, wait


@pytest.fixture(scope="module")
def emulator() -> Iterator[Service]:
    with running("--train-seconds", "0.2") as service:
        yield service


def ids(number: int) -> str:
    return ",".join(str(uuid.uuid4()) for _ in range(number))


@pytest.mark.parametrize(
    ("method", "path", "query", "code"),
    [
        ("GET", "/images", {"take": "257"}, "BadRequestExceededBatchSize"),
        ("GET", "/images/tagged", {"tagIds": ids(21)}, "BadRequestExceededBatchSize"),
        ("GET", "/images/id", {"imageIds": ids(257)}, "BadRequestExceededBatchSize"),
        ("DELETE", "/images", {"imageIds": ids(257)}, "BadRequestExceededBatchSize"),
        ("DELETE", "/images/tags", {"imageIds": ids(65), "tagIds": ids(1)}, "BadRequestExceededBatchSize"),
        ("DELETE", "/images/tags", {"tagIds": ids(21), "imageIds": ids(1)}, "BadRequestExceededBatchSize"),
        ("DELETE", "/images/regions", {"regionIds": ids(65)}, "BadRequestExceededBatchSize"),
        ("DELETE", "/predictions", {"ids": ids(65)}, "BadRequestPredictionIdsExceededCount"),
        ("DELETE", "/predictions", {}, "BadRequestRequiredParamIsNull"),
        ("GET", "/images", {"take": "-1"}, "BadRequestInvalid"),
        ("GET", "/images", {"skip": "many"}, "BadRequestInvalid"),
        ("GET", "/images", {"orderBy": "Random"}, "BadRequestInvalid"),
        ("GET", "/images", {"tagIds": "hat"}, "BadRequestInvalidIds"),
        ("GET", "/images", {"colour": "red"}, "BadRequestInvalid"),
        ("GET", "/images/tagged", {"$filter": "a eq 'b'"}, "BadRequestInvalid"),
        ("GET", "/images", {"$filter": "a is 'b'"}, "BadRequestInvalid"),
    ],
)
def test_a_bad_query_is_refused_by_its_name(
    emulator: Service, method: str, path: str, query: dict[str, str], code: str
) -> None:
    project = emulator.project(str(uuid.uuid4()))
    answer = emulator.call(method, f"/projects/{project}{path}", params=query)
    assert refusal(answer) == (400, code)
    named = next(iter(query), "ids")
    assert named in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (
            "/images/tags",
            {"tags": [{"imageId": str(uuid.uuid4()), "tagId": str(uuid.uuid4())}] * 129},
            "ExceededBatchSize",
        ),
        ("/images/tags", {"tags": [{"imageId": "x", "tagId": str(uuid.uuid4())}]}, "InvalidIds"),
        ("/images/tags", {}, "Invalid"),
        ("/images/files", {"images": [{"name": "a", "contents": ""}] * 65}, "ExceededBatchSize"),
        ("/images/files", {"images": []}, "ImageBatch"),
        ("/predictions/query", {"maxCount": 257}, "PredictionResultsExceededCount"),
        ("/predictions/query", {"tags": [{"id": str(uuid.uuid4())}] * 3}, "PredictionTagsExceededCount"),
        ("/predictions/query", {"startTime": "yesterday"}, "PredictionInvalidQueryParameters"),
        ("/predictions/query", {"continuation": "2"}, "PredictionInvalidQueryParameters"),
    ],
)
def test_a_bad_body_is_refused(emulator: Service, path: str, body: Any, code: str) -> None:
    project = emulator.project(str(uuid.uuid4()))
    answer = emulator.call("POST", f"/projects/{project}{path}", json=body)
    assert refusal(answer) == (400, f"BadRequest{code}")


def test_a_body_that_is_no_json_is_refused(emulator: Service) -> None:
    project = emulator.project("no json")
    path = f"/projects/{project}/predictions/query"
    wrong_type = emulator.call("POST", path, data={"maxCount": "1"})
    assert refusal(wrong_type) == (415, "UnsupportedMediaType")
    broken = emulator.http.post(
        f"{emulator.endpoint}/customvision/v3.3/training{path}",
        headers={"Training-Key": emulator.training_key, "Content-Type": "application/json"},
        data=b"{",
        timeout=30,
    )
    assert refusal(broken) == (400, "BadRequestInvalid")


@pytest.mark.parametrize(
    ("version", "pairs", "key", "value"), [("v3.3", 50, 256, 512), ("v3.4-preview", 10, 128, 256)]
)
def test_metadata_has_the_limits_of_its_version(
    emulator: Service, version: str, pairs: int, key: int, value: int
) -> None:
    project = emulator.project(f"metadata {version}")
    image = emulator.upload(project, pictures(1))[0]["id"]

    def put(metadata: dict[str, str]) -> Any:
        path = f"/projects/{project}/images/metadata"
        return emulator.call("POST", path, version=version, params={"imageIds": image}, json=metadata)

    most = {f"{number}".rjust(key, "k"): "v" * value for number in range(pairs)}
    assert put(most).json()["images"][0]["metadata"] == most
    assert put({"one": "more"}).json()["images"] == [{"imageId": image, "status": "ErrorLimitExceed"}]
    assert refusal(put({"k" * (key + 1): "v"})) == (400, "BadRequestImageMetadataKey")
    assert refusal(put({"k": "v" * (value + 1)})) == (400, "BadRequestImageMetadataValue")


def test_an_unknown_image_makes_a_batch_207(emulator: Service) -> None:
    project = emulator.project("partly")
    image = emulator.upload(project, pictures(1))[0]["id"]
    stranger = str(uuid.uuid4())
    query = {"imageIds": f"{image},{stranger}"}
    answer = emulator.call("POST", f"/projects/{project}/images/metadata", params=query, json={"a": "b"})
    assert answer.status_code == 207
    assert answer.json()["isBatchSuccessful"] is False
    assert [entry["status"] for entry in answer.json()["images"]] == ["OK", "ErrorImageNotFound"]


@pytest.mark.parametrize(("version", "status"), [("v3.2", 200), ("v3.3", 207), ("v3.4-preview", 207)])
def test_a_batch_says_for_each_picture_why_it_is_not_taken(
    emulator: Service, version: str, status: int
) -> None:
    project = emulator.project(f"mixed {version}")
    good = pictures(1)[0]
    wide = pictures(1, width=2600, height=100)[0]
    large = good + bytes(6 * 1024 * 1024)
    contents = {"good": good, "again": good, "text": b"no picture", "wide": wide, "large": large}
    parts = [("images", (name, content)) for name, content in contents.items()]
    answer = emulator.call("POST", f"/projects/{project}/images", version=version, files=parts)
    assert answer.status_code == status
    body = answer.json()
    assert body["isBatchSuccessful"] is False
    assert {entry["sourceUrl"].strip('"'): entry["status"] for entry in body["images"]} == {
        "good": "OK",
        "again": "OKDuplicate",
        "text": "ErrorImageFormat",
        "wide": "ErrorImageDimensions",
        "large": "ErrorImageSize",
    }
    assert [entry["image"] is None for entry in body["images"]] == [False, False, True, True, True]
    assert emulator.answer("GET", f"/projects/{project}/images/untagged/count", version=version) == 1


def test_the_free_tier_has_small_quotas(emulator: Service) -> None:
    with running("--option", "tier=F0") as free:
        projects = [free.project(name) for name in ("one", "two")]
        third = free.call("POST", "/projects", params={"name": "three"})
        assert refusal(third) == (400, "BadRequestExceedProjectLimit")
        for number in range(50):
            free.tag(projects[0], f"tag {number}")
        one_more = free.call("POST", f"/projects/{projects[0]}/tags", params={"name": "one more"})
        assert refusal(one_more) == (400, "BadRequestExceedTagPerProjectLimit")


def test_names_have_their_length_and_are_unique(emulator: Service) -> None:
    project = emulator.project("n" * 128)
    tag = emulator.tag(project, "t" * 128)
    other = emulator.tag(project, "other")
    for answer, code in (
        (emulator.call("POST", "/projects", params={"name": "n" * 129}), "ProjectName"),
        (emulator.call("POST", "/projects", params={"name": "n" * 128}), "ProjectNameNotUnique"),
        (emulator.call("POST", f"/projects/{project}/tags", params={"name": "t" * 129}), "TagName"),
        (emulator.call("POST", f"/projects/{project}/tags", params={"name": "t" * 128}), "TagNameNotUnique"),
        (
            emulator.call("PATCH", f"/projects/{project}/tags/{other}", json={"name": "t" * 128}),
            "TagNameNotUnique",
        ),
    ):
        assert refusal(answer) == (400, f"BadRequest{code}")
    same = emulator.call("PATCH", f"/projects/{project}/tags/{tag}", json={"name": "t" * 128})
    assert same.status_code == 200


def test_a_negative_tag_stands_alone(emulator: Service) -> None:
    project = emulator.project("negative")
    regular, negative = emulator.tag(project, "hat"), emulator.tag(project, "nothing", type="Negative")
    second = emulator.call("POST", f"/projects/{project}/tags", params={"name": "none", "type": "Negative"})
    assert refusal(second) == (400, "BadRequestMultipleNegativeTag")
    image = emulator.upload(project, pictures(1), [negative])[0]["id"]
    body = {"tags": [{"imageId": image, "tagId": regular}]}
    answer = emulator.call("POST", f"/projects/{project}/images/tags", json=body)
    assert refusal(answer) == (400, "BadRequestNegativeAndRegularTagOnSameImage")
    both = {"tagIds": f"{regular},{negative}"}
    part = {"imageData": ("a", pictures(1, start=5)[0])}
    created = emulator.call("POST", f"/projects/{project}/images", params=both, files=part)
    assert created.json()["images"][0]["status"] == "ErrorNegativeAndRegularTagOnSameImage"


@pytest.mark.parametrize("choice", ["replace", "exceed"])
def test_a_multiclass_image_has_one_tag(emulator: Service, choice: str) -> None:
    project, tags, images = labelled(emulator, f"one tag {choice}", classificationType="Multiclass")
    body = {"tags": [{"imageId": images[0], "tagId": tags[1]}]}
    with options(emulator, second_multiclass_tag=choice):
        answer = emulator.answer("POST", f"/projects/{project}/images/tags", json=body)
    read = emulator.answer("GET", f"/projects/{project}/images/id", params={"imageIds": images[0]})[0]
    replaced = choice == "replace"
    assert [tag["tagId"] for tag in read["tags"]] == [tags[1] if replaced else tags[0]]
    assert answer == {
        "created": body["tags"] if replaced else [],
        "duplicated": [],
        "exceeded": [] if replaced else body["tags"],
    }


@pytest.mark.parametrize("box", [(0.5, 0, 0.6, 0.5), (-0.1, 0, 0.5, 0.5), (0, 0, 0, 0.5)])
def test_a_region_lies_within_its_picture(emulator: Service, box: tuple[float, float, float, float]) -> None:
    project = emulator.project(str(uuid.uuid4()), domainId=DETECTION)
    tag, image = emulator.tag(project, "hat"), emulator.upload(project, pictures(1))[0]["id"]
    region = {
        "imageId": image,
        "tagId": tag,
        **dict(zip(("left", "top", "width", "height"), box, strict=True)),
    }
    answer = emulator.call("POST", f"/projects/{project}/images/regions", json={"regions": [region]})
    assert refusal(answer) == (400, "BadRequestImageRegions")
    assert count(emulator, project, taggingStatus="Untagged") == 1


def test_training_wants_enough_images_and_a_change(emulator: Service) -> None:
    project, _, images = labelled(emulator, "enough")
    path = f"/projects/{project}/train"
    emulator.trained(project)
    assert refusal(emulator.call("POST", path)) == (400, "BadRequestTrainingNotNeeded")
    assert emulator.call("POST", path, params={"forceTrain": "true"}).status_code == 200
    emulator.call("DELETE", f"/projects/{project}/images", params={"imageIds": images[0]})
    poor = emulator.project("poor")
    assert refusal(emulator.call("POST", f"/projects/{poor}/train")) == (
        400,
        "BadRequestTrainingValidationFailed",
    )


def test_publishing_and_exporting_want_a_trained_iteration(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "too early", domainId=COMPACT)
    with options(emulator, train_seconds=600):
        iteration = emulator.answer("POST", f"/projects/{project}/train")["id"]
    path = f"/projects/{project}/iterations/{iteration}"
    for answer, expected in (
        (
            emulator.call("POST", f"{path}/publish", params={"publishName": "a", "predictionId": "b"}),
            (400, "BadRequestIterationIsNotTrained"),
        ),
        (
            emulator.call("POST", f"{path}/export", params={"platform": "ONNX"}),
            (400, "BadRequestIterationIsNotTrained"),
        ),
        (emulator.call("GET", f"{path}/performance"), (404, "NotFoundIterationPerformance")),
        (
            emulator.call("POST", f"/projects/{project}/quicktest/url", json={"url": "x"}),
            (404, "NotFoundProjectDefaultIteration"),
        ),
    ):
        assert refusal(answer) == expected


def test_a_publish_name_is_taken_once_unless_it_is_overwritten(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "publish")
    first = emulator.trained(project)["id"]
    second = emulator.answer("POST", f"/projects/{project}/train", params={"forceTrain": "true"})["id"]
    path = f"/projects/{project}/iterations"
    query = {"publishName": "live", "predictionId": "/subscriptions/s"}
    assert emulator.answer("POST", f"{path}/{first}/publish", params=query) is True
    again = emulator.call("POST", f"{path}/{first}/publish", params=query | {"overwrite": "true"})
    assert refusal(again) == (400, "BadRequestIterationIsPublished")
    assert again.json()["message"] == "Iteration is already published as: live"
    wait(lambda: emulator.answer("GET", f"{path}/{second}")["status"], lambda status: status == "Completed")
    taken = emulator.call("POST", f"{path}/{second}/publish", params=query)
    assert refusal(taken) == (400, "BadRequestInvalidPublishName")
    assert emulator.answer("POST", f"{path}/{second}/publish", params=query | {"overwrite": "true"}) is True
    assert [one["publishName"] for one in emulator.answer("GET", path)] == [None, "live"]


def test_take_may_be_clamped_and_unknown_parameters_ignored(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "lenient")
    with options(emulator, too_large_take="clamp", unknown_parameters="ignore"):
        images = emulator.answer(
            "GET", f"/projects/{project}/images", params={"take": "9999", "colour": "red"}
        )
    assert len(images) == 10


def test_ids_that_do_not_exist_are_left_out_or_refused(emulator: Service) -> None:
    project, _, images = labelled(emulator, "missing")
    query = {"imageIds": f"{images[0]},{uuid.uuid4()},{images[1]}"}
    path = f"/projects/{project}/images/id"
    assert [image["id"] for image in emulator.answer("GET", path, params=query)] == [images[1], images[0]]
    with options(emulator, missing_images="refuse"):
        assert refusal(emulator.call("GET", path, params=query)) == (404, "NotFoundImage")
    with options(emulator, images_by_ids="as-asked"):
        assert [image["id"] for image in emulator.answer("GET", path, params=query)] == [images[0], images[1]]
