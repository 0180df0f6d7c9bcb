"""Event Grid triggers: the webhook that Event Grid delivers to, as the Functions host has it.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-event-grid-trigger; statuses, headers and keys as the
extension's HttpRequestProcessor has them.
"""

import json
import logging
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localhost.functions import EVENT_GRID, Function
from localhost.http_triggers import given_key
from localhost.keys import EVENT_GRID_SYSTEM_KEY, Keys
from localhost.worker import Datum, InvocationFailed, Worker

_LOG = logging.getLogger("localhost.event_grid")
PATH = "/runtime/webhooks/EventGrid"


def event_grid_routes(worker: Worker, keys: Keys) -> list[Route]:
    """The extension's one route, which opens with its system key (or the master key)."""
    functions = {each.name.lower(): each for each in worker.functions if each.is_triggered_by(EVENT_GRID)}

    async def handle(request: Request) -> Response:
        if not keys.allow_system(EVENT_GRID_SYSTEM_KEY, given_key(request)):
            return Response(status_code=401)
        function = functions.get(request.query_params.get("functionName", "").lower())
        if function is None:
            return PlainTextResponse("cannot find function", 404)
        if request.method == "OPTIONS":
            return _allow_origin(request)
        return await _process(request, function, worker)

    return [Route(PATH, handle, methods=["POST", "OPTIONS"])] if functions else []


def _allow_origin(request: Request) -> Response:
    """CloudEvents' handshake [CloudEvents, "HTTP 1.1 Web Hooks", 4]: may this origin deliver here?"""
    origin = request.headers.get("WebHook-Request-Origin")
    return Response(headers={"WebHook-Allowed-Origin": origin}) if origin else Response(status_code=400)


async def _process(request: Request, function: Function, worker: Worker) -> Response:
    kind = request.headers.get("aeg-event-type", "").lower()
    if kind == "unsubscribe":
        return Response(status_code=202)
    events = _events(await request.body())
    if kind == "notification" and events is not None:
        return Response(status_code=202 if await _deliver(events, function, worker) else 500)
    if kind == "subscriptionvalidation" and events:
        return _validate(events[0])
    return Response(status_code=400)


async def _deliver(events: list[object], function: Function, worker: Worker) -> bool:
    """Every event is an invocation of its own; where one fails, Event Grid delivers all of them again."""
    succeeded = True
    for event in events:
        try:
            await worker.invoke(function, Datum(json.dumps(event), "json"))
        except InvocationFailed as failure:
            _LOG.warning("function %s failed: %s", function.name, failure)
            succeeded = False
    return succeeded


def _validate(event: object) -> Response:
    """The handshake of Event Grid's own schema: the code is given back."""
    try:
        code = cast("dict[str, dict[str, str]]", event)["data"]["validationCode"]
    except (KeyError, TypeError):
        return Response(status_code=400)
    return JSONResponse({"validationResponse": code})


def _events(body: bytes) -> list[object] | None:
    """One event or a list of them; None where it is neither."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    events = cast("list[object]", found) if isinstance(found, list) else [found]
    return events if all(isinstance(event, dict) for event in events) else None
