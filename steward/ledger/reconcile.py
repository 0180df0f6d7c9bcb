"""Starting again what was lost: requests that have not ended and that no instance works on.

An instance can be lost between the ledger and the hub, with a hub in memory, or with a renamed one. The ledger is right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from azure.storage.blob import ContainerClient

from steward.ledger.index import Summary
from steward.ledger.ledger import Ledger, list_ledgers, summary_in
from steward.ledger.state import RESTARTED, TICKET, RequestState, fold

type InstanceStatus = Literal["missing", "live", "completed", "failed", "terminated"]
"""What the hub says of an instance; "live" is pending, running, suspended or continued as new."""

type Decision = Literal["leave", "start", "start again", "fail", "give up", "refuse", "tell", "error"]

# As many as an export may be killed and still be right to go on: progress sets the count back.
MOST_RESTARTS = 20
# A starter names its hub right after the request is accepted; one that has not by then has died.
UNNAMED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Action:
    """What was done about a request; `error`: the type of what kept it from being looked at, or started."""

    request_id: str
    decision: Decision
    error: str = ""


def decide(
    state: RequestState,
    instance: InstanceStatus,
    *,
    hub: str,
    now: datetime,
    most_restarts: int = MOST_RESTARTS,
) -> Decision:
    """What to do about a request, by its ledger and what this hub says of its instance."""
    if state.has_ended or state.accepted is None or state.hub not in {None, hub}:
        return "leave"
    if state.hub is None or state.kind == TICKET:
        if now - state.accepted < UNNAMED_FOR:
            return "leave"
        return "refuse" if state.kind == TICKET else "start"
    if instance == "live":
        return "leave"
    if instance in {"failed", "terminated"}:
        return "fail"
    # An instance that completed without ending its request is as good as none. One that waits, for its turn or for a person,
    # has nothing to make progress with, and is not what takes its process down.
    waits = state.state in {"queued", "waiting-for-approval"}
    return "start again" if state.restarts < most_restarts or waits else "give up"


def reconcile(
    container: ContainerClient,
    account: str,
    *,
    hub: str,
    instance_status: Callable[[str], InstanceStatus],
    start: Callable[[RequestState], None],
    tell: Callable[[Summary], bool] = lambda _: False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    most_restarts: int = MOST_RESTARTS,
) -> Iterator[Action]:
    """Go through the account's requests; gives what was done as it is done, without those that were left alone.

    `instance_status` is asked with a request's id, which is its instance's. `start` starts the request's orchestration under
    that id, and takes it as done where a live one has it already: two processes may reconcile at once. `tell` starts whoever
    tells of changes that are not told yet, of an ended request too, and says whether that was needed. A request that
    cannot be looked at, or started, keeps nothing from the others; a store that cannot be listed raises ArchiveError.
    """
    for request_id, blob in list_ledgers(container, account):
        try:
            summary = summary_in(container, account, request_id, blob)
            if summary.hub not in {None, hub}:
                continue
            if summary.untold and tell(summary):
                yield Action(request_id, "tell")
            if summary.has_ended:
                continue
            ledger = Ledger(container, account, request_id, clock=clock)
            decision = _reconcile_one(
                ledger, instance_status, start, hub=hub, now=clock(), most_restarts=most_restarts
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this request's alone
            yield Action(request_id, "error", type(error).__name__)
            continue
        if decision != "leave":
            yield Action(request_id, decision)


def _reconcile_one(
    ledger: Ledger,
    instance_status: Callable[[str], InstanceStatus],
    start: Callable[[RequestState], None],
    *,
    hub: str,
    now: datetime,
    most_restarts: int,
) -> Decision:
    events = ledger.read()
    instance = instance_status(ledger.id)
    # What the hub said may be old by now; a ledger that grew meanwhile is being worked on.
    if len(ledger.read()) > len(events):
        return "leave"
    state = fold(ledger.id, ledger.account, events)
    decision = decide(state, instance, hub=hub, now=now, most_restarts=most_restarts)
    match decision:
        case "start":
            if ledger.start(hub).data["hub"] != hub:
                return "leave"
            start(ledger.state())
        case "start again":
            # On record before the start, so that one that takes its process down is counted too. The number of events in
            # the id makes two reconcilers' records of one restart the same.
            ledger.append(RESTARTED, f"{RESTARTED}-after-{len(events)}")
            start(state)
        case "refuse":
            # Whoever put it on record died before its end; nothing can be started for it.
            details = ledger.details()
            ledger.end("refused", reason=details.document["reason"] if details else "")
        case "fail":
            ledger.end(
                "failed",
                reason=f"its orchestration {'has failed' if instance == 'failed' else 'was terminated'}",
            )
        case "give up":
            ledger.end("failed", reason=f"was started again {state.restarts} times without progress")
        case _:
            pass
    return decision
