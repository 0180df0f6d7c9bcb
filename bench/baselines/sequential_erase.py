"""The same erase with the official SDK, one call after another.

`python -m bench.baselines.sequential_erase ENDPOINT KEY LATENCY_MS`; prints seconds and counts as JSON, and what asking
storage for the pictures took of these seconds. It lists, deletes, polls and reads back what the app does in the same
batches, bar the counts of whole workspaces that the app compares, and writes nothing: no plan, no ledger, no certificate.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched

from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException,
    PredictionQueryToken,
)

from bench.baselines.connections import pooled_session, training_client
from bench.latency import delay_calls

PAGE = 256
IMAGE_BATCH = 256
PREDICTION_BATCH = 64
# Seconds before each look at a delete that the service has accepted: the app's own (activities/image_deletion.py).
LOOKS = (0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0)


@dataclass
class Found:
    """Ids of what a project holds; `images` with the places where each was found, the workspace as None."""

    iterations: list[str]
    published: list[str]
    tags: set[str]
    predictions: list[str]
    images: dict[str, set[str | None]] = field(default_factory=dict[str, "set[str | None]"])


class SequentialErase:
    """A whole account."""

    def __init__(self, endpoint: str, key: str) -> None:
        self._service = training_client(endpoint, key)
        self._session = pooled_session(1)
        self.asked = 0.0

    def erase(self) -> dict[str, int]:
        """List everything, then erase it, then look whether it is gone; what is still there is an error."""
        projects = [each.id for each in self._service.get_projects()]
        found = {project: self._list(project) for project in projects}
        for project in projects:
            self._erase(project, found[project])
        left = [project for project in projects if not self._is_gone(project)]
        left += [each.id for each in self._service.get_projects()]
        if left:
            raise RuntimeError(f"still there: {', '.join(left)}")
        return {"projects": len(projects), "images": sum(len(each.images) for each in found.values())}

    def _list(self, project: str) -> Found:
        self._service.get_project(project)
        iterations = self._service.get_iterations(project)
        found = Found(
            iterations=[each.id for each in iterations],
            published=[each.id for each in iterations if each.publish_name],
            tags={each.id for each in self._service.get_tags(project)},
            predictions=list(self._predictions(project)),
        )
        for each in iterations:
            found.tags |= {tag.id for tag in self._service.get_tags(project, iteration_id=each.id)}
            if each.status == "Completed":
                self._service.get_exports(project, each.id)
        for place in (None, *found.iterations):
            for image in self._images(project, place):
                found.images.setdefault(image, set()).add(place)
        return found

    def _images(self, project: str, iteration: str | None) -> Iterator[str]:
        """Both lists of a place, counted before and after."""
        service = self._service
        for read, count in (
            (service.get_untagged_images, service.get_untagged_image_count),
            (service.get_tagged_images, service.get_tagged_image_count),
        ):
            before, listed = count(project, iteration_id=iteration), 0
            while True:
                page = read(project, iteration_id=iteration, order_by="Oldest", take=PAGE, skip=listed)
                listed += len(page)
                yield from (each.id for each in page)
                if len(page) < PAGE:
                    break
            if not before == listed == count(project, iteration_id=iteration):
                raise RuntimeError(f"project {project}: a list did not hold still")

    def _predictions(self, project: str) -> Iterator[str]:
        token = PredictionQueryToken(order_by="Oldest", max_count=PAGE)
        while token:
            answer = self._service.query_predictions(project, token)
            yield from (each.id for each in answer.results)
            token = answer.token if answer.token.continuation else None

    def _erase(self, project: str, found: Found) -> None:
        """Children before their parents, and the project when nothing is in it."""
        for batch in batched(found.predictions, PREDICTION_BATCH, strict=False):
            self._service.delete_prediction(project, list(batch))
        for iteration in found.published:
            self._service.unpublish_iteration(project, iteration)
        for batch in batched(sorted(found.images), IMAGE_BATCH, strict=False):
            self._erase_images(project, list(batch), found)
        for tag in found.tags:
            self._service.delete_tag(project, tag)
        for iteration in found.iterations:
            self._service.delete_iteration(project, iteration)
        if in_it := self._holds(project):
            raise RuntimeError(f"project {project}: {in_it} objects are still in it")
        self._service.delete_project(project)

    def _erase_images(self, project: str, ids: list[str], found: Found) -> None:
        """Read again for the addresses, delete, wait until the batch is gone everywhere, ask storage for each picture."""
        planned = set[str | None]().union(*(found.images[each] for each in ids))
        places = [place for place in (None, *found.iterations) if place in planned]
        addresses: dict[str, str] = {}
        for place in places:
            if len(addresses) < len(ids):
                read = self._service.get_images_by_ids(project, image_ids=ids, iteration_id=place)
                addresses |= {each.id: each.original_image_uri for each in read}
        self._service.delete_images(project, image_ids=ids, all_iterations=True)
        self._wait(project, ids, places)
        begun = time.monotonic()
        for address in addresses.values():
            with self._session.get(address, stream=True, timeout=30) as answer:
                if answer.status_code != 404:
                    raise RuntimeError(f"storage still answers {answer.status_code} for a picture")
                # Read, so that the connection can be used again.
                _ = answer.content
        self.asked += time.monotonic() - begun

    def _wait(self, project: str, ids: list[str], places: list[str | None]) -> None:
        """Look at one place after the other, at the next when the batch is gone from the one before."""
        left = list(places)
        for pause in LOOKS:
            time.sleep(pause)
            while left and not self._service.get_images_by_ids(project, image_ids=ids, iteration_id=left[0]):
                del left[0]
            if not left:
                return
        raise RuntimeError(f"project {project}: a batch of images is still there")

    def _holds(self, project: str) -> int:
        service = self._service
        token = PredictionQueryToken(order_by="Oldest", max_count=1)
        return (
            len(service.query_predictions(project, token).results)
            + service.get_tagged_image_count(project)
            + len(service.get_tagged_images(project, take=1))
            + service.get_untagged_image_count(project)
            + len(service.get_untagged_images(project, take=1))
            + len(service.get_tags(project))
            + len(service.get_iterations(project))
        )

    def _is_gone(self, project: str) -> bool:
        try:
            self._service.get_project(project)
        except CustomVisionErrorException as error:
            return error.response.status_code == 404
        return False


def main() -> None:
    """Print what was done and how long it took."""
    endpoint, key, latency = sys.argv[1:4]
    delay_calls(float(latency))
    erase = SequentialErase(endpoint, key)
    begun = time.monotonic()
    counts = erase.erase()
    print(json.dumps({"seconds": time.monotonic() - begun, "asked": erase.asked, **counts}))


if __name__ == "__main__":
    main()
