"""Why a batch is not begun: the request has ended or is to be cancelled, or a legal hold covers the project's part of the plan."""

import functools
from collections.abc import Collection, Mapping
from itertools import batched
from uuid import UUID

from activities.images_by_id import images_in
from activities.payloads import RequestRef
from activities.scope import recorded_plan
from steward.accounts import account
from steward.archive.erased import Erased
from steward.customvision.batches import IMAGE_BATCH
from steward.erasure.inventory import WORKSPACE, load_inventory
from steward.erasure.planning import taken
from steward.ledger import holds
from steward.ledger.holds import Hold, Taken, covering
from steward.ledger.ledger import Ledger
from steward.requests_api.scope import ScopedProject, tags_on


def why_to_stop(ref: RequestRef, project: str) -> str:
    """`ended`, `cancelled` or `held`; empty to go on. Asked before every batch: one read of the ledger, one of the holds."""
    home = account(ref["account"])
    state = Ledger(home.container, ref["account"], ref["request"]).state()
    if state.has_ended:
        # Its turn is another's, and nobody can cancel it any more.
        return "ended"
    if state.cancel_asked:
        return "cancelled"
    return "held" if holds_against(ref, project) else ""


def holds_against(ref: RequestRef, project: str) -> list[str]:
    """Ids of the holds that cover anything which the project's part of the plan takes; the plan is read only if any stands."""
    if not (standing := standing_holds(ref)):
        return []
    return [hold.id for hold in covering(standing, _taken(ref["account"], ref["request"], project))]


def why_to_keep_copies(ref: RequestRef, scoped: ScopedProject) -> str:
    """As `why_to_stop`, for our own copies: a whole project's bags may hold what no plan has any more, and a hold names."""
    if (stop := why_to_stop(ref, scoped.id)) or not scoped.whole:
        return stop
    return "held" if any(hold.names(scoped.id) for hold in standing_holds(ref)) else ""


def held_images(ref: RequestRef, project: str, images: Mapping[str, set[str]]) -> set[str]:
    """Of images with the tags that they carry, those that a hold covers: no plan knows tags that came since, nor images
    that only the archives have."""
    standing = standing_holds(ref)
    return {
        image
        for image, tags in images.items()
        if standing and covering(standing, Taken(project, frozenset({image}), frozenset(tags)))
    }


def held_iterations(ref: RequestRef, project: str, iterations: Collection[str]) -> set[str]:
    """Those whose snapshot has an image that carries a held tag by now. Images are asked for only where a hold on one of
    the project's tags stands."""
    if not any(hold.names_tag_of(project) for hold in standing_holds(ref)):
        return set()
    home, recorded = account(ref["account"]), recorded_plan(ref["account"], ref["request"])
    digest = recorded.project(project)["inventory"]
    inventory = load_inventory(home.store, recorded.names, "plan", project, digest)
    places = {
        str(UUID(bytes=key)): among
        for key, image in inventory.images.items()
        if (among := set(iterations).intersection(inventory.places_of(image)))
    }
    held = set[str]()
    for ids in batched(places, IMAGE_BATCH, strict=False):
        found = images_in(home, project, list(ids), WORKSPACE)
        for image in held_images(ref, project, {each["id"].lower(): tags_on(each) for each in found}):
            held |= places[image]
    return held


def standing_holds(ref: RequestRef) -> list[Hold]:
    """While nobody can say what is held, everything is."""
    home = account(ref["account"])
    return holds.standing_holds(home.container, home.name)


def may_cover(hold: Hold, erased: Erased) -> bool:
    """Whether a hold covers something of it, or nobody can say: which tags an erased image carried is on record nowhere, nor
    which images the snapshot of an iteration had."""
    if hold.covers == "account" or not hold.names(erased.project):
        return hold.covers == "account"
    image = hold.covers.get("image")
    return image is None or erased.whole or bool(erased.iterations) or image in erased.images


@functools.lru_cache(maxsize=8)
def _taken(account_name: str, request: str, project: str) -> Taken:
    recorded = recorded_plan(account_name, request)
    planned = recorded.project(project)
    store = account(account_name).store
    inventory = load_inventory(store, recorded.names, "plan", project, planned["inventory"])
    iterations = set(planned["iterations"])
    of_snapshots = {
        tag["id"] for tag in inventory.objects["tags"] if not iterations.isdisjoint(tag["places"])
    }
    images, tags = set[str](), {*planned["tags"], *of_snapshots}
    for image, carried in taken(inventory, planned):
        images.add(image)
        tags.update(carried)
    return Taken(project, frozenset(images), frozenset(tags))
