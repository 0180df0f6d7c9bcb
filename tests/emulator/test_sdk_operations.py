"""The official client drives every operation, on both base paths; each answer is held against the client's models."""

import inspect
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.cognitiveservices.vision.customvision.training import models
from azure.cognitiveservices.vision.customvision.training.operations import (
    CustomVisionTrainingClientOperationsMixin,
)

from tests.emulator.official_client import Client, assert_of_kind, training_client
from tests.emulator.service import Service, pictures, wait

LEFT_OUT = {
    "get_image_region_proposals",
    "query_suggested_images",
    "query_suggested_image_count",
    "suggest_tags_and_regions",
}
"""What needs the service's own models and answers a documented 501."""
EVERY_OPERATION = {
    name
    for name, _ in inspect.getmembers(CustomVisionTrainingClientOperationsMixin, inspect.isfunction)
    if not name.startswith("_")
}
COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
PREDICTION_RESOURCE = "/subscriptions/s/resourceGroups/g/providers/p/accounts/prediction"


@dataclass
class Driver:
    """The client; `called` are the operations that were driven."""

    client: Client
    version: str
    called: set[str] = field(default_factory=set[str])

    def __getattr__(self, name: str) -> Any:
        if name in EVERY_OPERATION:
            self.called.add(name)
        return getattr(self.client, name)


@pytest.mark.parametrize("version", ["v3.3", "v3.4-preview"])
def test_every_operation_answers_what_the_official_client_expects(
    empty_emulator: Service, version: str
) -> None:
    driver = Driver(training_client(empty_emulator, version), version)
    project = drive_project(driver)
    tags = drive_tags(driver, project)
    images = drive_image_creation(driver, project, tags)
    drive_image_reading(driver, project, tags, images)
    drive_image_labels(driver, project, tags, images)
    iteration = drive_training(driver, project, tags)
    drive_performance(driver, project, iteration, tags)
    drive_exports(driver, project, iteration)
    drive_predictions(driver, project, iteration, empty_emulator, images)
    drive_regions(driver, version)
    drive_copy(driver, project)
    drive_deletion(driver, project, iteration, tags, images)
    assert driver.called == EVERY_OPERATION - LEFT_OUT


def drive_project(driver: Driver) -> str:
    domains = driver.get_domains()
    assert driver.get_domain(domains[0].id).name == domains[0].name
    container, queue = "https://s.blob.core.windows.net/c", "https://s.queue.core.windows.net/q"
    storage = {"export_model_container_uri": container, "notification_queue_uri": queue}
    linked = driver.version == "v3.4-preview"
    made = driver.create_project(
        f"driven {driver.version}",
        description="d",
        domain_id=COMPACT,
        classification_type="Multilabel",
        target_export_platforms=["CoreML", "ONNX"],
        **(storage if linked else {}),
    )
    assert made.settings.target_export_platforms == ["CoreML", "ONNX"]
    assert made.settings.export_model_container_uri == (container if linked else None)
    made.name = f"renamed {driver.version}"
    assert driver.update_project(made.id, made).name == made.name
    assert driver.get_project(made.id).name == made.name
    assert made.id in {project.id for project in driver.get_projects()}
    return made.id


def drive_tags(driver: Driver, project: str) -> list[str]:
    tags = [driver.create_tag(project, name).id for name in ("one", "two")]
    negative = driver.create_tag(project, "none of them", description="n", type="Negative")
    assert (negative.type, negative.description) == ("Negative", "n")
    tag = driver.get_tag(project, tags[0])
    # The client refuses the null that it has just read.
    tag.name, tag.description = "first", ""
    assert driver.update_tag(project, tags[0], tag).name == "first"
    assert {tag.name for tag in driver.get_tags(project)} == {"first", "two", "none of them"}
    driver.delete_tag(project, negative.id)
    assert len(driver.get_tags(project)) == 2
    return tags


def drive_image_creation(driver: Driver, project: str, tags: list[str]) -> list[str]:
    """Ten images, five of each tag; one more without a tag. Ids of all."""
    first, second = pictures(5), pictures(5, start=5)
    created = [driver.create_images_from_data(project, content, [tags[0]]) for content in first]
    entries = [
        models.ImageFileCreateEntry(name=f"{number}.jpg", contents=bytearray(content), tag_ids=[tags[1]])
        for number, content in enumerate(second)
    ]
    batch = models.ImageFileCreateBatch(images=entries, metadata={"subject": "42"})
    created.append(driver.create_images_from_files(project, batch))
    uri = created[0].images[0].image.original_image_uri
    other = driver.client.create_project(f"by url {driver.version}").id
    by_url = models.ImageUrlCreateBatch(images=[models.ImageUrlCreateEntry(url=uri)])
    assert driver.create_images_from_urls(other, by_url).is_batch_successful
    assert all(summary.is_batch_successful for summary in created)
    broken = models.ImageFileCreateEntry(name="broken.jpg", contents=bytearray(b"no picture"))
    summary = driver.create_images_from_files(project, models.ImageFileCreateBatch(images=[broken]))
    assert not summary.is_batch_successful
    assert [entry.status for entry in summary.images] == ["ErrorImageFormat"]
    return [entry.image.id for summary in created for entry in summary.images]


def drive_image_reading(driver: Driver, project: str, tags: list[str], images: list[str]) -> None:
    assert driver.get_image_count(project) == len(images) == 10
    assert driver.get_tagged_image_count(project) == 10
    assert driver.get_tagged_image_count(project, tag_ids=[tags[0]]) == 5
    assert driver.get_untagged_image_count(project) == 0
    assert driver.get_untagged_images(project) == []
    assert {image.id for image in driver.get_images(project, take=256)} == set(images)
    assert len(driver.get_tagged_images(project, tag_ids=[tags[1]])) == 5
    assert {image.id for image in driver.get_images_by_ids(project, image_ids=images[:3])} == set(images[:3])
    summary = driver.update_image_metadata(project, images[:2], {"subject": "7"})
    assert summary.is_batch_successful
    chosen = driver.get_images(project, filter="subject eq '7'")
    assert {image.id for image in chosen} == set(images[:2])
    assert driver.get_image_count(project, filter="subject eq '42'") == 5
    path = f"/i-{project.replace('-', '')}/i-{images[0].replace('-', '')}"
    assert [b"".join(driver.get_artifact(project, path))] == pictures(1)


def drive_image_labels(driver: Driver, project: str, tags: list[str], images: list[str]) -> None:
    driver.delete_image_tags(project, [images[0]], [tags[0]])
    assert [image.id for image in driver.get_untagged_images(project)] == [images[0]]
    pairs = [models.ImageTagCreateEntry(image_id=images[0], tag_id=tags[0])]
    assert len(driver.create_image_tags(project, tags=pairs).created) == 1
    assert len(driver.create_image_tags(project, tags=pairs).duplicated) == 1


def drive_regions(driver: Driver, version: str) -> None:
    detection = next(
        domain.id
        for domain in driver.get_domains()
        if domain.type == "ObjectDetection" and not domain.exportable
    )
    project = driver.client.create_project(f"regions {version}", domain_id=detection).id
    tag = driver.client.create_tag(project, "fork").id
    image = driver.client.create_images_from_data(project, *pictures(1)).images[0].image.id
    region = models.ImageRegionCreateEntry(
        image_id=image, tag_id=tag, left=0.1, top=0.2, width=0.3, height=0.4
    )
    summary = driver.create_image_regions(project, regions=[region])
    (read,) = driver.client.get_tagged_images(project)
    assert [found.region_id for found in read.regions] == [summary.created[0].region_id]
    driver.delete_image_regions(project, [summary.created[0].region_id])
    assert driver.client.get_untagged_image_count(project) == 1


def drive_training(driver: Driver, project: str, tags: list[str]) -> str:
    started = driver.train_project(project, training_type="Regular", force_train=True)
    iteration = wait(
        lambda: driver.get_iteration(project, started.id), lambda found: found.status == "Completed"
    )
    name = f"named {driver.version}"
    assert driver.update_iteration(project, iteration.id, name=name).name == name
    assert [found.id for found in driver.get_iterations(project)] == [iteration.id]
    assert driver.get_tag(project, tags[0], iteration_id=iteration.id).image_count == 5
    assert driver.publish_iteration(project, iteration.id, "published", PREDICTION_RESOURCE) is True
    assert driver.get_iteration(project, iteration.id).publish_name == "published"
    return iteration.id


def drive_performance(driver: Driver, project: str, iteration: str, tags: list[str]) -> None:
    figures = driver.get_iteration_performance(project, iteration, threshold=0.5, overlap_threshold=0.3)
    assert {tag.id for tag in figures.per_tag_performance} == set(tags)
    count = driver.get_image_performance_count(project, iteration)
    performances = driver.get_image_performances(project, iteration, take=256)
    assert len(performances) == count > 0
    assert all(performance.predictions for performance in performances)


def drive_exports(driver: Driver, project: str, iteration: str) -> None:
    assert driver.get_exports(project, iteration) == []
    for platform, flavor in (("TensorFlow", "TensorFlowLite"), ("ONNX", None)):
        assert driver.export_iteration(project, iteration, platform, flavor=flavor).status == "Exporting"
    done = wait(
        lambda: driver.get_exports(project, iteration),
        lambda exports: all(export.status == "Done" for export in exports),
    )
    assert {(export.platform, export.flavor) for export in done} == {
        ("TensorFlow", "TensorFlowLite"),
        ("ONNX", None),
    }


def drive_predictions(
    driver: Driver, project: str, iteration: str, service: Service, images: list[str]
) -> None:
    (picture,) = pictures(1, start=700)
    stored = driver.quick_test_image(project, picture, iteration_id=iteration, store=True)
    uri = driver.client.get_images_by_ids(project, image_ids=images[:1])[0].original_image_uri
    assert driver.quick_test_image_url(project, uri, iteration_id=iteration, store=False).predictions
    token = models.PredictionQueryToken(order_by="Newest", iteration_id=iteration)
    (found,) = driver.query_predictions(project, token).results
    assert found.id == stored.id
    assert service.http.get(found.original_image_uri, timeout=10).content == picture
    batch = models.ImageIdCreateBatch(images=[models.ImageIdCreateEntry(id=stored.id)])
    promoted = driver.create_images_from_predictions(project, batch)
    assert promoted.is_batch_successful
    images.append(promoted.images[0].image.id)
    remaining = driver.client.query_predictions(project, models.PredictionQueryToken()).results
    ids = [result.id for result in remaining] or [driver.client.quick_test_image(project, picture).id]
    driver.delete_prediction(project, ids)
    assert driver.query_predictions(project, models.PredictionQueryToken()).results == []


def drive_copy(driver: Driver, project: str) -> None:
    export = driver.export_project(project)
    copy = driver.import_project(export.token, name=f"copy {driver.version}")
    done = wait(lambda: driver.get_project(copy.id), lambda found: found.status != "Importing")
    assert (done.status, done.name) == ("Succeeded", f"copy {driver.version}")
    assert driver.get_image_count(copy.id) == driver.get_image_count(project)


def drive_deletion(driver: Driver, project: str, iteration: str, tags: list[str], images: list[str]) -> None:
    driver.unpublish_iteration(project, iteration)
    driver.delete_images(project, image_ids=images, all_iterations=True)
    wait(lambda: driver.get_image_count(project), lambda count: count == 0)
    for tag in tags:
        driver.delete_tag(project, tag)
    driver.delete_iteration(project, iteration)
    assert driver.get_iterations(project) == []
    driver.delete_project(project)
    assert project not in {found.id for found in driver.get_projects()}


@pytest.mark.parametrize("version", ["v3.3", "v3.4-preview"])
def test_what_is_left_out_says_so(empty_emulator: Service, version: str) -> None:
    """501 with the service's error form, so that the official client raises its own exception."""
    client = training_client(empty_emulator, version)
    project = client.create_project(f"left out {version}").id
    nowhere = "00000000-0000-0000-0000-000000000000"
    calls = {
        "get_image_region_proposals": (nowhere,),
        "query_suggested_images": (nowhere, models.SuggestedTagAndRegionQueryToken()),
        "query_suggested_image_count": (nowhere,),
        "suggest_tags_and_regions": (nowhere, [nowhere]),
    }
    assert calls.keys() == LEFT_OUT
    for name, arguments in calls.items():
        with pytest.raises(models.CustomVisionErrorException) as caught:
            getattr(client, name)(project, *arguments)
        failure: Any = caught.value
        assert failure.response.status_code == 501
        assert failure.error.message


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Tag", {"id": "i", "name": "n", "description": None, "type": "Regular", "surprise": 1}),
        ("Tag", {"id": "i", "name": "n", "type": "Regular"}),
        ("[Tag]", {}),
        ("int", True),
        ("Prediction", {"probability": 1}),
        ("Iteration", {"name": "n", "created": "yesterday"}),
    ],
)
def test_the_official_models_are_strict(kind: str, value: Any) -> None:
    """An unknown key, a missing one, a wrong type: what the client itself would let pass."""
    with pytest.raises((AssertionError, ValueError)):
        assert_of_kind(value, kind, vars(models), kind)
