"""The laws about the calls of an erasure, looked for in a record of them: order, approval, and nothing but planned ids."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tests.erasure.erasing import Planned
from tests.export.record import Json
from tests.service_proxy import Call, Recorded

# docs/data.md: children before their parents.
ORDER = (
    "DeletePrediction",
    "UnpublishIteration",
    "DeleteImages",
    "DeleteTag",
    "DeleteIteration",
    "DeleteProject",
)


def broken_laws(
    changes: Sequence[Recorded], ledger: Sequence[Json], plan: Mapping[str, Planned]
) -> list[str]:
    """A sentence for each call that should not have been made, or not then."""
    return [*_unasked(changes, ledger), *_out_of_order(changes), *_unplanned(changes, plan)]


def _unasked(changes: Sequence[Recorded], ledger: Sequence[Json]) -> Iterator[str]:
    """Changing calls before the guard's last look and the approval stand in the ledger."""
    for needed in ("guard-last", "decision"):
        written = [datetime.fromisoformat(each["at"]).timestamp() for each in ledger if each["id"] == needed]
        for each in changes:
            if not written or each.began < written[0]:
                yield f"{each.call.operation} before {needed} stood in the ledger"


def _out_of_order(changes: Sequence[Recorded]) -> Iterator[str]:
    """Of one project, a call of a later kind that began before one of an earlier kind had ended."""
    for late in changes:
        for early in changes:
            same = late.call.project == early.call.project
            kinds = early.call.operation, late.call.operation
            if same and ORDER.index(kinds[0]) < ORDER.index(kinds[1]) and late.began < early.ended:
                yield f"{kinds[1]} in project {late.call.project} before {kinds[0]} had ended"


def _unplanned(changes: Sequence[Recorded], plan: Mapping[str, Planned]) -> Iterator[str]:
    for each in changes:
        call = each.call
        allowed = _allowed(call.operation, plan[call.project]) if call.project in plan else set[str]()
        asked = _asked(call)
        if not asked or asked - allowed:
            yield f"{call.operation} of {sorted(asked - allowed) or 'all'} in {call.project}, which no plan has"


def _asked(call: Call) -> set[str]:
    """What the call is to change, by id; nothing where it does not say so."""
    if "true" in map(str.lower, call.listed("allImages")):
        return set()
    match call.operation:
        case "DeletePrediction":
            return set(call.listed("ids"))
        case "DeleteImages":
            return set(call.listed("imageIds"))
        case "DeleteTag":
            return {call.ids["tagId"]}
        case "DeleteProject":
            return {call.project}
        case _:
            return {call.ids.get("iterationId", "")}


def _allowed(operation: str, planned: Planned) -> set[str]:
    part = planned.part
    return {
        "DeletePrediction": planned.predictions,
        "UnpublishIteration": set(part["unpublish"]),
        "DeleteImages": planned.images,
        "DeleteTag": set(part["tags"]),
        "DeleteIteration": set(part["iterations"]),
        "DeleteProject": {part["id"]} if part["whole"] else set[str](),
    }.get(operation, set())
