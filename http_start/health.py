"""`GET /api/health`: whether the app can do its work, and what keeps it from that."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func
import grpc

from http_start.answers import document
from starting.instances import code_of
from steward.health import Unwell, checks_of_app, look
from steward.settings import current_settings

bp = df.Blueprint()

# No request has it: ids have no capitals.
_NOBODY = "HEALTH"


@bp.route(route="health", methods=["GET"])
@bp.durable_client_input(client_name="client")
def get_health(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """200, or 503 where something is wrong; each part has its own result."""

    def task_hub() -> str:
        try:
            client.get_orchestration_state(_NOBODY)
        except grpc.RpcError as error:
            raise Unwell(f"the Durable Task engine cannot be reached ({code_of(error)})") from None
        return f"{current_settings().task_hub} answers"

    found = look({**checks_of_app(), "task hub": task_hub})
    return document(found, HTTPStatus.OK if found["ok"] else HTTPStatus.SERVICE_UNAVAILABLE)
