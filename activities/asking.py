"""The read back of single objects: what has left a list may still be given by its id."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

import azure.durable_functions as df

from activities.deletions import planned_part
from activities.erasure_payloads import Asked, Batch
from activities.outcome import outcome
from steward.accounts import account
from steward.archive.documents import encode
from steward.archive.store import JSON
from steward.customvision.answers import Iteration, Tag
from steward.customvision.errors import NotFound
from steward.erasure.inventory import WORKSPACE
from steward.erasure.names import ErasureNames

bp = df.Blueprint()

# The service's own words; another 404, such as a gateway's, says nothing of the object.
_ABSENT = frozenset({"NotFoundIteration", "NotFoundTag", "NotFoundProject"})


@bp.activity_trigger(input_name="batch")
@outcome
def ask_iterations(batch: Batch) -> Mapping[str, Any]:
    """Ask for each planned iteration of a batch by its id, and whether it is published."""
    found = _found(batch, "iterations", account(batch["account"]).client.get_iteration)
    published = [each for each, iteration in found.items() if iteration.get("publishName")]
    return _record(batch, found, published)


@bp.activity_trigger(input_name="batch")
@outcome
def ask_tags(batch: Batch) -> Mapping[str, Any]:
    """Ask for each planned tag of a batch by its id; one that only a snapshot has goes with its iteration."""
    found = _found(batch, "tags", account(batch["account"]).client.get_tag)
    return _record(batch, found, [])


def _found[Found: (Iteration, Tag)](
    batch: Batch, kind: Literal["iterations", "tags"], ask: Callable[[str, str], Found]
) -> dict[str, Found]:
    """Those of the batch that the service still gives."""
    found: dict[str, Found] = {}
    for each in planned_part(batch, kind):
        try:
            found[each] = ask(batch["project"], each)
        except NotFound as error:
            if error.code not in _ABSENT:
                raise
    return found


def _record(batch: Batch, present: Collection[str], published: list[str]) -> Asked:
    document = {"present": {each: [WORKSPACE] for each in present}, "published": published}
    names = ErasureNames(batch["account"], batch["request"])
    name = names.asked(batch["project"], batch["kind"], batch["number"])
    account(batch["account"]).store.write(name, encode(document), media_type=JSON)
    return Asked(present=len(present))
