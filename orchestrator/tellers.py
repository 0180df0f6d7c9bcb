"""What a request does about those who wait for news of it: it wakes who tells them, and goes on."""

import contextlib

from durabletask import task

from activities.erasure_payloads import ApprovalAsked
from activities.payloads import Ended, RequestRef
from orchestrator import names
from orchestrator.calls import Steps


def wake_tellers(ctx: task.OrchestrationContext, ref: RequestRef, said: ApprovalAsked | Ended) -> Steps[None]:
    """Tried once, and only where there is somebody to be told: what fails here, the reconciler mends."""
    # Histories from before have no such field.
    if said.get("untold"):
        with contextlib.suppress(task.TaskFailedError):
            yield ctx.call_activity(names.WAKE_TELLERS, input=ref)
