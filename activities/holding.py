"""Why a batch is not begun: the request is to be cancelled, or a legal hold covers the project's part of the plan."""

import functools

from steward.ledger.holds import Holds, Taken, covering

from activities.payloads import RequestRef
from activities.scope import recorded_plan
from steward.accounts import account
from steward.erasure.inventory import load_inventory
from steward.erasure.planning import taken
from steward.ledger.ledger import Ledger


def why_to_stop(ref: RequestRef, project: str) -> str:
    """`cancelled` or `held`; empty to go on. Asked before every batch: one read of the ledger, one of the holds."""
    home = account(ref["account"])
    if Ledger(home.container, ref["account"], ref["request"]).state().cancel_asked:
        return "cancelled"
    return "held" if holds_against(ref, project) else ""


def holds_against(ref: RequestRef, project: str) -> list[str]:
    """Ids of the holds that cover anything which the project's part of the plan takes; the plan is read only if any stands."""
    home = account(ref["account"])
    standing = Holds(home.container, home.name).standing()
    if not standing:
        return []
    return [hold.id for hold in covering(standing, _taken(ref["account"], ref["request"], project))]


@functools.lru_cache(maxsize=8)
def _taken(account_name: str, request: str, project: str) -> Taken:
    recorded = recorded_plan(account_name, request)
    planned = recorded.project(project)
    store = account(account_name).store
    inventory = load_inventory(store, recorded.names, "plan", project, planned["inventory"])
    images, tags = set[str](), set[str](planned["tags"])
    for image, carried in taken(inventory, planned):
        images.add(image)
        tags.update(carried)
    return Taken(project, frozenset(images), frozenset(tags))
