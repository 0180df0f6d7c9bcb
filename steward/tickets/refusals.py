"""A ticket that nothing can be made of is refused on record, in a ledger of its own.

Its details hold the message as it came; the ledger says why, in words of ours alone.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from azure.storage.blob import ContainerClient

from steward.ledger.ledger import Conflict, Ledger
from steward.ledger.state import TICKET
from steward.requests_api.documents import ErasureRequest, ExportRequest, JsonObject, Ticket
from steward.requests_api.problems import InvalidRequest
from steward.ticket_settings import TicketSettings
from steward.tickets.telling import places_of


def refuse(
    container: ContainerClient,
    account: str,
    message: bytes,
    envelope: JsonObject,
    *,
    way: str,
    reason: str,
    hub: str,
    settings: TicketSettings,
) -> str:
    """The id of its record. The same, refused for the same reason, is the same record. Raises ArchiveError, ChainBroken.

    `message`, as it came, is kept where it has no envelope: a ticket that is told of its refusal sends what has changed by that,
    and must not be refused anew. `way`: how it came; `hub`: the task hub that tells the ticket, as `settings` say.
    What dies before the end is on record is ended by the reconciler, with the reason in the details.
    """
    if envelope:
        message = json.dumps(envelope, sort_keys=True).encode()
    digest = hashlib.sha256(json.dumps([account, way, reason]).encode() + message).hexdigest()
    ledger = Ledger(container, account, f"ticket-refused-{digest[:32]}")
    details: dict[str, Any] = {
        "purpose": "",
        "way": way,
        "message": message.decode(errors="backslashreplace"),
        "reason": reason,
        **_ticket(envelope),
    }
    # Another body: that of a record whose details have been deleted since, which has ended.
    with contextlib.suppress(Conflict):
        ledger.create(TICKET, details, tell=places_of(details, settings))
        ledger.start(hub)
    ledger.end("refused", reason=reason)
    return ledger.id


def reason_of(error: Exception) -> str:
    """What was wrong, without names of fields that are none of ours: who wrote them may have written a person's."""
    if not isinstance(error, InvalidRequest):
        return str(error)
    return "; ".join(f"{_place(found.pointer or '#')}: {found.detail}" for found in error.problems)


def _place(pointer: str) -> str:
    parts = pointer.split("/")
    return "/".join(part if part == "#" or part.isdecimal() or part in _NAMES else "…" for part in parts)


def _ticket(envelope: JsonObject) -> dict[str, Any]:
    """The ticket, where the envelope has one that can be believed: lists show it."""
    ticket = envelope.get("ticket")
    with contextlib.suppress(ValueError):
        return {"ticket": Ticket.model_validate(ticket).model_dump()}
    return {}


def _names(schema: Mapping[str, Any]) -> set[str]:
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


_NAMES = {
    *("kind", "timestamp", "step", "key", "by", "type", "data", "specversion"),
    *_names(ExportRequest.model_json_schema()),
    *_names(ErasureRequest.model_json_schema()),
}
