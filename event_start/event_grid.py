"""Events of Event Grid, as CloudEvents 1.0: the data is an envelope.

One that is refused is put on record and taken as delivered: it would never become another. What the store keeps from being
taken is raised, and Event Grid delivers the event again.
"""

import contextlib
import json
from typing import cast

import azure.durable_functions as df
import azure.functions as func

from event_start.taking import Refused, Wish, start_or_leave, take
from starting.callers import NOBODY
from steward.requests_api.documents import JsonObject
from steward.requests_api.problems import FieldProblem, InvalidRequest

bp = df.Blueprint()

EVENT_TYPE = "custom-vision-steward.ticket"


@bp.event_grid_trigger(arg_name="event")
@bp.durable_client_input(client_name="client")
def ticket_event(event: func.CloudEvent, client: df.SyncDurableFunctionsClient) -> None:
    """One event; it may come again, and twice at once. Raises ArchiveError, ChainBroken, DetailsAltered."""
    message = json.dumps(event.to_dict(), sort_keys=True, default=str).encode()
    with contextlib.suppress(Refused):
        start_or_leave(client, take("event-grid", message, lambda: Wish(_data(event), NOBODY)))


def _data(event: object) -> JsonObject:
    """Raises InvalidRequest. The worker gives an event of Event Grid's own schema as another class than is annotated."""
    if not isinstance(event, func.CloudEvent) or event.specversion != "1.0":
        raise InvalidRequest([FieldProblem("expected an event as CloudEvents 1.0 has it", "#/specversion")])
    if event.type != EVENT_TYPE:
        raise InvalidRequest([FieldProblem(f"expected {EVENT_TYPE}", "#/type")])
    data = event.get_json()
    if not isinstance(data, dict):
        raise InvalidRequest([FieldProblem("expected a JSON object", "#/data")])
    return cast("JsonObject", data)
