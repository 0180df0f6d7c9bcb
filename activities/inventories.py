"""The inventory of a project: everything it holds, as ids, for the plan of an erasure and again for its read back."""

from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.erasure_payloads import InventoryParts, InventoryRef
from activities.outcome import outcome
from activities.pages import Line, PageReading
from activities.payloads import PageRef, PredictionPageRef, PredictionPageResult
from activities.predictions import ENDLESS, MOST_PAGES, read_prediction_page
from activities.readings import work_of
from activities.scope import erasure_request, scoped_project
from activities.snapshots import in_training, unless_untrained, was_trained
from activities.tags import tag_counts
from steward.accounts import Account, account
from steward.archive.documents import encode
from steward.archive.names import page_path, prediction_page_path
from steward.archive.page_digests import page_digest
from steward.archive.store import JSON, JSON_LINES
from steward.customvision.answers import Image, Iteration, Tag
from steward.customvision.errors import NotFound
from steward.erasure.inventory import (
    WORKSPACE,
    IterationObject,
    KeptModel,
    ProjectObjects,
    TagObject,
    gather,
    read_objects,
    write_inventory,
)
from steward.erasure.names import ErasureNames
from steward.erasure.planning import plan_project
from steward.requests_api.scope import ScopedProject, tags_on

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def inspect_project(ref: InventoryRef) -> Mapping[str, Any]:
    """Write down what the project holds beside what comes in pages, and say which lists are to be read."""
    home, scoped = account(ref["account"]), scoped_project(ref, ref["project"])
    try:
        objects, tags = _objects(home, scoped)
    except NotFound as error:
        if error.code != "NotFoundProject":
            raise
        objects, tags = _gone(scoped), ""
    home.store.write(_objects_blob(ref), encode(objects), media_type=JSON)
    return InventoryParts(
        gone=objects["gone"], places=objects["read"], predictions=objects["predictions"], tags=tags
    )


def _objects(home: Account, scoped: ScopedProject) -> tuple[ProjectObjects, str]:
    """The objects, and how many images each tag of the workspace has."""
    client = home.client
    project = client.get_project(scoped.id)
    iterations = client.list_iterations(scoped.id)
    fitting = [each for each in iterations if scoped.selects_iteration(each)]
    places = [WORKSPACE, *(each["id"] for each in iterations)]
    # An image that the workspace has lost may still stand in a snapshot; an iteration takes its snapshot with it.
    read = places if scoped.gives_images else [each["id"] for each in fitting]
    tags = _listed_tags(home, scoped.id, places)
    objects = ProjectObjects(
        id=scoped.id,
        # That by which the scope has chosen it: somebody may have renamed it since.
        name=scoped.name,
        gone=False,
        whole=scoped.whole,
        read=read,
        counted={place: _count(home, scoped.id, place) for place in places if place not in read},
        predictions=scoped.gives_predictions,
        iterations=[_iteration(each, fits=each in fitting) for each in iterations],
        tags=_tags(tags),
        models=[model for each in iterations for model in _models(home, scoped.id, each)],
        modelContainer=_container(project.get("settings")),
    )
    return objects, tag_counts(tags[WORKSPACE])


def _gone(scoped: ScopedProject) -> ProjectObjects:
    return ProjectObjects(
        id=scoped.id,
        name=scoped.name,
        gone=True,
        whole=scoped.whole,
        read=[],
        counted={},
        predictions=False,
        iterations=[],
        tags=[],
        models=[],
        modelContainer="",
    )


def _iteration(iteration: Iteration, *, fits: bool) -> IterationObject:
    return IterationObject(
        id=iteration["id"],
        name=iteration["name"],
        published=bool(iteration.get("publishName")),
        fits=fits,
        training=in_training(iteration),
    )


def _count(home: Account, project: str, place: str) -> int:
    """How many images there are in a place whose lists are not read: what else a deletion took shows in the number."""
    return sum(
        unless_untrained(
            lambda tagged=tagged: home.client.count_images(
                project, tagged=tagged, iteration_id=place or None
            ),
            0,
        )
        for tagged in (True, False)
    )


def _listed_tags(home: Account, project: str, places: list[str]) -> dict[str, list[Tag]]:
    """The tags of every place."""
    return {
        place: unless_untrained(lambda place=place: home.client.list_tags(project, place or None), [])
        for place in places
    }


def _tags(listed: Mapping[str, list[Tag]]) -> list[TagObject]:
    """Each once: one that was deleted may live on in a snapshot."""
    found: dict[str, TagObject] = {}
    for place, tags in listed.items():
        for tag in tags:
            known = found.setdefault(tag["id"], TagObject(id=tag["id"], name=tag["name"], places=[]))
            known["places"].append(place)
    return list(found.values())


def _models(home: Account, project: str, iteration: Iteration) -> list[KeptModel]:
    # One that was never trained has no exports to ask for.
    if not was_trained(iteration):
        return []
    return [
        KeptModel(iteration=iteration["id"], platform=each["platform"], flavor=each.get("flavor") or "")
        for each in unless_untrained(lambda: home.client.list_exports(project, iteration["id"]), [])
    ]


def _container(settings: object) -> str:
    """Where the service puts copies of models in the customer's own storage, without the signature."""
    found = cast("dict[str, Any]", settings or {}).get("exportModelContainerUri") or ""
    return str(found).partition("?")[0]


@bp.activity_trigger(input_name="page")
@outcome
def list_page(page: PageRef) -> Mapping[str, Any]:
    """Write down the ids on one page of images, each with its tags and whether the scope gives it."""
    scoped = scoped_project(page, page["project"])

    def lines_of(_: PageRef, items: list[dict[str, Any]]) -> list[Line]:
        return [(each["id"], encode(_line(scoped, each))) for each in cast("list[Image]", items)]

    reading = PageReading(page, lines_of)
    path = page_path(page["project"], page["iteration"], page["kind"], page["page"])
    name = work_of(page, page["reading"]) + path
    account(page["account"]).store.write_stream(name, reading.lines(), media_type=JSON_LINES)
    return reading.result()


def _line(scoped: ScopedProject, image: Image) -> dict[str, Any]:
    return {
        "id": image["id"],
        "tags": sorted(tags_on(image)),
        "fits": scoped.selects_image(image),
    }


@bp.activity_trigger(input_name="page")
@outcome
def list_prediction_page(page: PredictionPageRef) -> Mapping[str, Any]:
    """Write down the ids on one page of stored predictions, and give the token of the next page."""
    if page["page"] >= MOST_PAGES:
        return PredictionPageResult(fault=ENDLESS)
    scoped = scoped_project(page, page["project"])
    results, token = read_prediction_page(page)
    lines = [
        {"id": each["id"], "created": each["created"], "fits": scoped.selects_prediction(each)}
        for each in results
    ]
    name = work_of(page, page["reading"]) + prediction_page_path(page["project"], page["page"])
    account(page["account"]).store.write_stream(name, map(encode, lines), media_type=JSON_LINES)
    return PredictionPageResult(
        listed=len(results),
        digest=page_digest(each["id"] for each in results),
        token=cast("dict[str, object]", token or {}),
    )


@bp.activity_trigger(input_name="ref")
def close_inventory(ref: InventoryRef) -> dict[str, bool]:
    """Put the inventory together; for a plan, say too what goes of the project."""
    store, names = account(ref["account"]).store, ErasureNames(ref["account"], ref["request"])
    moment = "plan" if ref["reading"] == "plan" else "read-back"
    objects = read_objects(store, _objects_blob(ref))
    inventory = gather(store, work_of(ref, ref["reading"]), objects)
    digest = write_inventory(store, names, moment, ref["project"], inventory)
    part: Mapping[str, Any] = {"inventory": digest}
    if moment == "plan":
        derived = erasure_request(ref["account"], ref["request"]).derived_iterations
        part = plan_project(store, names, inventory, digest, derived)
    store.write(names.part(moment, ref["project"]), encode(part), media_type=JSON)
    return {"closed": True}


def _objects_blob(ref: InventoryRef) -> str:
    return f"{work_of(ref, ref['reading'])}objects/{ref['project']}.json"
