"""A bag is enough to fall back on only where it has planned iterations with all that belongs to them."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from azure.storage.blob import ContainerClient

from steward.archive import names
from steward.archive.bag import seal
from steward.archive.closing import close_project
from steward.archive.documents import encode, gap
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.erasure.coverage import uncovered
from steward.erasure.inventory import (
    WORKSPACE,
    InventoriedImage,
    Inventory,
    IterationObject,
    ProjectObjects,
    write_inventory,
)
from steward.erasure.names import ErasureNames
from steward.erasure.plan import RecordedPlan
from tests.archive.exports import ACCOUNT, DATE, Export, Project, child

GAP = gap("ServiceFault", "GetTaggedImages: 500")
type Deed = Callable[[Export, Project, str], None]


def bag_of(store: ArchiveStore, project: Project, deed: Deed | None = None, **options: bool) -> BagNames:
    """A sealed bag of the project; `deed`: what its iteration's export met."""
    export = Export(store)
    export.document(names.ACCOUNT_PATH, ACCOUNT)
    export.project(project)
    iteration = child(project, "iteration", 0)
    export.document(names.performance_path(project.id, iteration), {"performance": {"perTagPerformance": []}})
    if deed:
        deed(export, project, iteration)
    close_project(store, export.bag, project.id)
    seal(store, export.bag, about={"purpose": "backup", "options": options}, date=DATE)
    return export.bag


def plan_of(store: ArchiveStore, project: Project) -> RecordedPlan:
    """Everything of the project that is no prediction; each image of the snapshot is in the workspace too."""
    iteration = child(project, "iteration", 0)
    objects = ProjectObjects(
        id=project.id,
        name=project.name,
        gone=False,
        whole=True,
        read=[WORKSPACE, iteration],
        counted={},
        predictions=False,
        iterations=[IterationObject(id=iteration, name="Iteration 1", published=False, fits=True)],
        tags=[],
        models=[],
        modelContainer="",
    )
    images = {
        UUID(child(project, "image", number)).bytes: InventoriedImage(places=3, fits=True)
        for number in project.tagged
    }
    plans = ErasureNames("default", "erasure-1")
    digest = write_inventory(store, plans, "plan", project.id, Inventory(objects, images=images))
    part: Any = {"id": project.id, "whole": True, "tags": [], "iterations": [iteration], "inventory": digest}
    plan: Any = {"projects": [part | {"predictionBatches": []}]}
    return RecordedPlan(plans, plan, hashlib.sha256(encode(plan)).hexdigest())


@pytest.fixture
def store(container: ContainerClient) -> ArchiveStore:
    return ArchiveStore(container)


@pytest.fixture
def project() -> Project:
    return Project(tagged=[0, 1], untagged=[], snapshots=[[0, 1]], predictions=0)


def test_a_bag_of_everything_lacks_nothing(store: ArchiveStore, project: Project) -> None:
    assert uncovered(store, bag_of(store, project), plan_of(store, project)) == []


def lacks_a_page_of_labels(export: Export, project: Project, iteration: str) -> None:
    export.pages(project, iteration, "tagged", [GAP])


def lacks_performances(export: Export, project: Project, iteration: str) -> None:
    export.pages(project, iteration, "image-performance", [GAP])


def lacks_a_model(export: Export, project: Project, iteration: str) -> None:
    model = export.model(project, iteration, "ONNX")
    entries = [model, {"export": {"platform": "CoreML", "status": "Done", "flavor": None}, **GAP}]
    export.document(names.exports_path(project.id, iteration), {"exports": entries})


def lacks_the_end_of_a_list(export: Export, project: Project, iteration: str) -> None:
    """It moved while it was read."""
    path = names.page_path(project.id, iteration, "tagged", 0)
    export.lines(path, [export.image(project, 0, [])])


@pytest.mark.parametrize(
    "deed", [lacks_a_page_of_labels, lacks_performances, lacks_a_model, lacks_the_end_of_a_list]
)
def test_what_an_iteration_lacks_is_missed_though_all_pictures_are_there(
    store: ArchiveStore, project: Project, deed: Deed
) -> None:
    (lack,) = uncovered(store, bag_of(store, project, deed), plan_of(store, project))
    assert "1 of 1 iterations are not in it" in lack


@pytest.mark.parametrize("option", ["models", "imagePerformance"])
def test_an_export_that_left_out_what_iterations_have_covers_none(
    store: ArchiveStore, project: Project, option: str
) -> None:
    (lack,) = uncovered(store, bag_of(store, project, None, **{option: False}), plan_of(store, project))
    assert "1 of 1 iterations are not in it" in lack
