"""Carries work between the task hub and the worker: turns of orchestrations, and activities."""

import asyncio
import base64
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf import wrappers_pb2

from localhost.backend import LocalBackend
from localhost.chaos import Chaos
from localhost.functions import ACTIVITY, ORCHESTRATION, Function
from localhost.host_json import HostConfiguration
from localhost.local_call import LocalCall, local_call
from localhost.worker import Datum, InvocationFailed, Worker

_LOG = logging.getLogger("localhost.durable")
# The extension's limit, and how it counts: UTF-16 bytes of the JSON text.
CUSTOM_STATUS_BYTES = 16 * 1024
# The end of a stack trace says where it was; histories stay small.
KEPT_STACK = 4_000


class TaskHub:
    """Has the worker do what the backend hands out, within the limits of host.json.

    The backend is called in this process: no stream that could be cut, no limit on messages.
    """

    def __init__(
        self, backend: LocalBackend, worker: Worker, configuration: HostConfiguration, chaos: Chaos | None
    ) -> None:
        self._backend = backend
        self._worker = worker
        self._chaos = chaos
        self._orchestrators = _by_task_name(worker.functions, ORCHESTRATION)
        self._activities = _by_task_name(worker.functions, ACTIVITY)
        self._turns_at_once = asyncio.Semaphore(configuration.max_concurrent_orchestrators)
        self._activities_at_once = asyncio.Semaphore(configuration.max_concurrent_activities)
        self._stream = LocalCall()
        self._reader: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Begin to take work; must be called in the event loop."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            for item in self._backend.work_items(self._stream):
                loop.call_soon_threadsafe(self._accept, item)

        self._reader = threading.Thread(target=read, name="work items", daemon=True)
        self._reader.start()

    async def stop(self) -> None:
        """Take no more work, drop what waits, and wait for what runs."""
        self._stopping = True
        self._stream.cancel()
        if self._reader:
            await asyncio.to_thread(self._reader.join)
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, item: pb.WorkItem) -> None:
        if item.HasField("orchestratorRequest"):
            self._spawn(
                self._turns_at_once, lambda: self._take_turn(item.orchestratorRequest, item.completionToken)
            )
        elif item.HasField("activityRequest"):
            self._spawn(
                self._activities_at_once,
                lambda: self._do_activity(item.activityRequest, item.completionToken),
            )

    def _spawn(self, limit: asyncio.Semaphore, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def bounded() -> None:
            async with limit:
                if not self._stopping:
                    await work()

        task = asyncio.create_task(bounded())
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOG.error("the local host failed: %s: %s", type(error).__name__, error, exc_info=error)

    # Turns

    async def _take_turn(self, request: pb.OrchestratorRequest, token: str) -> None:
        name = _start_of(request).name
        if not request.pastEvents:
            _LOG.info("orchestration %s started: %s", name, request.instanceId)
        response = await self._answer(name, request)
        if self._chaos and (await self._answer(name, request)).actions != response.actions:
            response = _failed("NonDeterministic", f"Two replays of {name} did not do the same.")
        response.instanceId = request.instanceId
        response.completionToken = token
        self._backend.CompleteOrchestratorTask(response, local_call())
        _log_end(name, response)

    async def _answer(self, name: str, request: pb.OrchestratorRequest) -> pb.OrchestratorResponse:
        """What the orchestrator function makes of its history; every failure is an answer too."""
        function = self._orchestrators.get(name)
        if function is None:
            return _failed("FunctionNotFound", _not_found(name, "an orchestrator", self._orchestrators))
        body = base64.b64encode(request.SerializeToString()).decode()
        try:
            returned = await self._worker.invoke(
                function, Datum(body, "string"), trace_parent=_trace_of(request)
            )
        except InvocationFailed as failure:
            return _failed(_type_of(failure), failure.first_line)
        response = pb.OrchestratorResponse.FromString(base64.b64decode(returned.value))
        size = len(response.customStatus.value.encode("utf-16-le"))
        if size > CUSTOM_STATUS_BYTES:
            return _failed(
                "CustomStatusTooLarge",
                f"The custom status of {name} is {size} bytes of UTF-16; at most 16 KB is allowed.",
            )
        return response

    # Activities

    async def _do_activity(self, request: pb.ActivityRequest, token: str) -> None:
        instance_id = request.orchestrationInstance.instanceId

        async def run() -> pb.ActivityResponse:
            response = await self._run_activity(request)
            response.instanceId = instance_id
            response.taskId = request.taskId
            response.completionToken = token
            return response

        def report(response: pb.ActivityResponse) -> None:
            self._backend.CompleteActivityTask(response, local_call())

        if self._chaos:
            await self._chaos.deliver(instance_id, request.taskId, run, report)
        else:
            report(await run())

    async def _run_activity(self, request: pb.ActivityRequest) -> pb.ActivityResponse:
        function = self._activities.get(request.name)
        if function is None:
            details = pb.TaskFailureDetails(
                errorType="FunctionNotFound",
                errorMessage=_not_found(request.name, "an activity", self._activities),
                isNonRetriable=True,
            )
            return pb.ActivityResponse(failureDetails=details)
        try:
            given = request.input.value if request.HasField("input") else "null"
            returned = await self._worker.invoke(
                function, Datum(given, "json"), trace_parent=request.parentTraceContext.traceParent
            )
        except InvocationFailed as failure:
            _LOG.warning(
                "activity %s of %s failed: %s",
                request.name,
                request.orchestrationInstance.instanceId,
                failure,
            )
            details = pb.TaskFailureDetails(
                errorType=_type_of(failure),
                errorMessage=failure.first_line,
                stackTrace=wrappers_pb2.StringValue(value=failure.stack[-KEPT_STACK:]),
            )
            return pb.ActivityResponse(failureDetails=details)
        _LOG.debug("activity %s of %s ended", request.name, request.orchestrationInstance.instanceId)
        return pb.ActivityResponse(result=wrappers_pb2.StringValue(value=returned.value))


def _by_task_name(functions: Iterable[Function], kind: str) -> dict[str, Function]:
    return {function.task_name: function for function in functions if function.is_triggered_by(kind)}


def _start_of(request: pb.OrchestratorRequest) -> pb.ExecutionStartedEvent:
    # The last one counts: continue_as_new starts anew, and newEvents come after pastEvents.
    for events in (request.newEvents, request.pastEvents):
        for event in reversed(events):
            if event.HasField("executionStarted"):
                return event.executionStarted
    return pb.ExecutionStartedEvent()


def _trace_of(request: pb.OrchestratorRequest) -> str:
    return _start_of(request).parentTraceContext.traceParent


def _not_found(name: str, kind: str, known: Iterable[str]) -> str:
    # The extension's sentence.
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not {kind} function. "
        f"The known ones are: {', '.join(sorted(known))}."
    )


def _type_of(failure: InvocationFailed) -> str:
    return failure.first_line.partition(":")[0]


def _failed(kind: str, message: str) -> pb.OrchestratorResponse:
    """An answer that ends an orchestration as failed."""
    end = pb.CompleteOrchestrationAction(
        orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED,
        failureDetails=pb.TaskFailureDetails(errorType=kind, errorMessage=message, isNonRetriable=True),
    )
    return pb.OrchestratorResponse(actions=[pb.OrchestratorAction(id=-1, completeOrchestration=end)])


def _log_end(name: str, response: pb.OrchestratorResponse) -> None:
    for action in response.actions:
        if action.HasField("completeOrchestration"):
            end = action.completeOrchestration
            if end.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED:
                _LOG.warning(
                    "orchestration %s failed: %s: %s",
                    name,
                    response.instanceId,
                    end.failureDetails.errorMessage,
                )
            elif end.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
                _LOG.debug("orchestration %s continues as new: %s", name, response.instanceId)
            else:
                status = pb.OrchestrationStatus.Name(end.orchestrationStatus).rpartition("_")[2].lower()
                _LOG.info("orchestration %s %s: %s", name, status, response.instanceId)
