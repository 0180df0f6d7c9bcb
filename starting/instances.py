"""Starting a request's orchestration under the request's own id, whoever asks for it and however often."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df
import grpc
from durabletask.client import OrchestrationStatus

from activities.payloads import RequestRef
from orchestrator.names import ERASE_ACCOUNT, EXPORT_ACCOUNT, RETAIN_ACCOUNT
from steward.ledger.state import RequestState

_ORCHESTRATIONS = {"export": EXPORT_ACCOUNT, "erasure": ERASE_ACCOUNT, "retention": RETAIN_ACCOUNT}
LIVE = {
    OrchestrationStatus.PENDING,
    OrchestrationStatus.RUNNING,
    OrchestrationStatus.SUSPENDED,
    OrchestrationStatus.CONTINUED_AS_NEW,
}


def start_new_instance(client: df.SyncDurableFunctionsClient, request: RequestState) -> None:
    """Start it where the hub has none of that id, live or dead: a dead one is the reconciler's.

    Somebody may have terminated it, and the request ends with that; whatever is started again is counted.
    """
    if client.get_orchestration_state(request.id) is None:
        _start(client, request)


def start_instance(client: df.SyncDurableFunctionsClient, request: RequestState) -> None:
    """Start it unless an instance of that id is live."""
    if not is_live(client, request.id):
        _start(client, request)


def _start(client: df.SyncDurableFunctionsClient, request: RequestState) -> None:
    payload = RequestRef(request=request.id, account=request.account)
    start_once(client, _ORCHESTRATIONS[request.kind], request.id, payload)


def is_live(client: df.SyncDurableFunctionsClient, instance: str) -> bool:
    found = client.get_orchestration_state(instance)
    return found is not None and found.runtime_status in LIVE


def start_once(
    client: df.SyncDurableFunctionsClient, orchestration: str, instance: str, payload: Mapping[str, Any]
) -> None:
    """Start an instance; another starter may be faster."""
    try:
        client.schedule_new_orchestration(orchestration, input=payload, instance_id=instance)
    except grpc.RpcError as error:
        if code_of(error) != grpc.StatusCode.ALREADY_EXISTS.name:
            raise


def code_of(error: grpc.RpcError) -> str:
    """What gRPC calls it. The class that is raised has code(); its base does not declare it."""
    return error.code().name if isinstance(error, grpc.Call) else type(error).__name__
