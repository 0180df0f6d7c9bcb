"""Paging, order, snapshots, publishing and what may be deleted when, as a user of the official client meets them."""

from typing import Any

import pytest
from azure.cognitiveservices.vision.customvision.training import models

from tests.emulator.official_client import Client, training_client
from tests.emulator.service import Service, pictures, wait

PREDICTION_RESOURCE = "/subscriptions/s/resourceGroups/g/providers/p/accounts/prediction"
Refused = models.CustomVisionErrorException


@pytest.fixture(scope="module")
def client(empty_emulator: Service) -> Client:
    return training_client(empty_emulator)


@pytest.fixture(scope="module")
def seeded(small_emulator: Service) -> Client:
    return training_client(small_emulator)


def new_project(client: Client, name: str) -> tuple[str, list[str], list[str]]:
    """Ids of a project, its two tags, and its ten images, five of each tag."""
    project = client.create_project(name).id
    tags = [client.create_tag(project, tag).id for tag in ("one", "two")]
    images: list[str] = []
    for number, content in enumerate(pictures(10)):
        summary = client.create_images_from_data(project, content, [tags[number % 2]])
        images.append(summary.images[0].image.id)
    return project, tags, images


def trained(client: Client, project: str) -> str:
    iteration = client.train_project(project, force_train=True).id
    wait(lambda: client.get_iteration(project, iteration), lambda found: found.status == "Completed")
    return iteration


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    """Status and code of a call that the service refuses."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    failure: Any = caught.value
    return failure.response.status_code, failure.error.code


def all_pages(read: Any, project: str, size: int, **query: str) -> list[str]:
    found: list[str] = []
    while page := [image.id for image in read(project, take=size, skip=len(found), **query)]:
        found += page
    return found


@pytest.mark.parametrize("size", [5, 50, 256])
@pytest.mark.parametrize("order", ["Newest", "Oldest"])
def test_pages_hold_every_image_once_in_the_order_of_the_whole(seeded: Client, size: int, order: str) -> None:
    (project,) = (found.id for found in seeded.get_projects() if found.name == "Hats")
    whole = all_pages(seeded.get_tagged_images, project, 256, order_by=order)
    pages = all_pages(seeded.get_tagged_images, project, size, order_by=order)
    assert pages == whole
    assert len(set(whole)) == len(whole) == seeded.get_tagged_image_count(project)


def test_the_default_page_has_fifty(seeded: Client) -> None:
    (project,) = (found.id for found in seeded.get_projects() if found.name == "Hats")
    assert len(seeded.get_images(project)) == 50
    assert [image.id for image in seeded.get_images(project)] == [
        image.id for image in seeded.get_images(project, take=50, skip=0, order_by="Newest")
    ]


def test_counts_agree_with_lists(seeded: Client) -> None:
    for project in seeded.get_projects():
        tagged = all_pages(seeded.get_tagged_images, project.id, 256)
        untagged = all_pages(seeded.get_untagged_images, project.id, 256)
        assert seeded.get_tagged_image_count(project.id) == len(tagged)
        assert seeded.get_untagged_image_count(project.id) == len(untagged)
        assert seeded.get_image_count(project.id) == len({*tagged, *untagged})
        for tag in seeded.get_tags(project.id):
            assert tag.image_count == seeded.get_tagged_image_count(project.id, tag_ids=[tag.id])


def test_predictions_come_page_by_page(seeded: Client) -> None:
    (project,) = (found.id for found in seeded.get_projects() if found.name == "Hats")
    token = models.PredictionQueryToken(max_count=7, order_by="Newest")
    ids: list[str] = []
    while True:
        answer = seeded.query_predictions(project, token)
        ids += [result.id for result in answer.results]
        token = answer.token
        if not token.continuation:
            break
        assert token.max_count == 7
    assert len(set(ids)) == len(ids) == 20


def test_a_snapshot_keeps_what_the_workspace_loses(client: Client) -> None:
    project, tags, images = new_project(client, "snapshot")
    iteration = trained(client, project)
    client.delete_images(project, image_ids=[images[0]])
    client.delete_tag(project, tags[1])
    client.create_images_from_data(project, *pictures(1, start=99))

    assert client.get_image_count(project) == 10
    assert client.get_tagged_image_count(project) == 4
    assert [tag.id for tag in client.get_tags(project)] == [tags[0]]
    assert client.get_image_count(project, iteration_id=iteration) == 10
    kept = client.get_tagged_images(project, iteration_id=iteration, take=256)
    assert {image.id for image in kept} == set(images)
    assert {tag.id: tag.image_count for tag in client.get_tags(project, iteration_id=iteration)} == {
        tags[0]: 5,
        tags[1]: 5,
    }
    assert client.get_tag(project, tags[1], iteration_id=iteration).name == "two"
    assert refused(client.get_tag, project, tags[1]) == (404, "NotFoundTag")


def test_a_deletion_from_all_iterations_reaches_snapshots(client: Client, empty_emulator: Service) -> None:
    project, _, images = new_project(client, "all iterations")
    iteration = trained(client, project)
    uri = client.get_images_by_ids(project, image_ids=images[:1])[0].original_image_uri
    client.delete_images(project, image_ids=images[:1])
    assert client.get_image_count(project, iteration_id=iteration) == 10
    assert empty_emulator.http.get(uri, timeout=10).status_code == 200

    answer = client.delete_images(project, image_ids=images[:3], all_iterations=True, raw=True)
    assert answer.response.status_code == 202
    wait(lambda: client.get_image_count(project, iteration_id=iteration), lambda count: count == 7)
    wait(lambda: client.get_image_count(project), lambda count: count == 7)
    gone = empty_emulator.http.get(uri, timeout=10)
    assert gone.status_code == 404
    assert "BlobNotFound" in gone.text


def test_what_is_published_cannot_be_deleted(client: Client) -> None:
    project, _, _ = new_project(client, "published, not deletable")
    iteration = trained(client, project)
    assert client.publish_iteration(project, iteration, "name", PREDICTION_RESOURCE) is True
    published = (400, "BadRequestIterationIsPublished")
    assert refused(client.delete_iteration, project, iteration) == published
    assert refused(client.delete_project, project) == published
    assert refused(client.publish_iteration, project, iteration, "other", PREDICTION_RESOURCE) == published
    overwrite = {"overwrite": True}
    assert (
        refused(client.publish_iteration, project, iteration, "other", PREDICTION_RESOURCE, **overwrite)
        == published
    )
    client.unpublish_iteration(project, iteration)
    assert client.get_iteration(project, iteration).publish_name is None
    client.delete_project(project)
    assert refused(client.get_project, project) == (404, "NotFoundProject")


def test_a_project_may_be_deleted_with_everything_in_it(client: Client, empty_emulator: Service) -> None:
    project, _, images = new_project(client, "deleted whole")
    iteration = trained(client, project)
    uri = client.get_images_by_ids(project, image_ids=images[:1])[0].original_image_uri
    client.delete_project(project)
    assert refused(client.get_iteration, project, iteration)[0] == 404
    assert empty_emulator.http.get(uri, timeout=10).status_code == 404


def test_a_second_deletion_finds_nothing(client: Client) -> None:
    project, tags, _ = new_project(client, "deleted twice")
    iteration = trained(client, project)
    client.delete_tag(project, tags[0])
    client.delete_iteration(project, iteration)
    assert refused(client.delete_tag, project, tags[0]) == (404, "NotFoundTag")
    assert refused(client.delete_iteration, project, iteration) == (404, "NotFoundIteration")
    assert refused(client.get_iteration_performance, project, iteration) == (404, "NotFoundIteration")


def test_names_are_unique(client: Client) -> None:
    project = client.create_project("unique").id
    client.create_tag(project, "tag")
    assert refused(client.create_project, "unique") == (400, "BadRequestProjectNameNotUnique")
    assert refused(client.create_tag, project, "tag") == (400, "BadRequestTagNameNotUnique")


def test_the_same_picture_is_a_duplicate(client: Client) -> None:
    """Status OKDuplicate of the OpenAPI file: one image, whatever the number of uploads."""
    project = client.create_project("duplicates").id
    first = client.create_images_from_data(project, *pictures(1))
    second = client.create_images_from_data(project, *pictures(1))
    assert second.images[0].status == "OKDuplicate"
    assert second.images[0].image.id == first.images[0].image.id
    assert client.get_image_count(project) == 1


def test_a_wrong_key_is_refused_by_the_gateway(empty_emulator: Service) -> None:
    stranger = training_client(empty_emulator, key="wrong")
    with pytest.raises(Refused) as caught:
        stranger.get_projects()
    response: Any = caught.value.response
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "401"
