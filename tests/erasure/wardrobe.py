"""A small project with one of everything that an erase can meet, made by the API as a person would make it."""

import uuid
from dataclasses import dataclass
from typing import Any

import requests

from tests.emulator.service import Service, pictures
from tests.export.exporting import Emulator

SUBJECT = {"subject": "42"}
_RESOURCE = "/subscriptions/0/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"


@dataclass(frozen=True)
class Wardrobe:
    """`hats`, `shoes`, `fezzes`: images by their tag. The first three hats are the subject's; the fezzes and their tag are
    in the snapshot of the first iteration alone. `first`, `second`: iterations, the second one published."""

    service: Service
    id: str
    tags: dict[str, str]
    hats: list[str]
    shoes: list[str]
    fezzes: list[str]
    first: str
    second: str
    predictions: list[str]

    @property
    def subject(self) -> list[str]:
        return self.hats[:3]

    @property
    def whole(self) -> dict[str, Any]:
        return {"projects": [{"id": self.id}]}

    @property
    def of_subject(self) -> dict[str, Any]:
        return self.selecting(images={"metadata": SUBJECT})

    def selecting(self, **selectors: Any) -> dict[str, Any]:
        """A scope of this project alone."""
        return {"projects": [{"id": self.id, **selectors}]}

    def there(self) -> bool:
        return self.service.call("GET", f"/projects/{self.id}").status_code == 200

    def images(self) -> set[str]:
        """Ids of the workspace's images; none where the project is gone."""
        if not self.there():
            return set()
        images: set[str] = set()
        while page := self._images(len(images)):
            images.update(page)
        return images

    def carried(self) -> set[str]:
        """Ids of the tags on the workspace's images."""
        tagged = self.service.answer("GET", f"/projects/{self.id}/images/tagged", params={"take": "256"})
        return {tag["tagId"] for image in tagged for tag in image["tags"]}

    def _images(self, skip: int) -> list[str]:
        params = {"take": "256", "skip": str(skip)}
        listed = self.service.answer("GET", f"/projects/{self.id}/images", params=params)
        return [image["id"] for image in listed]

    def iterations(self) -> set[str]:
        return {each["id"] for each in self.service.answer("GET", f"/projects/{self.id}/iterations")}

    def add(self, *tags: str, number: int = 900) -> str:
        """A new image of the workspace; another `number` is another picture."""
        return self.service.upload(self.id, pictures(1, start=number), tags)[0]["id"]

    def mark(self, image: str, subject: str) -> None:
        """Say whom an image of the workspace shows; snapshots keep what they said."""
        params = {"imageIds": image}
        path = f"/projects/{self.id}/images/metadata"
        self.service.answer("POST", path, params=params, json={"subject": subject})

    def predict(self, number: int) -> str:
        """The id of a prediction that the service has stored."""
        return _predict(self.service, self.id, self.second, number)

    def delete(self, path: str, **params: str) -> None:
        """As a person would, beside the app."""
        answer = self.service.call("DELETE", f"/projects/{self.id}{path}", params=params)
        assert answer.ok, answer.text


def service_of(emulator: Emulator) -> Service:
    facts = emulator.program.facts
    return Service(facts["endpoint"], facts["trainingKey"], facts["predictionKey"])


def wardrobe(service: Service, name: str = "", *, hats: int = 6, predictions: int = 3) -> Wardrobe:
    """A new project, trained with fezzes and again without them; at least five hats."""
    project = service.project(name or f"Wardrobe {uuid.uuid4()}")
    tags = {each: service.tag(project, each) for each in ("hat", "shoe", "fez")}
    images = {
        "hat": _upload(service, project, tags["hat"], hats, first_picture=100),
        "shoe": _upload(service, project, tags["shoe"], 5, first_picture=0),
        "fez": _upload(service, project, tags["fez"], 5, first_picture=50),
    }
    marked = {"imageIds": ",".join(images["hat"][:3])}
    service.answer("POST", f"/projects/{project}/images/metadata", params=marked, json=SUBJECT)
    first = service.trained(project)["id"]
    withdrawn = {"imageIds": ",".join(images["fez"])}
    for path, params in (("images", withdrawn), (f"tags/{tags['fez']}", {})):
        answer = service.call("DELETE", f"/projects/{project}/{path}", params=params)
        assert answer.status_code == requests.codes.no_content, answer.text
    second = service.trained(project)["id"]
    publishing = {"publishName": "live", "predictionId": _RESOURCE}
    service.answer("POST", f"/projects/{project}/iterations/{second}/publish", params=publishing)
    stored = [_predict(service, project, second, number) for number in range(predictions)]
    return Wardrobe(
        service, project, tags, images["hat"], images["shoe"], images["fez"], first, second, stored
    )


def _upload(service: Service, project: str, tag: str, count: int, *, first_picture: int) -> list[str]:
    """As many as one call may hold at once."""
    drawn = pictures(count, start=first_picture)
    return [
        image["id"]
        for first in range(0, count, 64)
        for image in service.upload(project, drawn[first : first + 64], [tag])
    ]


def _predict(service: Service, project: str, iteration: str, number: int) -> str:
    answer = service.answer(
        "POST",
        f"/projects/{project}/quicktest/image",
        params={"iterationId": iteration, "store": "true"},
        files={"imageData": ("test.jpg", *pictures(1, start=2000 + number))},
    )
    return answer["id"]


def changes(emulator: Emulator) -> dict[str, int]:
    """How often the service was asked to change something since its counters were emptied, by operation."""
    words = ("Create", "Delete", "Set", "Train", "Update", "Publish", "Unpublish", "Export", "Quick")
    called: dict[str, int] = emulator.counters()["operations"]
    return {name: count for name, count in called.items() if name.startswith(words)}
