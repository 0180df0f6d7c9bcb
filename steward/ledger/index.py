"""Lists of requests without reading their ledgers: a summary in each ledger blob's metadata.

The summary says up to which length of the ledger it holds, and a listing gives the length beside it: so one that fell
behind (its writer died after the append) is seen, and is made anew from the ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from urllib.parse import quote, unquote

from steward.ledger.state import ENDED_STATES, RequestState, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What lists show. `ticket`: system and key, None where there was none or it has been deleted. `untold`: the places that
    have not been told of every change.

    `state` is "unreadable" where the ledger's chain is broken.
    """

    id: str
    account: str
    state: State | Literal["unreadable"]
    kind: str = ""
    purpose: str = ""
    dry_run: bool = False
    accepted: datetime | None = None
    updated: datetime | None = None
    hub: str | None = None
    ticket: tuple[str, str] | None = None
    untold: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_STATES


def summary_of(state: RequestState, ticket: tuple[str, str] | None) -> Summary:
    return Summary(
        id=state.id,
        account=state.account,
        state=state.state,
        kind=state.kind,
        purpose=state.purpose,
        dry_run=state.dry_run,
        accepted=state.accepted,
        updated=state.updated,
        hub=state.hub,
        ticket=ticket,
        untold=state.untold,
    )


def to_metadata(state: RequestState, length: int, ticket: tuple[str, str] | None) -> dict[str, str]:
    """Metadata for a ledger of `length` bytes; values are ASCII, as HTTP headers must be."""
    found = {
        "length": str(length),
        "state": state.state,
        "kind": state.kind,
        "purpose": state.purpose,
        "dryrun": str(state.dry_run).lower(),
        "accepted": _written(state.accepted),
        "updated": _written(state.updated),
        "hub": state.hub or "",
        "ticket": "/".join(quote(part, safe="") for part in ticket or ()),
        "untold": ",".join(state.untold),
    }
    return {name: value for name, value in found.items() if value}


def holds_for(metadata: dict[str, str], length: int) -> bool:
    """Whether the summary was made from the ledger as it is now."""
    return metadata.get("length") == str(length) and "state" in metadata


def from_metadata(request_id: str, account: str, metadata: dict[str, str]) -> Summary:
    return Summary(
        id=request_id,
        account=account,
        state=cast("State", metadata["state"]),
        kind=metadata.get("kind", ""),
        purpose=metadata.get("purpose", ""),
        dry_run=metadata.get("dryrun") == "true",
        accepted=_read_time(metadata.get("accepted")),
        updated=_read_time(metadata.get("updated")),
        hub=metadata.get("hub"),
        ticket=ticket_in(metadata),
        untold=tuple(filter(None, metadata.get("untold", "").split(","))),
    )


def ticket_in(metadata: dict[str, str]) -> tuple[str, str] | None:
    system, slash, key = metadata.get("ticket", "").partition("/")
    return (unquote(system), unquote(key)) if slash else None


def ticket_of(document: dict[str, Any]) -> tuple[str, str] | None:
    """The ticket that a request document names."""
    ticket = document.get("ticket")
    return (ticket["system"], ticket["key"]) if ticket else None


def _written(time: datetime | None) -> str:
    return time.isoformat() if time else ""


def _read_time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
