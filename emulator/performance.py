"""Performance of an iteration: precision and recall counted over the images that it was tested with."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.call import Call, Reply, answer, answer_figures
from emulator.errors import ServiceError
from emulator.figures import recall
from emulator.images import in_order
from emulator.state import Iteration, PredictedTag
from emulator.times import with_ticks
from emulator.wire import Json, predictions_json
from emulator.workspace import Box, StoredImage, bare, id_order, single

# 2 of 10 images were tested with (recording ImageCounts): every fifth.
_TESTED = 5
# Used where the call names none; the service's own are not published.
_THRESHOLD = 0.5
_OVERLAP_THRESHOLD = 0.3


@dataclass(frozen=True)
class _Judged:
    """One answer of the model about a tag: how sure, and whether it was right."""

    tag_id: str
    probability: float
    right: bool


def get_iteration_performance(call: Call) -> Reply:
    iteration = _trained(call)
    threshold: float = _THRESHOLD if call.query["threshold"] is None else call.query["threshold"]
    overlap: float = (
        _OVERLAP_THRESHOLD if call.query["overlapThreshold"] is None else call.query["overlapThreshold"]
    )
    tested = _tested(iteration)
    judged = [one for image in tested for one in _judge(image, recall(iteration, image), overlap)]
    positives = _positives(tested)
    tags = sorted(iteration.snapshot.tags.values(), key=lambda tag: id_order(tag.id))
    per_tag = [
        {
            "id": tag.id,
            "name": tag.name,
            **_figures([one for one in judged if one.tag_id == tag.id], positives.count(tag.id), threshold),
        }
        for tag in tags
    ]
    whole = _figures(judged, len(positives), threshold)
    return answer_figures({"perTagPerformance": per_tag, **whole})


def get_image_performances(call: Call) -> Reply:
    iteration = _trained(call)
    page = in_order(call, _chosen(iteration, call.query["tagIds"]))
    return answer_figures([_image_performance(call, iteration, image) for image in page])


def get_image_performance_count(call: Call) -> Reply:
    return answer(len(_chosen(_trained(call), call.query["tagIds"])))


def _trained(call: Call) -> Iteration:
    iteration = call.iteration()
    if iteration.status != "Completed":
        raise ServiceError("NotFoundIterationPerformance")
    return iteration


def _tested(iteration: Iteration) -> Sequence[StoredImage]:
    """Newest first."""
    return [image for image in iteration.snapshot.newest_first() if image.tags][::_TESTED]


def _chosen(iteration: Iteration, tag_ids: Sequence[str]) -> Sequence[StoredImage]:
    tested = _tested(iteration)
    return (
        [image for image in tested if any(image.has_tag(tag_id) for tag_id in tag_ids)] if tag_ids else tested
    )


def _positives(tested: Sequence[StoredImage]) -> list[str]:
    """Tag ids of everything there was to find: regions in detection, else tags."""
    regions = [region.tag_id for image in tested for region in image.regions]
    return regions or [tag.tag_id for image in tested for tag in image.tags]


def _judge(image: StoredImage, answers: Sequence[PredictedTag], overlap: float) -> list[_Judged]:
    """Each region can be found once, by the surest answer (answers come surest first)."""
    left = list(image.regions)
    judged: list[_Judged] = []
    for one in answers:
        if one.box is None:
            judged.append(_Judged(one.tag_id, one.probability, image.has_tag(one.tag_id)))
            continue
        box = one.box
        found = next((r for r in left if r.tag_id == one.tag_id and _overlap(r.box, box) >= overlap), None)
        if found:
            left.remove(found)
        judged.append(_Judged(one.tag_id, one.probability, found is not None))
    return judged


def _figures(judged: Sequence[_Judged], positives: int, threshold: float) -> Json:
    sure = [one for one in judged if one.probability >= threshold]
    right = sum(one.right for one in sure)
    return {
        "precision": single(right / len(sure)) if sure else 0.0,
        "precisionStdDeviation": 0.0,
        "recall": single(right / positives) if positives else 0.0,
        "recallStdDeviation": 0.0,
        "averagePrecision": single(_average_precision(judged, positives)) if positives else None,
    }


def _average_precision(judged: Sequence[_Judged], positives: int) -> float:
    """Mean of the precision at each right answer, surest first."""
    right, total = 0, 0.0
    for rank, one in enumerate(sorted(judged, key=lambda one: -one.probability), start=1):
        if one.right:
            right += 1
            total += right / rank
    return total / positives


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def _image_performance(call: Call, iteration: Iteration, image: StoredImage) -> Json:
    folder = f"/i-{bare(call.ids['projectId'])}"
    return {
        "predictions": predictions_json(recall(iteration, image), call.version),
        "id": image.id,
        "created": with_ticks(image.created),
        "width": image.picture.width,
        "height": image.picture.height,
        "imageUri": call.wire.uri(f"{folder}/i-{bare(image.id)}"),
        "thumbnailUri": call.wire.uri(f"{folder}/t-{bare(image.id)}"),
        **call.wire.labels(image, iteration.snapshot.tags),
    }
