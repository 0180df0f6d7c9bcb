"""Accounts that no seed has: as many images as wanted, images with 300 regions, a model of 500 tags, ten projects to erase."""

import itertools
import random
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache

from emulator import domains
from emulator.account import Account
from emulator.drawing import Drawing, draw
from emulator.pictures import Picture
from emulator.state import Iteration, PredictedTag, Project
from emulator.times import PER_SECOND, ticks
from emulator.workspace import Box, single

_BEGIN = ticks(datetime(2025, 3, 3, 8, 30, tzinfo=UTC))
# Images may share bytes: each is read and stored under its own id all the same.
_DIFFERENT_PICTURES = 64


def plain(images: int) -> Account:
    """One project, each image with two tags; a tenth without."""
    bed = _Bed(tags=10)
    for number in range(images):
        bed.plant(number, [bed.tags[number % 10], bed.tags[(number + 3) % 10]] if number % 10 else [])
    return bed.account


def many_regions() -> Account:
    """Two pages of 256 images, 300 regions each (the service's maximum an image), and a trained iteration of them."""
    bed = _Bed(tags=10, domain=domains.DETECTION_GENERAL_COMPACT)
    for number in range(512):
        boxes = [_box(bed.source) for _ in range(300)]
        bed.plant(number, [], [(bed.tags[place % 10], box) for place, box in enumerate(boxes)])
    bed.train()
    return bed.account


def many_tags() -> Account:
    """An iteration tested with more than a page of images, with a probability of each of 500 tags on every one."""
    bed = _Bed(tags=500)
    for number in range(1500):
        bed.plant(number, [bed.tags[number % 500]])
    bed.train()
    return bed.account


def ten_projects() -> Account:
    """10,000 images, 20 iterations, 2,000 stored predictions; of each project's two iterations the second is published."""
    account = Account()
    for project in range(10):
        bed = _Bed(tags=10, account=account, name=f"Bench {project}")
        for number in range(1000):
            bed.plant(number, [bed.tags[number % 10]] if number % 10 else [])
            if number == 499:
                bed.train()
        trained = bed.train(publish_name="live")
        for number in range(200):
            bed.predict(number, trained)
    return account


def account_named(name: str) -> Account:
    """`many-regions`, `many-tags`, `ten-projects`, or `N-images`."""
    special: dict[str, Callable[[], Account]] = {
        "many-regions": many_regions,
        "many-tags": many_tags,
        "ten-projects": ten_projects,
    }
    return special[name]() if name in special else plain(int(name.removesuffix("-images")))


class _Bed:
    """A project, in an account of its own unless one is given; everything in it is the same in every run."""

    def __init__(
        self,
        *,
        tags: int,
        domain: str = domains.GENERAL,
        account: Account | None = None,
        name: str = "Bench",
    ) -> None:
        self.source = random.Random(name.lower())  # noqa: S311 - repeatable on purpose
        self.account = account or Account()
        self._moments = itertools.count(_BEGIN, PER_SECOND)
        self._project: Project = self.account.add_project(
            name, created=_BEGIN, project_id=self._id(), domain_id=domain
        )
        self.tags = [self._project.add_tag(f"tag {number}", tag_id=self._id()).id for number in range(tags)]

    def plant(self, number: int, tags: Sequence[str], regions: Sequence[tuple[str, Box]] = ()) -> None:
        self._project.add_image(
            _picture(number % _DIFFERENT_PICTURES),
            created=next(self._moments),
            image_id=self._id(),
            tag_ids=tags,
            regions=regions,
        )

    def train(self, publish_name: str | None = None) -> Iteration:
        created = next(self._moments)
        return self._project.add_iteration(
            created=created,
            iteration_id=self._id(),
            trained_at=created + PER_SECOND,
            status="Completed",
            publish_name=publish_name,
        )

    def predict(self, number: int, iteration: Iteration) -> None:
        self._project.add_prediction(
            _picture(number % _DIFFERENT_PICTURES),
            created=next(self._moments),
            iteration=iteration,
            results=[
                PredictedTag(tag.id, tag.name, tag.type, single(self.source.random()))
                for tag in iteration.snapshot.tags.values()
            ],
            prediction_id=self._id(),
        )

    def _id(self) -> str:
        return str(uuid.UUID(int=self.source.getrandbits(128), version=4))


@cache
def _picture(number: int) -> Picture:
    return Picture.read(draw(Drawing(number, 320, 256)))


def _box(source: random.Random) -> Box:
    return Box.of(source.random() * 0.7, source.random() * 0.7, 0.2, 0.2)
