"""Everything that the small seed holds, read by the official client as an exporter would read it."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.cognitiveservices.vision.customvision.training import models
from PIL import Image

from tests.emulator.official_client import Client, training_client
from tests.emulator.service import Service


@pytest.fixture(scope="module", params=["v3.3", "v3.4-preview"])
def client(request: pytest.FixtureRequest, small_emulator: Service) -> Client:
    return training_client(small_emulator, request.param)


def pages(read: Any, *place: str, **query: Any) -> Iterator[Any]:
    """Of the list at that place: a project, or a project and an iteration."""
    skip = 0
    while page := read(*place, take=256, skip=skip, **query):
        yield from page
        skip += len(page)


def images_of(client: Client, project: str, iteration: str | None) -> list[Any]:
    tagged = list(pages(client.get_tagged_images, project, iteration_id=iteration))
    return tagged + list(pages(client.get_untagged_images, project, iteration_id=iteration))


def test_every_workspace_and_snapshot_reads(client: Client) -> None:
    total = 0
    for project in client.get_projects():
        assert client.get_project(project.id).name == project.name
        iterations = client.get_iterations(project.id)
        for iteration in (None, *(found.id for found in iterations)):
            tags = {tag.id: tag for tag in client.get_tags(project.id, iteration_id=iteration)}
            images = images_of(client, project.id, iteration)
            counts = dict.fromkeys(tags, 0)
            for image in images:
                for tag in image.tags or ():
                    assert tag.tag_name == tags[tag.tag_id].name
                    counts[tag.tag_id] += 1
            assert counts == {identifier: tag.image_count for identifier, tag in tags.items()}
            assert client.get_image_count(project.id, iteration_id=iteration) == len(images)
            total += len(images) if iteration is None else 0
    assert total == 300


def test_every_iteration_reads(client: Client) -> None:
    """A failed one has no performance: 404."""
    statuses: list[str] = []
    for project in client.get_projects():
        for iteration in client.get_iterations(project.id):
            statuses.append(iteration.status)
            if iteration.status == "Failed":
                assert iteration.trained_at is None
                with pytest.raises(models.CustomVisionErrorException):
                    client.get_iteration_performance(project.id, iteration.id)
                continue
            client.get_iteration_performance(project.id, iteration.id)
            performances = list(pages(client.get_image_performances, project.id, iteration.id))
            assert len(performances) == client.get_image_performance_count(project.id, iteration.id)
    assert sorted(set(statuses)) == ["Completed", "Failed"]


def test_every_picture_is_what_the_listing_says(client: Client, small_emulator: Service) -> None:
    """Bytes of the width and height that are named, with the headers that Blob Storage gives."""
    images = {
        image.id: image
        for project in client.get_projects()
        for iteration in (None, *(found.id for found in client.get_iterations(project.id)))
        for image in images_of(client, project.id, iteration)
    }
    assert len(images) == 310

    def content_of(image: Any) -> bytes:
        response = small_emulator.http.get(image.original_image_uri, timeout=20)
        assert response.status_code == 200
        digest = hashlib.md5(response.content, usedforsecurity=False).digest()
        assert response.headers["Content-MD5"] == base64.b64encode(digest).decode()
        assert response.headers["Content-Length"] == str(len(response.content))
        with Image.open(io.BytesIO(response.content)) as picture:
            assert picture.size == (image.width, image.height)
            assert response.headers["Content-Type"] == Image.MIME[str(picture.format)]
        return response.content

    with ThreadPoolExecutor(4) as threads:
        contents = list(threads.map(content_of, images.values()))
    assert len(set(contents)) == len(images)


def test_every_export_and_prediction_reads(client: Client, small_emulator: Service) -> None:
    exports: list[Any] = []
    predictions: list[Any] = []
    for project in client.get_projects():
        token = models.PredictionQueryToken(order_by="Oldest")
        predictions += client.query_predictions(project.id, token).results
        for iteration in client.get_iterations(project.id):
            exports += client.get_exports(project.id, iteration.id)
    assert len(predictions) == 30
    for prediction in predictions:
        assert small_emulator.http.get(prediction.original_image_uri, timeout=20).status_code == 200
        assert small_emulator.http.get(prediction.thumbnail_uri, timeout=20).status_code == 200
    assert {export.status for export in exports} == {"Done", "Failed"}
    archives = [
        small_emulator.http.get(export.download_uri, timeout=20).content
        for export in exports
        if export.status == "Done"
    ]
    assert len(set(archives)) == len(archives) == 3
    for content in archives:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
