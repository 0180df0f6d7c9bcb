"""The official prediction client, with and without storing what it was asked."""

from dataclasses import dataclass

import pytest
from azure.cognitiveservices.vision.customvision.prediction import models
from azure.cognitiveservices.vision.customvision.training import models as training_models

from tests.emulator.official_client import Client, prediction_client, training_client
from tests.emulator.service import Service, pictures, wait

DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"
PREDICTION_RESOURCE = "/subscriptions/s/resourceGroups/g/providers/p/accounts/prediction"
PUBLISH_NAME = "a name of five words, ñ"


@dataclass(frozen=True)
class Model:
    """A published iteration, and a signed address of one of its pictures."""

    project: str
    iteration: str
    uri: str


def publish(service: Service, client: Client, project: str) -> Model:
    iteration = client.train_project(project).id
    wait(lambda: client.get_iteration(project, iteration), lambda found: found.status == "Completed")
    client.publish_iteration(project, iteration, PUBLISH_NAME, PREDICTION_RESOURCE)
    return Model(project, iteration, client.get_tagged_images(project)[0].original_image_uri)


@pytest.fixture(scope="module")
def training(empty_emulator: Service) -> Client:
    return training_client(empty_emulator)


@pytest.fixture(scope="module")
def classifier(empty_emulator: Service, training: Client) -> Model:
    project = training.create_project("classifier").id
    for number, name in enumerate(("one", "two")):
        empty_emulator.upload(
            project, pictures(5, start=10 * number), [training.create_tag(project, name).id]
        )
    return publish(empty_emulator, training, project)


@pytest.fixture(scope="module")
def detector(empty_emulator: Service, training: Client) -> Model:
    project = training.create_project("detector", domain_id=DETECTION).id
    tag = training.create_tag(project, "fork").id
    regions = [
        training_models.ImageRegionCreateEntry(
            image_id=image["id"], tag_id=tag, left=0.1, top=0.1, width=0.5, height=0.5
        )
        for image in empty_emulator.upload(project, pictures(15))
    ]
    training.create_image_regions(project, regions=regions)
    return publish(empty_emulator, training, project)


def stored(training: Client, project: str) -> set[str]:
    answer = training.query_predictions(project, training_models.PredictionQueryToken())
    return {result.id for result in answer.results}


@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
@pytest.mark.parametrize("verb", ["classify", "detect"])
def test_predictions_are_stored_unless_told_not_to(
    empty_emulator: Service,
    training: Client,
    classifier: Model,
    detector: Model,
    version: str,
    verb: str,
) -> None:
    model = classifier if verb == "classify" else detector
    client = prediction_client(empty_emulator, version)
    (picture,) = pictures(1, start=800)
    for source, argument in (("image", picture), ("image_url", model.uri)):
        before = stored(training, model.project)
        answer = getattr(client, f"{verb}_{source}")(model.project, PUBLISH_NAME, argument)
        assert (answer.project, answer.iteration) == (model.project, model.iteration)
        assert {bool(found.bounding_box) for found in answer.predictions} == {verb == "detect"}
        assert stored(training, model.project) - before == {answer.id}
        without = getattr(client, f"{verb}_{source}_with_no_store")(model.project, PUBLISH_NAME, argument)
        assert [p.probability for p in without.predictions] == [p.probability for p in answer.predictions]
        assert stored(training, model.project) - before == {answer.id}


def test_an_unpublished_name_is_not_found(empty_emulator: Service, classifier: Model) -> None:
    client = prediction_client(empty_emulator)
    with pytest.raises(models.CustomVisionErrorException) as caught:
        client.classify_image(classifier.project, "nobody", *pictures(1))
    assert caught.value.response.status_code == 404
