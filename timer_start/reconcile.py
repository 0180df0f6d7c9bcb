"""The reconciler: requests that have not ended and have no live instance are started again, at start-up and on a schedule."""

import logging

import azure.durable_functions as df
import azure.functions as func
from durabletask.client import OrchestrationStatus

from http_start.starting import LIVE, start_instance
from orchestrator.names import EXPORT_ACCOUNT
from steward.accounts import account
from steward.ledger.reconcile import InstanceStatus, reconcile
from steward.ledger.state import RequestState
from steward.settings import current_settings

bp = df.Blueprint()

_ENDED: dict[OrchestrationStatus, InstanceStatus] = {
    OrchestrationStatus.COMPLETED: "completed",
    OrchestrationStatus.FAILED: "failed",
    OrchestrationStatus.TERMINATED: "terminated",
}


@bp.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%", run_on_startup=True)
@bp.durable_client_input(client_name="client")
def reconcile_requests(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """One account after the other."""

    def instance_status(instance: str) -> InstanceStatus:
        state = client.get_orchestration_state(instance)
        if state is None:
            return "missing"
        return "live" if state.runtime_status in LIVE else _ENDED[state.runtime_status]

    def start(request: RequestState) -> None:
        start_instance(client, EXPORT_ACCOUNT, request)

    settings = current_settings()
    for name in settings.accounts:
        actions = reconcile(
            account(name).container, name, hub=settings.task_hub, instance_status=instance_status, start=start
        )
        for action in actions:
            logging.getLogger(__name__).info("request %s: %s", action.request_id, action.decision)
    if timer.past_due:
        logging.getLogger(__name__).info("this reconciliation was past due")
