"""Makes a drafted account with the official SDK, as people would have: uploads, trainings, quick tests, second thoughts."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import requests
from azure.cognitiveservices.vision.customvision.training import models

from emulator.domains import DETECTION_GENERAL_COMPACT, GENERAL_COMPACT
from tests.emulator.service import pictures
from tests.erasure.drafts import (
    BASE,
    TAGS,
    Add,
    DraftProject,
    DropTag,
    Predict,
    Relabel,
    Step,
    Train,
    Withdraw,
)
from tests.export.exporting import Emulator, wait

_DOMAINS = {"multilabel": GENERAL_COMPACT, "detection": DETECTION_GENERAL_COMPACT}
_A_WHILE = 600
# Each image of a project has a picture of its own: the service knows one that it has.
_PICTURES = 48


@cache
def picture(number: int) -> bytes:
    (found,) = pictures(1, start=number % _PICTURES, width=256, height=256)
    return found


def clear(client: Any) -> None:
    """Delete every project."""
    for project in client.get_projects():
        for iteration in client.get_iterations(project.id):
            if iteration.publish_name:
                client.unpublish_iteration(project.id, iteration.id)
        client.delete_project(project.id)


def plant(emulator: Emulator, client: Any, name: str, draft: DraftProject) -> None:
    """A new project of that name."""
    project = client.create_project(name, domain_id=_DOMAINS[draft.kind])
    tags = [client.create_tag(project.id, tag).id for tag in TAGS]
    bed = _Bed(emulator, client, project.id, tags, boxed=draft.kind == "detection")
    if any(isinstance(step, Train) for step in draft.steps):
        bed.upload(BASE[draft.kind], tuple(range(len(TAGS))), {})
    bed.drawn = []
    for step in draft.steps:
        bed.do(step)


@dataclass
class _Bed:
    """Where one project grows; `drawn`: the images of the draft that are in the workspace, oldest first."""

    emulator: Emulator
    client: Any
    project: str
    tags: list[str]
    boxed: bool
    drawn: list[str] = field(default_factory=list[str])
    pictures: int = 0
    trained: int = 0

    def do(self, step: Step) -> None:
        """One that means an image where there is none is passed over."""
        match step:
            case Add(tags, subject):
                metadata = {} if subject is None else {"subject": subject, "consent": "given"}
                self.upload(1, tags, metadata)
            case Train(published, exported):
                self._train(published=published, exported=exported)
            case Withdraw(place) if self.drawn:
                image = self.drawn.pop(place % len(self.drawn))
                self.client.delete_images(self.project, image_ids=[image])
            case Relabel(place, tag, subject) if self.drawn:
                self._relabel(self.drawn[place % len(self.drawn)], tag, subject)
            case DropTag() if len(self.tags) == len(TAGS):
                self.client.delete_tag(self.project, self.tags.pop())
            case Predict():
                answer = requests.post(
                    f"{self.emulator.endpoint}/.emulator/clock", json={"seconds": _A_WHILE}, timeout=10
                )
                assert answer.ok, answer.text
                if self.trained:
                    self.client.quick_test_image(self.project, self._picture(), store=True)
            case _:
                pass

    def upload(self, count: int, tags: tuple[int, ...], metadata: dict[str, str]) -> None:
        carried = [self.tags[tag] for tag in tags if tag < len(self.tags)]
        boxes = [
            models.Region(tag_id=tag, left=0.1 * number, top=0.2, width=0.3, height=0.4)
            for number, tag in enumerate(carried)
        ]
        entries = [
            models.ImageFileCreateEntry(
                contents=bytearray(self._picture()),
                regions=boxes if self.boxed else None,
                tag_ids=None if self.boxed else carried,
            )
            for _ in range(count)
        ]
        batch = models.ImageFileCreateBatch(images=entries, metadata=metadata or None)
        answer = self.client.create_images_from_files(self.project, batch)
        assert answer.is_batch_successful, [image.status for image in answer.images]
        self.drawn += [each.image.id for each in answer.images]

    def _picture(self) -> bytes:
        self.pictures += 1
        return picture(self.pictures)

    def _train(self, *, published: bool, exported: bool) -> None:
        iteration = self.client.train_project(self.project, force_train=True).id
        wait(
            lambda: self.client.get_iteration(self.project, iteration),
            lambda found: found.status == "Completed",
        )
        self.trained += 1
        if published:
            self.client.publish_iteration(self.project, iteration, f"model-{self.trained}", "/predictions")
        if exported:
            self.client.export_iteration(self.project, iteration, "TensorFlow")
            wait(
                lambda: self.client.get_exports(self.project, iteration),
                lambda exports: exports[0].status == "Done",
            )

    def _relabel(self, image: str, tag: int, subject: str) -> None:
        self.client.update_image_metadata(self.project, [image], {"subject": subject})
        if tag < len(self.tags) and not self.boxed:
            entry = models.ImageTagCreateEntry(image_id=image, tag_id=self.tags[tag])
            self.client.create_image_tags(self.project, [entry])
