"""The Durable extension's HTTP management routes.

https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api. They open with the system key (or
the master key). Whoever holds that key can end and purge instances: the app never hands their URLs out.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localhost.backend import ENDED, LocalBackend
from localhost.http_triggers import given_key
from localhost.keys import DURABLE_SYSTEM_KEY, Keys
from localhost.local_call import CallRefused, local_call

MANAGEMENT_PATH = "/runtime/webhooks/durabletask"
RETRY_AFTER_SECONDS = "5"
# The extension's names; a status that is not here has the name of its enumeration.
STATUS_NAMES: dict[int, str] = {pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW: "ContinuedAsNew"}

_Handler = Callable[[Request], Awaitable[Response]]


def management_routes(backend: LocalBackend, keys: Keys) -> list[Route]:
    """The routes under /runtime/webhooks/durabletask."""
    management = _Management(backend)

    def open_with_key(handler: _Handler) -> _Handler:
        async def handle(request: Request) -> Response:
            if not keys.allow_system(DURABLE_SYSTEM_KEY, given_key(request)):
                return Response(status_code=401)
            try:
                return await handler(request)
            except _BadRequest as mistake:
                return JSONResponse({"Message": str(mistake)}, 400)

        return handle

    instances = f"{MANAGEMENT_PATH}/instances"
    return [
        Route(instances, open_with_key(management.list_instances), methods=["GET"]),
        Route(instances, open_with_key(management.purge_instances), methods=["DELETE"]),
        Route(f"{instances}/{{id}}", open_with_key(management.get_instance), methods=["GET"]),
        Route(f"{instances}/{{id}}", open_with_key(management.purge_instance), methods=["DELETE"]),
        Route(
            f"{instances}/{{id}}/raiseEvent/{{name}}", open_with_key(management.raise_event), methods=["POST"]
        ),
        Route(f"{instances}/{{id}}/terminate", open_with_key(management.terminate), methods=["POST"]),
        Route(f"{instances}/{{id}}/suspend", open_with_key(management.suspend), methods=["POST"]),
        Route(f"{instances}/{{id}}/resume", open_with_key(management.resume), methods=["POST"]),
    ]


class _BadRequest(Exception):  # noqa: N818 - HTTP's word
    """A query or body that cannot be understood; says which and what was expected."""


class _Management:
    def __init__(self, backend: LocalBackend) -> None:
        self._backend = backend

    def _find(self, instance_id: str, *, payloads: bool = False) -> pb.OrchestrationState | None:
        request = pb.GetInstanceRequest(instanceId=instance_id, getInputsAndOutputs=payloads)
        answer = self._backend.GetInstance(request, local_call())
        return answer.orchestrationState if answer.exists else None

    async def get_instance(self, request: Request) -> Response:
        instance_id = request.path_params["id"]
        state = self._find(instance_id, payloads=True)
        if state is None:
            return Response(status_code=404)
        document = _document(state, show_input=_flag(request, "showInput", default=True))
        if _flag(request, "showHistory"):
            document["historyEvents"] = self._history(instance_id)
        if state.orchestrationStatus not in ENDED:
            headers = {"Location": str(request.url), "Retry-After": RETRY_AFTER_SECONDS}
            return JSONResponse(document, 202, headers)
        failed = state.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED
        return JSONResponse(
            document, 500 if failed and _flag(request, "returnInternalServerErrorOnFailure") else 200
        )

    def _history(self, instance_id: str) -> list[dict[str, Any]]:
        chunks = self._backend.StreamInstanceHistory(
            pb.StreamInstanceHistoryRequest(instanceId=instance_id), local_call()
        )
        return [_event(event) for chunk in chunks for event in chunk.events]

    async def list_instances(self, request: Request) -> Response:
        query = pb.InstanceQuery(
            runtimeStatus=_statuses(request),
            maxInstanceCount=_number(request, "top", 100),
            fetchInputsAndOutputs=True,
        )
        _set_times(query, request)
        if prefix := request.query_params.get("instanceIdPrefix"):
            query.instanceIdPrefix.value = prefix
        if token := request.headers.get("x-ms-continuation-token"):
            query.continuationToken.value = token
        answer = self._backend.QueryInstances(pb.QueryInstancesRequest(query=query), local_call())
        show_input = _flag(request, "showInput", default=True)
        documents = [_document(state, show_input=show_input) for state in answer.orchestrationState]
        return JSONResponse(documents, headers={"x-ms-continuation-token": answer.continuationToken.value})

    async def purge_instance(self, request: Request) -> Response:
        purge = pb.PurgeInstancesRequest(instanceId=request.path_params["id"])
        return self._purged(purge)

    async def purge_instances(self, request: Request) -> Response:
        if "createdTimeFrom" not in request.query_params:
            raise _BadRequest("createdTimeFrom is required.")
        purge = pb.PurgeInstancesRequest(
            purgeInstanceFilter=pb.PurgeInstanceFilter(runtimeStatus=_statuses(request))
        )
        _set_times(purge.purgeInstanceFilter, request)
        return self._purged(purge)

    def _purged(self, purge: pb.PurgeInstancesRequest) -> Response:
        count = self._backend.PurgeInstances(purge, local_call()).deletedInstanceCount
        return JSONResponse({"instancesDeleted": count}) if count else Response(status_code=404)

    async def raise_event(self, request: Request) -> Response:
        body = await request.body()
        try:
            json.loads(body)
        except ValueError:
            raise _BadRequest("The body must be JSON.") from None
        event = pb.RaiseEventRequest(instanceId=request.path_params["id"], name=request.path_params["name"])
        event.input.value = body.decode()
        return self._to_live(request, lambda: self._backend.RaiseEvent(event, local_call()))

    async def terminate(self, request: Request) -> Response:
        termination = pb.TerminateRequest(instanceId=request.path_params["id"], recursive=True)
        termination.output.value = json.dumps(request.query_params.get("reason", ""))
        return self._to_live(request, lambda: self._backend.TerminateInstance(termination, local_call()))

    async def suspend(self, request: Request) -> Response:
        suspension = pb.SuspendRequest(instanceId=request.path_params["id"])
        suspension.reason.value = request.query_params.get("reason", "")
        return self._to_live(request, lambda: self._backend.SuspendInstance(suspension, local_call()))

    async def resume(self, request: Request) -> Response:
        resumption = pb.ResumeRequest(instanceId=request.path_params["id"])
        resumption.reason.value = request.query_params.get("reason", "")
        return self._to_live(request, lambda: self._backend.ResumeInstance(resumption, local_call()))

    def _to_live(self, request: Request, act: Callable[[], object]) -> Response:
        """Do something to an instance that has not ended: 404 where there is none, 410 where it has."""
        state = self._find(request.path_params["id"])
        if state is None:
            return Response(status_code=404)
        if state.orchestrationStatus in ENDED:
            return Response(status_code=410)
        try:
            act()
        except CallRefused:  # purged meanwhile
            return Response(status_code=404)
        return Response(status_code=202)


def _document(state: pb.OrchestrationState, *, show_input: bool) -> dict[str, Any]:
    output = _json(state.output.value)
    if state.HasField("failureDetails"):
        output = state.failureDetails.errorMessage
    return {
        "name": state.name,
        "instanceId": state.instanceId,
        "runtimeStatus": _status_name(state.orchestrationStatus),
        "input": _json(state.input.value) if show_input else None,
        "customStatus": _json(state.customStatus.value),
        "output": output,
        "createdTime": _time(state.createdTimestamp.ToDatetime(tzinfo=UTC)),
        "lastUpdatedTime": _time(state.lastUpdatedTimestamp.ToDatetime(tzinfo=UTC)),
    }


def _event(event: pb.HistoryEvent) -> dict[str, Any]:
    kind = event.WhichOneof("eventType") or ""
    fields = json_format.MessageToDict(getattr(event, kind)) if kind else {}
    return {
        "EventType": kind[:1].upper() + kind[1:],
        "Timestamp": event.timestamp.ToDatetime(tzinfo=UTC).isoformat().replace("+00:00", "Z"),
        **{name[:1].upper() + name[1:]: value for name, value in fields.items()},
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _status_name(status: int) -> str:
    name = pb.OrchestrationStatus.Name(status).removeprefix("ORCHESTRATION_STATUS_")
    return STATUS_NAMES.get(status) or name.capitalize()


def _statuses(request: Request) -> list[pb.OrchestrationStatus]:
    numbers = cast(list[pb.OrchestrationStatus], pb.OrchestrationStatus.values())
    known = {_status_name(number).lower(): number for number in numbers}
    wanted = [
        name.strip() for name in request.query_params.get("runtimeStatus", "").split(",") if name.strip()
    ]
    unknown = [name for name in wanted if name.lower() not in known]
    if unknown:
        raise _BadRequest(f"runtimeStatus: {unknown[0]!r} is no status.")
    return [known[name.lower()] for name in wanted]


def _set_times(target: pb.InstanceQuery | pb.PurgeInstanceFilter, request: Request) -> None:
    for name, field in (
        ("createdTimeFrom", target.createdTimeFrom),
        ("createdTimeTo", target.createdTimeTo),
    ):
        text = request.query_params.get(name)
        if text:
            try:
                when = datetime.fromisoformat(text)
            except ValueError:
                raise _BadRequest(f"{name}: {text!r} is no time; expected ISO 8601.") from None
            field.FromDatetime(when if when.tzinfo else when.replace(tzinfo=UTC))


def _flag(request: Request, name: str, *, default: bool = False) -> bool:
    return request.query_params.get(name, str(default)).lower() == "true"


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) < 1:
        raise _BadRequest(f"{name}: {text!r} must be a whole number above 0.")
    return int(text)
