"""Starting those who tell tickets and callbacks what has become of a request: one instance a request and place."""

import azure.durable_functions as df

from activities.telling_payloads import TellerRef
from orchestrator.names import NEWS, TELL_TICKET
from starting.instances import is_live, start_once
from steward.ledger.index import Summary
from steward.ledger.state import RequestState
from steward.settings import current_settings


def start_tellers(
    client: df.SyncDurableFunctionsClient, request: RequestState | Summary, *, wake: bool = False
) -> bool:
    """Start a teller for each place that has not been told of every change; `wake`: one that is live is to look at once.

    Whether one was started. Raises grpc.RpcError.
    """
    if request.hub not in {None, current_settings().task_hub}:
        return False
    started = False
    for place in request.untold:
        instance = f"{request.id}:told-{place}"
        if not is_live(client, instance):
            ref = TellerRef(request=request.id, account=request.account, place=place)
            start_once(client, TELL_TICKET, instance, ref)
            started = True
        elif wake:
            client.raise_orchestration_event(instance, NEWS)
    return started
