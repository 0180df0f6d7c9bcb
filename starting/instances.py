"""Starting a request's orchestration under the request's own id, whoever asks for it and however often."""

import azure.durable_functions as df
import grpc
from durabletask.client import OrchestrationStatus

from activities.payloads import RequestRef
from orchestrator.names import ERASE_ACCOUNT, EXPORT_ACCOUNT
from steward.ledger.state import RequestState

_ORCHESTRATIONS = {"export": EXPORT_ACCOUNT, "erasure": ERASE_ACCOUNT}
LIVE = {
    OrchestrationStatus.PENDING,
    OrchestrationStatus.RUNNING,
    OrchestrationStatus.SUSPENDED,
    OrchestrationStatus.CONTINUED_AS_NEW,
}


def start_instance(client: df.SyncDurableFunctionsClient, request: RequestState) -> None:
    """Start it unless an instance of that id is live."""
    found = client.get_orchestration_state(request.id)
    if found and found.runtime_status in LIVE:
        return
    payload = RequestRef(request=request.id, account=request.account)
    try:
        client.schedule_new_orchestration(
            _ORCHESTRATIONS[request.kind], input=payload, instance_id=request.id
        )
    except grpc.RpcError as error:
        # Another starter was faster. The class that is raised has code(); its base does not declare it.
        if not isinstance(error, grpc.Call) or error.code() != grpc.StatusCode.ALREADY_EXISTS:
            raise
