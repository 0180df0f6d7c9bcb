"""What the emulated models say: drawn from the pictures' bytes, so the same picture always gets the same answer.

A trained picture is mostly recognised, one in some fifteen is missed, and a few others are taken for something they
are not: enough for precision and recall to be figures that depend on the threshold.
"""

import random
from collections.abc import Sequence

from emulator.domains import CATALOGUE
from emulator.pictures import Picture
from emulator.state import Iteration, PredictedTag
from emulator.workspace import Box, ImageRegion, StoredImage, Tag, id_order, single


def ask(iteration: Iteration, picture: Picture) -> tuple[PredictedTag, ...]:
    """Answer for a picture that the model has not seen, highest probability first."""
    return _answer(iteration, picture, None)


def recall(iteration: Iteration, image: StoredImage) -> tuple[PredictedTag, ...]:
    """Answer for a picture whose tags and regions are known, highest probability first."""
    return _answer(iteration, image.picture, image)


def _answer(iteration: Iteration, picture: Picture, truth: StoredImage | None) -> tuple[PredictedTag, ...]:
    source = random.Random(f"{iteration.id}/{picture.md5}")  # noqa: S311 - repeatable on purpose
    tags = sorted(iteration.snapshot.tags.values(), key=lambda tag: id_order(tag.id))
    detection = iteration.domain_id is not None and CATALOGUE[iteration.domain_id].type == "ObjectDetection"
    results = _boxes(source, tags, truth) if detection else _classes(source, tags, truth, iteration)
    return tuple(sorted(results, key=lambda result: -result.probability))


def _classes(
    source: random.Random, tags: Sequence[Tag], truth: StoredImage | None, iteration: Iteration
) -> list[PredictedTag]:
    """One probability a tag; they add up to 1 where an image has one tag."""
    favourite = source.randrange(len(tags)) if tags else 0
    scores: list[float] = []
    for index, tag in enumerate(tags):
        draw = source.random()
        fits = truth.has_tag(tag.id) if truth else index == favourite
        scores.append(_likely(draw) if fits else _unlikely(draw))
    if iteration.classification_type == "Multiclass":
        whole = sum(scores)
        scores = [score / whole for score in scores]
    return [
        PredictedTag(tag.id, tag.name, tag.type, single(score))
        for tag, score in zip(tags, scores, strict=True)
    ]


def _boxes(source: random.Random, tags: Sequence[Tag], truth: StoredImage | None) -> list[PredictedTag]:
    """The known regions, moved a little, and now and then one that is not there."""
    by_id = {tag.id: tag for tag in tags}
    known: Sequence[ImageRegion] = (
        [region for region in truth.regions if region.tag_id in by_id] if truth else ()
    )
    results: list[PredictedTag] = []
    for region in known:
        tag, draw = by_id[region.tag_id], source.random()
        results.append(
            PredictedTag(tag.id, tag.name, tag.type, single(_likely(draw)), _moved(source, region.box))
        )
    strangers = source.randrange(1, 4) if truth is None else int(source.random() < 0.1)
    for _ in range(strangers if tags else 0):
        tag = source.choice(tags)
        left, top = source.uniform(0, 0.6), source.uniform(0, 0.6)
        box = Box.of(left, top, source.uniform(0.1, 1 - left - 0.1), source.uniform(0.1, 1 - top - 0.1))
        results.append(PredictedTag(tag.id, tag.name, tag.type, single(source.random()), box))
    return results


def _likely(draw: float) -> float:
    return 0.15 + draw / 10 if draw > 0.93 else 1 - 0.4 * draw**2


def _unlikely(draw: float) -> float:
    return 0.6 if draw > 0.99 else 0.3 * draw**12 + 1e-9


def _moved(source: random.Random, box: Box) -> Box:
    """A box of the same size, moved by at most a tenth of it, within the picture."""
    left = min(max(0.0, box.left + box.width * source.uniform(-0.1, 0.1)), 1 - box.width)
    top = min(max(0.0, box.top + box.height * source.uniform(-0.1, 0.1)), 1 - box.height)
    return Box.of(max(0.0, left), max(0.0, top), box.width, box.height)
