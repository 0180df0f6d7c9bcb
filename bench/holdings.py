"""What an account holds, read with the official SDK: the formula and the bare loop start from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from azure.cognitiveservices.vision.customvision.training.models import PredictionQueryToken

from bench.baselines.connections import training_client

PAGE = 256


@dataclass(frozen=True)
class HeldIteration:
    """`images`: of its snapshot, tagged and untagged; one whose training failed has no performance and no models."""

    images: tuple[int, int]
    trained: bool
    published: bool = False
    performances: int = 0
    models: int = 0


@dataclass(frozen=True)
class HeldProject:
    """`images`: of the workspace, tagged and untagged; `tags`: of the workspace."""

    images: tuple[int, int]
    iterations: tuple[HeldIteration, ...]
    predictions: int
    tags: int


def read_holdings(endpoint: str, key: str) -> list[HeldProject]:
    """Counts of everything that a formula of calls depends on."""
    service = training_client(endpoint, key)
    return [_project(service, project.id) for project in service.get_projects()]


def picture_addresses(endpoint: str, key: str) -> dict[str, str]:
    """Address of each picture, of the workspaces, of snapshots and of stored predictions, by a name of its own."""
    service = training_client(endpoint, key)
    found: dict[str, str] = {}
    for project in service.get_projects():
        snapshots = [each.id for each in service.get_iterations(project.id)]
        for iteration in (None, *snapshots):
            for read in (service.get_tagged_images, service.get_untagged_images):
                for image in _paged(read, project.id, iteration):
                    found[f"pictures/{project.id}/{image.id}"] = image.original_image_uri
        for prediction in _predictions(service, project.id):
            found[f"predictions/{project.id}/{prediction.id}"] = prediction.original_image_uri
    return found


def _project(service: Any, project: str) -> HeldProject:
    return HeldProject(
        images=_images(service, project, None),
        iterations=tuple(_iteration(service, project, each) for each in service.get_iterations(project)),
        predictions=sum(1 for _ in _predictions(service, project)),
        tags=len(service.get_tags(project)),
    )


def _iteration(service: Any, project: str, listed: Any) -> HeldIteration:
    images = _images(service, project, listed.id)
    if listed.status != "Completed":
        return HeldIteration(images, trained=False)
    exports = service.get_exports(project, listed.id)
    return HeldIteration(
        images,
        trained=True,
        published=listed.publish_name is not None,
        performances=service.get_image_performance_count(project, listed.id),
        models=sum(1 for each in exports if each.status == "Done"),
    )


def _images(service: Any, project: str, iteration: str | None) -> tuple[int, int]:
    return (
        service.get_tagged_image_count(project, iteration_id=iteration),
        service.get_untagged_image_count(project, iteration_id=iteration),
    )


def _paged(read: Callable[..., list[Any]], project: str, iteration: str | None) -> Iterator[Any]:
    skip = 0
    while True:
        page = read(project, iteration_id=iteration, order_by="Oldest", take=PAGE, skip=skip)
        yield from page
        if len(page) < PAGE:
            return
        skip += PAGE


def _predictions(service: Any, project: str) -> Iterator[Any]:
    token = PredictionQueryToken(order_by="Oldest", max_count=PAGE)
    while token:
        answer = service.query_predictions(project, token)
        yield from answer.results
        token = answer.token if answer.token.continuation else None
