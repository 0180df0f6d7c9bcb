"""Waiting for the account's turn, in runs whose histories stay short."""

from datetime import timedelta

from durabletask import task

from activities.payloads import RequestRef, Turn
from orchestrator import names
from orchestrator.calls import Steps, step

# Each wait costs a few history events; a run of an orchestration stays far under 2,000.
WAITS_PER_RUN = 100
LONGEST_WAIT = timedelta(seconds=30)
# Of a request whose turn is over before it came. The ledger keeps its first end, so this one is never written over another.
ENDED_MEANWHILE = "the request ended while it waited for its turn"


def hold_turn(ctx: task.OrchestrationContext, ref: RequestRef, waits: int) -> Steps[Turn]:
    """Wait until no other request works on the account, or until it is time for a new run of the orchestration."""
    turn = Turn(held=False, behind="", over=False)
    for wait in range(waits, waits + WAITS_PER_RUN):
        turn: Turn = yield from step(ctx, names.TAKE_TURN, ref)
        if turn["held"] or turn["over"]:
            break
        ctx.set_custom_status({"phase": "queued", "behind": turn["behind"]})
        yield ctx.create_timer(min(timedelta(seconds=1 + wait), LONGEST_WAIT))
    return turn
