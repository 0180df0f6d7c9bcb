"""The activities of one erasure, called as the engine calls them: archive and ledger in Azurite, the service played."""

import dataclasses
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest
from azure.storage.blob import ContainerClient

from activities import blueprints
from steward.accounts import Account, connect
from steward.customvision.errors import NotFound
from steward.erasure.inventory import (
    WORKSPACE,
    InventoriedImage,
    Inventory,
    IterationObject,
    ProjectObjects,
    TagObject,
    write_inventory,
)
from steward.erasure.names import ErasureNames
from steward.erasure.plan import FORMAT, Plan, PlannedProject, counts_of, write_plan
from steward.erasure.planning import plan_project
from steward.erasure.results import ProjectResults, read_results
from steward.ledger.holds import Covers, Holds
from steward.ledger.ledger import Ledger
from steward.ledger.state import APPROVED, DECISION, PLAN
from steward.requests_api.contract import parse_erasure
from steward.settings import Settings, read_settings
from tests.app.decided import values
from tests.conftest import Azurite

PROJECT, TAG, ITERATION = (str(uuid.uuid4()) for _ in range(3))
MADE, LATER = "2026-11-24T20:40:12+00:00", "2126-11-24T20:40:12+00:00"


@dataclass
class Played:
    """A service that has one project; `images`: of the workspace, with their tags; `deleted`: what it was asked to delete."""

    images: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    iterations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    prediction_pages: list[list[str]] = field(default_factory=list[list[str]])
    names: list[str] = field(default_factory=lambda: ["Hats"])
    deleted: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])
    gone: bool = False
    by_id: set[str] = field(default_factory=set[str])
    absent: str = "NotFoundIteration"

    def count_images(self, _: str, *, tagged: bool, iteration_id: str | None = None) -> int:
        return len(self._listed(tagged, iteration_id))

    def page_images(
        self, _: str, *, tagged: bool, iteration_id: str | None = None, **__: int
    ) -> list[dict[str, Any]]:
        return [self._image(each) for each in self._listed(tagged, iteration_id)]

    def list_images_by_ids(
        self, _: str, ids: Sequence[str], iteration_id: str | None
    ) -> list[dict[str, Any]]:
        self.asked += ids
        wanted = {each.lower() for each in ids if not iteration_id}
        return [self._image(each) for each in self.images if each.lower() in wanted]

    def list_projects(self) -> list[dict[str, str]]:
        return [{"id": PROJECT, "name": self._name()}]

    def get_project(self, project: str) -> dict[str, str]:
        return {"id": project, "name": self._name()}

    def list_tags(self, *_: object) -> list[dict[str, Any]]:
        return []

    list_exports = list_tags

    def list_iterations(self, _: str) -> list[dict[str, Any]]:
        return self.iterations

    def page_predictions(self, _: str, token: Any = None, **__: int) -> tuple[list[dict[str, str]], Any]:
        if not self.prediction_pages:
            return [], None
        page = int(token or 0)
        more = page + 1 < len(self.prediction_pages)
        return [{"id": each} for each in self.prediction_pages[page]], str(page + 1) if more else None

    def iterate_predictions(self, project: str) -> Iterator[dict[str, str]]:
        token: Any = "0"
        while token:
            page, token = self.page_predictions(project, token)
            yield from page

    def get_iteration(self, _: str, iteration: str) -> dict[str, Any]:
        """Also where no list has it."""
        if iteration not in self.by_id:
            raise NotFound("GetIteration", 404, self.absent, "It does not exist.")
        return {"id": iteration, "publishName": "live"}

    get_tag = get_iteration

    def delete_tag(self, _: str, tag: str) -> str:
        self.deleted.append(tag)
        return "done"

    delete_iteration = delete_tag

    def delete_project(self, project: str) -> str:
        self.deleted.append(project)
        return "done"

    def _name(self) -> str:
        """The next one that a person has given it; the last one stays."""
        return self.names.pop(0) if len(self.names) > 1 else self.names[0]

    def _listed(self, tagged: bool, iteration: str | None) -> list[str]:
        if self.gone:
            raise NotFound("GET", 404, "NotFoundProject", "It does not exist.")
        return [each for each, tags in self.images.items() if bool(tags) == tagged and not iteration]

    def _image(self, image: str) -> dict[str, Any]:
        return {"id": image, "tags": [{"tagId": each} for each in self.images[image]]}


@dataclass
class Acting:
    """One erasure, accepted; `plan` puts a plan on record, `approve` a decision about it."""

    home: Account
    service: Played
    request: str
    scope: Any = "account"

    @property
    def ref(self) -> dict[str, Any]:
        return {"request": self.request, "account": "default"}

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.home.container, "default", self.request)

    @property
    def results(self) -> ProjectResults:
        return read_results(self.home.store, ErasureNames("default", self.request), PROJECT)

    def accept(self, scope: Any, **fields: Any) -> "Acting":
        """As this one, with a request of its own on record."""
        document = {"purpose": "off-boarding", "scope": scope, "dryRun": False, **fields}
        if "plan" not in document:
            document["waiveExport"] = {"reason": "a test's own data"}
        other = Acting(self.home, self.service, f"erasure-{uuid.uuid4().hex[:12]}", scope)
        other.ledger.create("erasure", parse_erasure(document, ["default"]).to_document())
        return other

    def plan(self, inventory: Inventory) -> PlannedProject:
        """On record, of this inventory."""
        store, names = self.home.store, ErasureNames("default", self.request)
        digest = write_inventory(store, names, "plan", PROJECT, inventory)
        part = plan_project(store, names, inventory, digest, "keep")
        plan = Plan(
            format=FORMAT, request=self.request, account="default", purpose="off-boarding", made=MADE, expires=LATER,
            derivedIterations="keep", projects=[part], others=[], counts=counts_of([part]), residue=[],
        )  # fmt: skip
        recorded = write_plan(store, names, plan)
        found = {"request": self.request, "hash": recorded.hash, "expires": LATER, "counts": plan["counts"]}
        self.ledger.append(PLAN, PLAN, found)
        return part

    def approve(self, plan_hash: str = "") -> None:
        planned = plan_hash or self.ledger.state().plan["hash"]
        self.ledger.append(APPROVED, DECISION, {"planHash": planned, "by": {"name": None, "verified": False}})

    def hold(self, covers: Covers) -> None:
        Holds(self.home.container, "default").set(covers, reason="case 7", by={})

    def act(self, activity: str, **payload: Any) -> Any:
        """What the activity of that name answers."""
        for module in _modules():
            if (found := getattr(module, activity, None)) and hasattr(found, "_function"):
                return found._function.get_user_function()({**self.ref, **payload})
        raise KeyError(activity)

    def batch(self, activity: str, kind: str) -> Any:
        return self.act(activity, project=PROJECT, kind=kind, number=0)


def acting(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, scope: Any = "account"
) -> Acting:
    """An erasure in a container of its own."""
    environment = {
        **values(azurite, container),
        "CUSTOM_VISION_TRAINING_KEY": "a-key",
        "TASK_HUB_NAME": "ActingHub",
    }
    settings, service = read_settings(environment), Played()
    home = dataclasses.replace(connect(settings, "default"), client=cast("Any", service))

    def account(_: str) -> Account:
        return home

    def current_settings() -> Settings:
        return settings

    for module in _modules():
        for each in (account, current_settings):
            if hasattr(module, each.__name__):
                monkeypatch.setattr(module, each.__name__, each)
    return Acting(home, service, "none").accept(scope)


def _modules() -> list[Any]:
    assert blueprints
    return [module for name, module in sys.modules.items() if name.startswith("activities.")]


def inventory(
    images: Sequence[str] = (),
    *,
    whole: bool = True,
    fits: bool = True,
    iterations: Sequence[str] = (ITERATION,),
    restless: Sequence[str] = (),
) -> Inventory:
    """Of a project with a tag that no image has, and iterations whose snapshots have all the images that the workspace has."""
    objects = ProjectObjects(
        id=PROJECT,
        name="Hats",
        gone=False,
        whole=whole,
        read=[WORKSPACE, *iterations],
        counted={},
        predictions=whole,
        iterations=[IterationObject(id=each, name=each, published=False, fits=True) for each in iterations],
        tags=[TagObject(id=TAG, name="hat", places=[WORKSPACE])],
        models=[],
        modelContainer="",
    )
    everywhere = 2 ** len(objects["read"]) - 1
    found = {UUID(each).bytes: InventoriedImage(places=everywhere, fits=fits) for each in images}
    return Inventory(objects, images=found, restless=list(restless))
