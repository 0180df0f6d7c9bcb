"""The reconciler: requests that have not ended and have no live instance are started again, at start-up and on a schedule."""

import logging

import azure.durable_functions as df
import azure.functions as func
from durabletask.client import OrchestrationStatus

from starting.instances import LIVE, start_instance
from starting.telling import start_tellers
from steward.accounts import account
from steward.ledger.index import Summary
from steward.ledger.reconcile import Action, InstanceStatus, reconcile
from steward.ledger.state import RequestState
from steward.settings import current_settings
from timer_start.accounts import every_account

bp = df.Blueprint()

_log = logging.getLogger(__name__)

_ENDED: dict[OrchestrationStatus, InstanceStatus] = {
    OrchestrationStatus.COMPLETED: "completed",
    OrchestrationStatus.FAILED: "failed",
    OrchestrationStatus.TERMINATED: "terminated",
}


class ReconciliationIncomplete(Exception):  # noqa: N818 - it names what is found
    """Accounts or requests could not be looked at; the log names each of them."""


@bp.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%", run_on_startup=True)
@bp.durable_client_input(client_name="client")
def reconcile_requests(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """One account after the other. Raises ReconciliationIncomplete."""

    def instance_status(instance: str) -> InstanceStatus:
        state = client.get_orchestration_state(instance)
        if state is None:
            return "missing"
        return "live" if state.runtime_status in LIVE else _ENDED[state.runtime_status]

    def start(request: RequestState) -> None:
        start_instance(client, request)

    def tell(request: Summary) -> bool:
        return start_tellers(client, request)

    hub = current_settings().task_hub

    def reconcile_of(name: str) -> int:
        failures = 0
        for action in reconcile(
            account(name).container, name, hub=hub, instance_status=instance_status, start=start, tell=tell
        ):
            failures += action.decision == "error"
            _log_action(action)
        return failures

    failures = every_account(timer, reconcile_of)
    if failures:
        raise ReconciliationIncomplete(f"{failures} accounts or requests could not be reconciled")


def _log_action(action: Action) -> None:
    if action.decision == "error":
        _log.error("request %s: %s", action.request_id, action.error)
    else:
        _log.info("request %s: %s", action.request_id, action.decision)
