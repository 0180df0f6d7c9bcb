"""What deleting does, at once and by and by, and what stays."""

from collections.abc import Iterator

import pytest
import requests

from tests.emulator.rules import COMPACT, admin, count, labelled, options, refusal
from tests.emulator.service import Service, pictures, running, wait


@pytest.fixture(scope="module")
def emulator() -> Iterator[Service]:
    with running("--train-seconds", "0.2", "--delete-seconds", "0.5") as service:
        yield service


def test_deletion_from_all_iterations_is_asynchronous_and_counts_fall(emulator: Service) -> None:
    project, _, images = labelled(emulator, "falling")
    iteration = emulator.trained(project)["id"]
    query = {"imageIds": ",".join(images), "allIterations": "true"}
    deleted = emulator.call("DELETE", f"/projects/{project}/images", params=query)
    assert (deleted.status_code, deleted.content) == (202, b"")
    seen = [count(emulator, project)]
    wait(lambda: seen.append(count(emulator, project)) or seen[-1], lambda left: left == 0)
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) > 2
    assert count(emulator, project, iterationId=iteration) == 0


def test_all_images_leave_the_workspace_but_not_the_snapshot(emulator: Service) -> None:
    project, tags, images = labelled(emulator, "everything")
    iteration = emulator.trained(project)["id"]
    url = emulator.answer("GET", f"/projects/{project}/images/id", params={"imageIds": images[0]})[0]
    assert (
        emulator.call("DELETE", f"/projects/{project}/images", params={"allImages": "true"}).status_code
        == 202
    )
    wait(lambda: count(emulator, project), lambda left: left == 0)
    assert count(emulator, project, iterationId=iteration) == 10
    assert [tag["imageCount"] for tag in emulator.answer("GET", f"/projects/{project}/tags")] == [0, 0]
    kept = emulator.answer("GET", f"/projects/{project}/tags/{tags[0]}", params={"iterationId": iteration})
    assert kept["imageCount"] == 5
    assert requests.get(url["originalImageUri"], timeout=30).status_code == 200


def test_ids_or_all_images_but_not_both_and_not_neither(emulator: Service) -> None:
    project, _, images = labelled(emulator, "either")
    for query in ({}, {"imageIds": images[0], "allImages": "true"}):
        answer = emulator.call("DELETE", f"/projects/{project}/images", params=query)
        assert refusal(answer) == (400, "BadRequestInvalidIds")
    assert count(emulator, project) == 10


def test_a_picture_is_gone_with_the_last_that_has_it(emulator: Service) -> None:
    project, _, images = labelled(emulator, "last")
    iteration = emulator.trained(project)["id"]
    url = emulator.answer("GET", f"/projects/{project}/images/id", params={"imageIds": images[0]})[0][
        "originalImageUri"
    ]
    emulator.call("DELETE", f"/projects/{project}/images", params={"imageIds": images[0]})
    assert requests.get(url, timeout=30).status_code == 200
    assert emulator.call("DELETE", f"/projects/{project}/iterations/{iteration}").status_code == 204
    gone = requests.get(url, timeout=30)
    assert (gone.status_code, gone.headers["x-ms-error-code"]) == (404, "BlobNotFound")


def test_a_deleted_tag_leaves_its_images_untagged_and_the_snapshot_alone(emulator: Service) -> None:
    project, tags, _ = labelled(emulator, "tag")
    iteration = emulator.trained(project)["id"]
    assert emulator.call("DELETE", f"/projects/{project}/tags/{tags[0]}").status_code == 204
    assert count(emulator, project, taggingStatus="Untagged") == 5
    assert count(emulator, project, taggingStatus="Untagged", iterationId=iteration) == 0
    assert refusal(emulator.call("GET", f"/projects/{project}/tags/{tags[0]}")) == (404, "NotFoundTag")
    assert len(emulator.answer("GET", f"/projects/{project}/tags", params={"iterationId": iteration})) == 2


def test_nothing_in_training_is_deleted(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "busy")
    with options(emulator, train_seconds=600):
        iteration = emulator.answer("POST", f"/projects/{project}/train")["id"]
    for path in (f"/projects/{project}/iterations/{iteration}", f"/projects/{project}"):
        assert refusal(emulator.call("DELETE", path)) == (400, "BadRequestTrainingAlreadyInProgress")
    assert refusal(emulator.call("POST", f"/projects/{project}/train")) == (
        400,
        "BadRequestTrainingAlreadyInProgress",
    )
    with options(emulator, delete_while_training="allow"):
        assert emulator.call("DELETE", f"/projects/{project}").status_code == 204


@pytest.mark.parametrize("owner", ["account", "project", "iteration"])
def test_a_model_goes_with_its_owner(emulator: Service, owner: str) -> None:
    project, _, _ = labelled(emulator, f"model of {owner}", domainId=COMPACT)
    iteration = emulator.trained(project)["id"]
    path = f"/projects/{project}/iterations/{iteration}"
    with options(emulator, export_seconds=0, models_go_with=owner):
        emulator.answer("POST", f"{path}/export", params={"platform": "ONNX"})
        url = emulator.answer("GET", f"{path}/export")[0]["downloadUri"]
        seen = [requests.get(url, timeout=30).status_code]
        for deleted in (path, f"/projects/{project}"):
            assert emulator.call("DELETE", deleted).status_code == 204
            seen.append(requests.get(url, timeout=30).status_code)
    assert seen == {"account": [200] * 3, "project": [200, 200, 404], "iteration": [200, 404, 404]}[owner]


@pytest.mark.parametrize("with_project", [True, False])
def test_pictures_of_predictions_and_their_project(emulator: Service, with_project: bool) -> None:
    project, _, _ = labelled(emulator, f"asked {with_project}")
    emulator.trained(project)
    part = {"imageData": ("a.jpg", pictures(1, start=99)[0])}
    emulator.answer("POST", f"/projects/{project}/quicktest/image", files=part)
    stored = emulator.answer("POST", f"/projects/{project}/predictions/query", json={})["results"][0]
    with options(emulator, predictions_go_with_project=with_project):
        emulator.call("DELETE", f"/projects/{project}")
        got = requests.get(stored["originalImageUri"], timeout=30)
    assert got.status_code == (404 if with_project else 200)


@pytest.mark.parametrize(
    ("option", "value", "snapshot_tags", "snapshot_images"),
    [
        ("delete_tag_reaches_iterations", True, 1, 10),
        ("delete_images_reaches_iterations", True, 2, 9),
        ("delete_tag_reaches_iterations", False, 2, 10),
    ],
)
def test_how_far_a_deletion_reaches_is_an_option(
    emulator: Service, option: str, value: bool, snapshot_tags: int, snapshot_images: int
) -> None:
    project, tags, images = labelled(emulator, f"reach {option} {value}")
    iteration = emulator.trained(project)["id"]
    with options(emulator, **{option: value}):
        emulator.call("DELETE", f"/projects/{project}/tags/{tags[0]}")
        emulator.call("DELETE", f"/projects/{project}/images", params={"imageIds": images[0]})
    snapshot = {"iterationId": iteration}
    assert len(emulator.answer("GET", f"/projects/{project}/tags", params=snapshot)) == snapshot_tags
    assert count(emulator, project, **snapshot) == snapshot_images


def test_a_second_delete_may_be_accepted(emulator: Service) -> None:
    project = emulator.project("twice")
    emulator.call("DELETE", f"/projects/{project}")
    assert refusal(emulator.call("DELETE", f"/projects/{project}")) == (404, "NotFoundProject")
    with options(emulator, repeated_delete="accept"):
        assert emulator.call("DELETE", f"/projects/{project}").status_code == 204


def test_a_deletion_may_be_done_at_once(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "at once")
    with options(emulator, asynchronous_delete="never"):
        answer = emulator.call("DELETE", f"/projects/{project}/images", params={"allImages": "true"})
    assert answer.status_code == 204
    assert count(emulator, project) == 0


def test_predictions_end_after_their_days(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "thirty days")
    emulator.trained(project)
    part = {"imageData": ("a.jpg", pictures(1, start=98)[0])}
    emulator.answer("POST", f"/projects/{project}/quicktest/image", files=part)
    path = f"/projects/{project}/predictions/query"
    with options(emulator, prediction_days=30):
        assert len(emulator.answer("POST", path, json={})["results"]) == 1
    with options(emulator, prediction_days=1e-9):
        assert emulator.answer("POST", path, json={})["results"] == []


def test_all_images_of_all_iterations_may_be_refused(emulator: Service) -> None:
    project, _, _ = labelled(emulator, "both")
    iteration = emulator.trained(project)["id"]
    path, query = f"/projects/{project}/images", {"allImages": "true", "allIterations": "true"}
    with options(emulator, all_images_of_all_iterations="refuse"):
        assert refusal(emulator.call("DELETE", path, params=query)) == (400, "BadRequestNotSupported")
    assert count(emulator, project) == count(emulator, project, iterationId=iteration) == 10
    assert emulator.call("DELETE", path, params=query).status_code == 202
    wait(lambda: count(emulator, project, iterationId=iteration), lambda left: left == 0)


def test_images_may_go_with_their_last_tag(emulator: Service) -> None:
    project, tags, images = labelled(emulator, "last tag")
    both = [{"imageId": images[0], "tagId": tags[1]}]
    emulator.answer("POST", f"/projects/{project}/images/tags", json={"tags": both})
    with options(emulator, images_of_a_deleted_tag="go"):
        assert emulator.call("DELETE", f"/projects/{project}/tags/{tags[0]}").status_code == 204
    assert count(emulator, project) == 6
    assert count(emulator, project, taggingStatus="Untagged") == 0


def test_pictures_of_a_deleted_project_may_stay_for_a_while(emulator: Service) -> None:
    project, _, images = labelled(emulator, "purged later")
    emulator.trained(project)
    part = {"imageData": ("a.jpg", pictures(1, start=97)[0])}
    emulator.answer("POST", f"/projects/{project}/quicktest/image", files=part)
    asked = emulator.answer("POST", f"/projects/{project}/predictions/query", json={})["results"]
    found = emulator.answer("GET", f"/projects/{project}/images/id", params={"imageIds": images[0]})
    urls = [one["originalImageUri"] for one in (*asked, *found)]
    with options(emulator, purge_seconds=600):
        emulator.call("DELETE", f"/projects/{project}")
    assert refusal(emulator.call("GET", f"/projects/{project}")) == (404, "NotFoundProject")
    assert [requests.get(url, timeout=30).status_code for url in urls] == [200, 200]
    admin(emulator, "POST", "clock", json={"seconds": 601})
    assert [requests.get(url, timeout=30).status_code for url in urls] == [404, 404]
