"""Everything that an account holds, read with the official SDK: the service's own JSON, and the SHA-256 of all bytes."""

import functools
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import PredictionQueryToken
from msrest.authentication import ApiKeyCredentials
from requests.adapters import HTTPAdapter

from tests.export.record import Json, Record, image_records, lasting

# The service's own maximum for a page.
PAGE = 256
THREADS = 8


def training_client(endpoint: str, key: str) -> Any:
    """The SDK's client, whose attributes have no types, on the API version that an export reads."""
    client: Any = CustomVisionTrainingClient(endpoint, ApiKeyCredentials(in_headers={"Training-key": key}))
    base = client.config.base_url.replace("v3.4-preview", "v3.3")
    client.config.base_url = client._client.config.base_url = base
    return client


class ServiceSide:
    """An account as the SDK shows it."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._client = training_client(endpoint, key)
        self._http = requests.Session()
        self._http.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
        self._http.trust_env = False

    def records(self) -> Iterator[Record]:
        """All of it; each picture once, however many lists name it."""
        for project in self._ask("get_projects"):
            yield from self._project(project["id"])

    def _project(self, project: str) -> Iterator[Record]:
        yield Record("project", (project,), lasting(self._ask("get_project", project)))
        pictures: dict[str, str] = {}
        iterations = self._ask("get_iterations", project)
        for iteration in iterations:
            key = (project, iteration["id"])
            yield Record("iteration in the list", key, lasting(iteration))
            yield Record("iteration", key, lasting(self._ask("get_iteration", *key)))
        # A training that failed has left its snapshot, too.
        for snapshot in ("", *(each["id"] for each in iterations)):
            yield from self._images(project, snapshot, pictures)
        yield from self._files("picture", project, pictures)
        for iteration in iterations:
            if iteration["status"] == "Completed":
                yield from self._training(project, iteration["id"])
        yield from self._predictions(project)

    def _images(self, project: str, iteration: str, pictures: dict[str, str]) -> Iterator[Record]:
        """The workspace, or a snapshot: its tags, and its images both tagged and untagged."""
        place, named = (project, iteration), {"iteration_id": iteration or None}
        for tag in self._ask("get_tags", project, **named):
            yield Record("tag", (*place, tag["id"]), lasting(tag))
        for kind in ("tagged", "untagged"):
            for image in self._pages(f"get_{kind}_images", project, **named):
                pictures[image["id"]] = image["originalImageUri"]
                yield from image_records(place, kind, lasting(image))

    def _training(self, project: str, iteration: str) -> Iterator[Record]:
        key = (project, iteration)
        yield Record("performance", key, lasting(self._ask("get_iteration_performance", *key)))
        for image in self._pages("get_image_performances", *key):
            yield Record("image performance", (*key, image["id"]), lasting(image))
        for export in self._ask("get_exports", *key):
            name = (*key, export["platform"], export.get("flavor") or "")
            yield Record("export", name, lasting(export))
            if export["status"] == "Done":
                yield Record("model", name, self._sha256(project, export["downloadUri"]))

    def _predictions(self, project: str) -> Iterator[Record]:
        pictures: dict[str, str] = {}
        token = PredictionQueryToken(order_by="Oldest")
        while token:
            page = self._client.query_predictions(project, token, raw=True)
            for prediction in page.response.json()["results"]:
                pictures[prediction["id"]] = prediction["originalImageUri"]
                yield Record("prediction", (project, prediction["id"]), lasting(prediction))
            token = page.output.token if page.output.token.continuation else None
        yield from self._files("picture of a prediction", project, pictures)

    def _files(self, entity: str, project: str, uris: dict[str, str]) -> Iterator[Record]:
        with ThreadPoolExecutor(THREADS) as pool:
            digests = pool.map(functools.partial(self._sha256, project), uris.values())
            for name, digest in zip(uris, digests, strict=True):
                yield Record(entity, (project, name), digest)

    def _sha256(self, project: str, uri: str) -> str:
        """Of the bytes behind an address as the SDK gave it; private accounts give relative ones."""
        if "://" in uri:
            answer = self._http.get(uri, timeout=30)
            answer.raise_for_status()
            return hashlib.sha256(answer.content).hexdigest()
        digest = hashlib.sha256()
        for chunk in self._client.get_artifact(project, uri):
            digest.update(chunk)
        return digest.hexdigest()

    def _pages(self, operation: str, *arguments: str, **named: str | None) -> Iterator[Json]:
        skip = 0
        while page := self._ask(operation, *arguments, **named, take=PAGE, skip=skip):
            yield from page
            skip += len(page)

    def _ask(self, operation: str, *arguments: str, **named: Any) -> Any:
        """The JSON of an answer, which the SDK has read as its own model before."""
        call: Callable[..., Any] = getattr(self._client, operation)
        return call(*arguments, **named, raw=True).response.json()
