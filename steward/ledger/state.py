"""A request's state: the fold of its events. Nothing else is remembered about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args

from steward.ledger.chain import Event

type OpenState = Literal["accepted", "queued", "running", "waiting-for-approval"]
type EndedState = Literal[
    "completed", "completed-with-gaps", "incomplete", "planned", "refused", "rejected", "cancelled", "failed"
]
type State = OpenState | EndedState

ENDED_STATES: tuple[EndedState, ...] = get_args(EndedState.__value__)

# Those that move the state; a ledger may hold others beside (approvals, downloads, redactions), which do not.
ACCEPTED = "accepted"
STARTED = "started"
QUEUED = "queued"
RUNNING = "running"
PHASE = "phase"
WAITING = "waiting-for-approval"
SEALED = "sealed"
PLAN = "plan"
GUARD = "guard"
APPROVED = "approved"
REJECTED = "rejected"
DECISION = "decision"
"""The id of both: the first one written counts."""
CANCEL = "cancel-asked"
CERTIFIED = "certified"
REDACTED = "redacted"
"""In the ledger of an export whose bag an erasure has redacted."""
EXPIRED = "expired"
"""In the ledger of an export, before retention begins to delete its bag."""
RETAINED = "retained"
"""In the ledger of a retention: what it deleted, and what it left and why."""
RESTARTED = "restarted"
ENDED = "ended"
TOLD = "told"
"""A change was told to a place, such as the ticket that the request came from; or, with a `code`, why it was not."""
DOWNLOADED = "downloaded"
"""A copy of the request's bag, or of a file of it, was given away."""
PLAN_READ = "plan-read"
"""Somebody was let at the request's plan."""

TICKET = "ticket"
"""The kind of a request that nothing could be made of: a ticket that was refused as it came. It was never accepted."""

CHANGES = (ACCEPTED, WAITING, ENDED)
"""The changes that somebody waits for, by their events' types, which are also these events' ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestState:
    """What a request's events come to.

    `hub`, `instance`: the task hub that works on it, None until started. `behind`: for whom it waits while queued.
    Of an erasure: `plan`, `guard`, `decision`, `certificate` are the data of the events of these names, `decision` with
    what was decided (`approved` or `rejected`) and `at`; `waiting_until`: when the approval expires.

    `phase`: the data of the last phase event. `bag`: the sealed bag's blob prefix; `expired`: the data of the event which says
    that it is no more. `retained`: of a retention, the data of that event. `restarts`: since the last progress.
    `tell`: the places to which its changes are told; `changes`: those that there were; `told`: ids of the events that say so.
    """

    id: str
    account: str
    state: State = "accepted"
    kind: str = ""
    purpose: str = ""
    dry_run: bool = False
    digest: str = ""
    accepted: datetime | None = None
    updated: datetime | None = None
    ended: datetime | None = None
    hub: str | None = None
    instance: str | None = None
    behind: str | None = None
    phase: dict[str, Any] = field(default_factory=dict[str, Any])
    bag: str | None = None
    expired: dict[str, Any] = field(default_factory=dict[str, Any])
    retained: dict[str, Any] = field(default_factory=dict[str, Any])
    totals: dict[str, Any] = field(default_factory=dict[str, Any])
    reason: str = ""
    restarts: int = 0
    plan: dict[str, Any] = field(default_factory=dict[str, Any])
    guard: dict[str, Any] = field(default_factory=dict[str, Any])
    waiting_until: datetime | None = None
    decision: dict[str, Any] = field(default_factory=dict[str, Any])
    cancel_asked: bool = False
    certificate: dict[str, Any] = field(default_factory=dict[str, Any])
    tell: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()

    @property
    def has_ended(self) -> bool:
        return self.ended is not None

    @property
    def untold(self) -> tuple[str, ...]:
        """The places that have not been told of every change."""
        return tuple(place for place in self.tell if self.untold_to(place))

    def untold_to(self, place: str) -> str:
        """The first change that this place has not been told of; empty where there is none."""
        return next((each for each in self.changes if told_id(each, place) not in self.told), "")


def told_id(change: str, place: str) -> str:
    """The id of the event which says that a place was told of a change."""
    return f"{TOLD}-{change}-{place}"


def began(events: Sequence[Event], phase: str) -> datetime | None:
    """When an erasure came to a phase; None where it has not yet."""
    return next((each.at for each in events if each.type == PHASE and each.data["phase"] == phase), None)


def fold(request_id: str, account: str, events: Sequence[Event]) -> RequestState:
    """The state after all events; the first end is the end."""
    state = RequestState(id=request_id, account=account)
    for event in events:
        if event.type in _BESIDE:
            told = {event.id} if event.type == TOLD else frozenset[str]()
            state = replace(state, told=state.told | told)
            continue
        if event.type in CHANGES and not state.has_ended and event.data.get("kind") != TICKET:
            state = replace(state, changes=(*state.changes, event.type))
        restarts = state.restarts + 1 if event.type == RESTARTED else 0
        state = replace(_apply(state, event), restarts=restarts, updated=event.at)
    return state


def _apply(state: RequestState, event: Event) -> RequestState:
    if event.type == SEALED:
        return replace(state, bag=event.data["bag"])
    if event.type == EXPIRED:
        return replace(state, bag=None, expired=event.data)
    if state.has_ended or event.type not in _MOVES:
        return state
    return replace(state, **_MOVES[event.type](event))


# No progress of the request's own; they may come after its end.
_BESIDE = frozenset({TOLD, DOWNLOADED, PLAN_READ})

# By the type of an event: what it changes in the state.
_MOVES: dict[str, Callable[[Event], dict[str, Any]]] = {
    ACCEPTED: lambda event: {
        "accepted": event.at,
        "kind": event.data["kind"],
        "purpose": event.data["purpose"],
        "dry_run": event.data["dryRun"],
        "digest": event.data["digest"],
        "tell": tuple(event.data.get("tell", ())),
    },
    STARTED: lambda event: {"hub": event.data["hub"], "instance": event.data["instance"]},
    QUEUED: lambda event: {"state": "queued", "behind": event.data["behind"]},
    RUNNING: lambda _: {"state": "running", "behind": None},
    PHASE: lambda event: {"phase": event.data},
    PLAN: lambda event: {"plan": event.data},
    GUARD: lambda event: {"guard": event.data},
    WAITING: lambda event: {
        "state": "waiting-for-approval",
        "behind": None,
        "waiting_until": datetime.fromisoformat(event.data["until"]),
    },
    APPROVED: lambda event: {"decision": {"decision": APPROVED, **event.data, "at": event.at.isoformat()}},
    REJECTED: lambda event: {"decision": {"decision": REJECTED, **event.data, "at": event.at.isoformat()}},
    CANCEL: lambda _: {"cancel_asked": True},
    CERTIFIED: lambda event: {"certificate": event.data},
    RETAINED: lambda event: {"retained": event.data},
    ENDED: lambda event: {
        "state": event.data["state"],
        "ended": event.at,
        "behind": None,
        "reason": event.data.get("reason", ""),
        "totals": event.data.get("totals", {}),
    },
}
