"""Deleting a batch of images: read again first, deleted by id with every snapshot, then asked for at its signed addresses."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import azure.durable_functions as df

from activities.deletions import ended, left, refusals
from activities.erasure_payloads import Asked, Batch, PendingBatches, StillPending
from activities.holding import held_images, why_to_stop
from activities.images_by_id import images_in
from activities.outcome import outcome
from activities.purging import ask_storage
from activities.scope import recorded_plan, scoped_project
from steward.accounts import Account, account
from steward.archive.documents import encode
from steward.archive.store import JSON
from steward.customvision.errors import CustomVisionError
from steward.erasure.inventory import WORKSPACE
from steward.erasure.names import ErasureNames
from steward.erasure.plan import PlannedImage, RecordedPlan, read_images
from steward.erasure.results import Remark, read_results, result
from steward.requests_api.scope import ScopedProject, tags_on
from steward.settings import current_settings

bp = df.Blueprint()

# Seconds between looks at a delete that the service has accepted and goes on with; what lasts longer is waited for by
# a durable timer, and its pictures are not asked for.
_LOOKS = (0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0)


@dataclass
class _Found:
    """An image as the service has it right now: whether it still fits, and at which signed address; `places`: where the plan
    and this reading found it."""

    uri: str
    places: set[str]
    tags: set[str]
    fits: bool


@bp.activity_trigger(input_name="batch")
@outcome
def delete_images(batch: Batch) -> Mapping[str, Any]:
    """Only planned ids, never a whole list; one that no longer fits the scope is left and named."""
    home, project = account(batch["account"]), batch["project"]
    recorded = recorded_plan(batch["account"], batch["request"])
    planned = read_images(home.store, recorded, project, batch["number"])
    if stop := why_to_stop(batch, project):
        return left(batch, "images", [each["id"] for each in planned], stop)
    found = _read_again(home, scoped_project(batch, project), planned)
    fitting = {each: image for each, image in found.items() if image.fits}
    held = held_images(batch, project, {each: image.tags for each, image in fitting.items()})
    fitting = {each: image for each, image in fitting.items() if each not in held}
    unfit = [_why_left(each, held=each in held) for each in found if each not in fitting]
    if not fitting:
        return ended(batch, result("images", left=unfit))
    try:
        deletion = home.client.delete_images(project, sorted(fitting), all_iterations=True)
    except CustomVisionError as error:
        return ended(batch, result("images", left=unfit, refused=refusals(sorted(fitting), error)))
    places = {place for image in fitting.values() for place in image.places}
    patience = current_settings().delete_patience_seconds if deletion == "accepted" else 0
    lasting = _lasting(recorded, project, places)
    still = _after(home, project, sorted(fitting), lasting, patience)
    shown = still.keys() | present(home, project, fitting, places - lasting).keys()
    gone = sorted(each for each in fitting if each not in shown)
    purge = ask_storage(home, project, {each: fitting[each].uri for each in gone})
    found = result("images", left=unfit, asked=[*purge.gone, *purge.served], served=purge.served)
    # Where it says that it is done there is nothing to wait for.
    return ended(batch, found, pending=len(still) if deletion == "accepted" else 0)


@bp.activity_trigger(input_name="batches")
@outcome
def await_images(batches: PendingBatches) -> Mapping[str, Any]:
    """Which batches the service still shows, of those that it has accepted to delete; what was left does not count."""
    home, project = account(batches["account"]), batches["project"]
    recorded = recorded_plan(batches["account"], batches["request"])
    results = read_results(home.store, ErasureNames(batches["account"], batches["request"]), project)

    def pending(number: int) -> bool:
        planned = read_images(home.store, recorded, project, number)
        ids = [each["id"] for each in planned if ("images", each["id"]) not in results.left]
        places = _lasting(recorded, project, {place for image in planned for place in image["places"]})
        return bool(ids) and bool(present(home, project, ids, places))

    return StillPending(numbers=[number for number in batches["numbers"] if pending(number)])


@bp.activity_trigger(input_name="batch")
@outcome
def ask_images(batch: Batch) -> Mapping[str, Any]:
    """Read back: ask for each planned image of a batch by its id, in every place where it was found."""
    home, project = account(batch["account"]), batch["project"]
    planned = read_images(
        home.store, recorded_plan(batch["account"], batch["request"]), project, batch["number"]
    )
    places = {place for image in planned for place in image["places"]}
    found = present(home, project, [each["id"] for each in planned], places)
    names = ErasureNames(batch["account"], batch["request"])
    document = {"present": {each: sorted(where) for each, where in sorted(found.items())}}
    home.store.write(names.asked(project, batch["kind"], batch["number"]), encode(document), media_type=JSON)
    return Asked(present=len(found))


def present(home: Account, project: str, ids: Iterable[str], places: Iterable[str]) -> dict[str, set[str]]:
    """Which of at most 256 images the service has, and in which places; a place that is gone has none."""
    found: dict[str, set[str]] = {}
    for place in sorted(places):
        for image in images_in(home, project, sorted(ids), place):
            found.setdefault(image["id"], set()).add(place)
    return found


def _read_again(home: Account, scoped: ScopedProject, planned: list[PlannedImage]) -> dict[str, _Found]:
    """The batch as it is now; an image fits while it fits in any place where it was found, as when it was planned. So no
    further place is read once all of them do."""
    found: dict[str, _Found] = {}
    places = {each["id"]: each["places"] for each in planned}
    for place in sorted({WORKSPACE, *(place for each in planned for place in each["places"])}):
        if place == WORKSPACE and not scoped.gives_images:
            continue
        for image in images_in(home, scoped.id, list(places), place):
            new = _Found(image["originalImageUri"], set(places.get(image["id"], ())), set(), fits=False)
            known = found.setdefault(image["id"], new)
            known.places.add(place)
            known.tags.update(tags_on(image))
            known.fits = known.fits or scoped.selects_image(image)
        if found.keys() == places.keys() and all(image.fits for image in found.values()):
            break
    return {each: found[each] for each in places if each in found}


def _why_left(image: str, *, held: bool) -> Remark:
    if held:
        return Remark(id=image, code="Held", reason="a legal hold covers it, as it is now")
    return Remark(id=image, code="NoLongerFits", reason="the scope no longer gives it, as it is now")


def _lasting(recorded: RecordedPlan, project: str, places: set[str]) -> set[str]:
    """The places that are waited for: a planned iteration takes its snapshot along, whatever a deletion of images did there."""
    return places - set(recorded.project(project)["iterations"])


def _after(
    home: Account, project: str, ids: list[str], places: Iterable[str], patience: float
) -> dict[str, set[str]]:
    """What is still there, and where, when the service has had time to delete, at most so many seconds.

    A place is asked until it has none of them, and only then the next: while one still has some, the others say nothing new.
    """
    waiting = sorted(places)
    for pause, passed in zip(_LOOKS, accumulate(_LOOKS), strict=True):
        if passed > patience:
            break
        time.sleep(pause)
        while waiting and not images_in(home, project, ids, waiting[0]):
            del waiting[0]
        if not waiting:
            return {}
    return present(home, project, ids, waiting)
