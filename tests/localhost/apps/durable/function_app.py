"""The ways into an app that shows each promise of the engine."""

import json
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
from opentelemetry.context import attach, detach
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tests.localhost.apps.durable.counted import app as activities
from tests.localhost.apps.durable.counted import observed
from tests.localhost.apps.durable.promises import app as orchestrations

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(activities)
app.register_functions(orchestrations)


@app.route(route="start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    delay = req.params.get("delay")
    try:
        instance_id = await client.schedule_new_orchestration(
            req.route_params["name"],
            input=req.get_json(),
            instance_id=req.params.get("id"),
            start_at=datetime.now(UTC) + timedelta(seconds=float(delay)) if delay else None,
            version=req.params.get("version"),
        )
    except Exception as error:  # noqa: BLE001 - the test reads what the client was told
        return func.HttpResponse(str(error), status_code=409)
    return client.create_check_status_response(req, instance_id)


@app.route(route="start_traced/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_traced(
    req: func.HttpRequest, client: df.DurableFunctionsClient, context: func.Context
) -> func.HttpResponse:
    """As part of the invocation's trace."""
    given = {"traceparent": context.trace_context.trace_parent}
    token = attach(TraceContextTextMapPropagator().extract(given))
    try:
        return client.create_check_status_response(
            req, await client.schedule_new_orchestration(req.route_params["name"], input=req.get_json())
        )
    finally:
        detach(token)


@app.route(route="wait/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def wait(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    state = await client.wait_for_orchestration_completion(req.route_params["id"], timeout=30)
    size = len(state.serialized_output or "") if state else 0
    return func.HttpResponse(
        json.dumps({"status": state.runtime_status.name if state else None, "size": size})
    )


@app.route(route="start_and_raise/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_and_raise(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Raise events right after scheduling, before the orchestration can have run."""
    instance_id = await client.schedule_new_orchestration(req.route_params["name"], input=req.get_json())
    for number in range(int(req.params["events"])):
        await client.raise_orchestration_event(instance_id, "approve", data=number)
    return client.create_check_status_response(req, instance_id)


@app.route(route="purge/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def purge(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    result = await client.purge_orchestration(req.route_params["id"], recursive=True)
    return func.HttpResponse(str(result.deleted_instance_count))


@app.route(route="calls/{key}", methods=["GET"])
def calls(req: func.HttpRequest) -> func.HttpResponse:
    key = req.route_params["key"]
    return func.HttpResponse(
        json.dumps(
            {"calls": observed.calls[key], "times": observed.times.get(key, []), "busiest": observed.busiest}
        )
    )
