"""The same export with the official SDK and azure-storage-blob, one call after another.

`python -m bench.baselines.sequential ENDPOINT KEY CONTAINER LATENCY_MS`, with the storage connection string on standard
input; prints seconds and counts as JSON. It reads and writes what the app does, bar the counts that the app compares
and the proofs at its end (manifests, verification, signature).
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from azure.cognitiveservices.vision.customvision.training.models import PredictionQueryToken

from bench.baselines.connections import container_client, pooled_session, training_client
from bench.latency import delay_calls

PAGE = 256
type Page = Callable[[int], list[Any]]


class Sequential:
    """One account into one container."""

    def __init__(self, endpoint: str, key: str, storage: str, container: str) -> None:
        self._service = training_client(endpoint, key)
        self._session = pooled_session(1)
        self._container = container_client(storage, container, 1)
        self._stored: set[str] = set()

    def export(self) -> dict[str, int]:
        """Every project with everything in it."""
        projects = self._service.get_projects()
        for project in projects:
            self._export_project(project.id)
        return {"projects": len(projects), "files": len(self._stored)}

    def _export_project(self, project: str) -> None:
        self._write(f"{project}/project", [self._service.get_project(project)])
        self._write(f"{project}/tags", self._service.get_tags(project))
        self._export_images(project, None)
        iterations = self._service.get_iterations(project)
        self._write(f"{project}/iterations", iterations)
        for iteration in iterations:
            self._export_iteration(project, iteration)
        self._export_predictions(project)

    def _export_images(self, project: str, iteration: str | None) -> None:
        for kind in ("tagged", "untagged"):
            read = getattr(self._service, f"get_{kind}_images")

            def page(skip: int, read: Any = read) -> list[Any]:
                return read(project, iteration_id=iteration, order_by="Oldest", take=PAGE, skip=skip)

            for number, images in enumerate(_pages(page)):
                for image in images:
                    self._store(f"pictures/{image.id}", image.original_image_uri)
                self._write(f"{project}/{iteration or 'workspace'}/{kind}-{number}", images)

    def _export_iteration(self, project: str, listed: Any) -> None:
        iteration = listed.id
        self._write(f"{project}/{iteration}/iteration", [self._service.get_iteration(project, iteration)])
        self._write(f"{project}/{iteration}/tags", self._service.get_tags(project, iteration_id=iteration))
        self._export_images(project, iteration)
        if listed.status == "Completed":
            self._export_training(project, iteration)

    def _export_training(self, project: str, iteration: str) -> None:
        performance = self._service.get_iteration_performance(project, iteration)
        self._write(f"{project}/{iteration}/performance", [performance])
        exports = self._service.get_exports(project, iteration)
        self._write(f"{project}/{iteration}/exports", exports)
        for number, export in enumerate(each for each in exports if each.download_uri):
            self._store(f"models/{iteration}-{number}", export.download_uri)

        def page(skip: int) -> list[Any]:
            return self._service.get_image_performances(
                project, iteration, order_by="Oldest", take=PAGE, skip=skip
            )

        for number, performances in enumerate(_pages(page)):
            self._write(f"{project}/{iteration}/image-performance-{number}", performances)

    def _export_predictions(self, project: str) -> None:
        token = PredictionQueryToken(order_by="Oldest", max_count=PAGE)
        page = 0
        while True:
            answer = self._service.query_predictions(project, token)
            for prediction in answer.results:
                self._store(f"predictions/{prediction.id}", prediction.original_image_uri)
            self._write(f"{project}/predictions-{page}", answer.results)
            if not answer.token.continuation:
                return
            token, page = answer.token, page + 1

    def _store(self, name: str, uri: str) -> None:
        if name in self._stored:
            return
        answer = self._session.get(uri, timeout=30)
        answer.raise_for_status()
        digest = hashlib.sha256(answer.content).hexdigest()
        self._container.upload_blob(name, answer.content, metadata={"sha256": digest})
        self._stored.add(name)

    def _write(self, name: str, entries: Iterable[Any]) -> None:
        lines = "".join(json.dumps(each.as_dict()) + "\n" for each in entries)
        self._container.upload_blob(f"data/{name}.jsonl", lines.encode())


def _pages(page: Page) -> Iterable[list[Any]]:
    skip = 0
    while True:
        items = page(skip)
        yield items
        if len(items) < PAGE:
            return
        skip += PAGE


def main() -> None:
    """Print what was done and how long it took."""
    endpoint, key, container, latency = sys.argv[1:5]
    storage = sys.stdin.read().strip()
    delay_calls(float(latency))
    export = Sequential(endpoint, key, storage, container)
    begun = time.monotonic()
    counts = export.export()
    print(json.dumps({"seconds": time.monotonic() - begun, **counts}))


if __name__ == "__main__":
    main()
