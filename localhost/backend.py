"""The task hub: durabletask's in-memory backend, with its traps mended.

It overrides private methods of durabletask 1.12.0, which is pinned for that reason. Each override names its trap.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from datetime import UTC, datetime
from typing import Any, cast, override

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.testing.in_memory_backend import OrchestrationInstance

from localhost.local_call import LocalCall
from localhost.run_backend import RunBackend

ENDED = (
    pb.ORCHESTRATION_STATUS_COMPLETED,
    pb.ORCHESTRATION_STATUS_FAILED,
    pb.ORCHESTRATION_STATUS_TERMINATED,
)
# Each caller that waits for an instance keeps one gRPC thread.
GRPC_THREADS = 64
# The stock limit makes an instance hang; what an orchestration should not exceed is its author's bound.
HISTORY_LIMIT = 1_000_000
# Histories are what costs memory (0.8 KB an event): of ended instances only the latest are kept.
KEPT_EVENTS = 10_000


class LocalBackend(RunBackend):
    """A task hub in memory, on a free port of the loopback interface."""

    def __init__(self, default_version: str | None = None) -> None:
        super().__init__(HISTORY_LIMIT)
        self._default_version = default_version
        self._scheduled_starts: set[str] = set()
        self._ended: deque[OrchestrationInstance] = deque()
        self._ended_events = 0

    @override
    def start(self) -> str:
        """Serve on loopback, with no limit on messages; returns the address.

        Stock: all interfaces, ten threads, 4 MB a message, and two backends may share a port.
        """
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        server = grpc.server(futures.ThreadPoolExecutor(GRPC_THREADS), options=options)
        add: Callable[[Any, grpc.Server], None] = stubs.add_TaskHubSidecarServiceServicer_to_server  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - generated code has no types
        add(self, server)
        self._port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server
        self._alarms.start()
        return f"127.0.0.1:{self._port}"

    @override
    def stop(self, grace: float | None = None) -> None:
        self._alarms.stop()
        super().stop(grace)

    def work_items(self, call: LocalCall) -> Iterator[pb.WorkItem]:
        """Turns and activities to be done, until the call is cancelled; blocks while there are none."""
        for item in self.GetWorkItems(pb.GetWorkItemsRequest(), cast(grpc.ServicerContext, call)):
            if item.HasField("activityRequest"):
                self._tell_trace(item.activityRequest)
            yield item

    def _tell_trace(self, request: pb.ActivityRequest) -> None:
        """Stock: an activity is part of no trace."""
        run = self._runs.get(request.orchestrationInstance.instanceId)
        if run and run.trace:
            request.parentTraceContext.CopyFrom(run.trace)

    # Starting: ended ids may be used again and versions are stamped, as the extension does by default.

    @override
    def StartInstance(
        self, request: pb.CreateInstanceRequest, context: grpc.ServicerContext
    ) -> pb.CreateInstanceResponse:
        if not request.orchestrationIdReusePolicy.replaceableStatus:
            request.orchestrationIdReusePolicy.replaceableStatus.extend(ENDED)
        if self._default_version and not request.HasField("version"):
            request.version.value = self._default_version
        with self._lock:
            answer = super().StartInstance(request, context)
            if request.HasField("parentTraceContext"):
                instance = self._instances[answer.instanceId]
                run = self._run(instance)
                # A part of a message keeps the whole message in memory: a copy does not.
                run.trace = pb.TraceContext()
                run.trace.CopyFrom(request.parentTraceContext)
                self._tell_origin(instance)
            return answer

    @override
    def _create_instance_internal(
        self, instance_id: str, name: str, encoded_input: str | None = None, version: str | None = None
    ) -> None:
        super()._create_instance_internal(instance_id, name, encoded_input, version or self._default_version)

    @override
    def _enqueue_orchestration(self, instance_id: str) -> None:
        # Stock: polls an instance whose turn is being run every 0.1 s, and ignores scheduled starts.
        if instance_id in self._orchestration_in_flight:
            return  # the end of that turn enqueues it
        instance = self._instances.get(instance_id)
        start = _scheduled_start(instance) if instance else None
        if start is None:
            super()._enqueue_orchestration(instance_id)
        elif instance_id not in self._scheduled_starts:
            self._scheduled_starts.add(instance_id)
            self._alarms.at(start, lambda: self._start_as_scheduled(instance_id))

    def _start_as_scheduled(self, instance_id: str) -> None:
        self._scheduled_starts.discard(instance_id)
        if instance_id in self._instances:
            self._enqueue_orchestration(instance_id)

    # Turns: status is kept over continue_as_new, history has times, late events are not forgotten.

    @override
    def CompleteOrchestratorTask(
        self, request: pb.OrchestratorResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        with self._lock:
            instance = self._instances.get(request.instanceId)
            if instance is None:
                return super().CompleteOrchestratorTask(request, context)
            if instance.custom_status and not request.HasField("customStatus"):
                request.customStatus.value = instance.custom_status
            known = len(instance.history)
            answer = super().CompleteOrchestratorTask(request, context)
            instance.custom_status = instance.custom_status or None
            for event in instance.history[known:]:
                if not event.timestamp.seconds:
                    event.timestamp.GetCurrentTime()
            if self._is_terminal_status(instance.status):
                self._end(instance)
            elif instance.pending_events:
                self._enqueue_orchestration(instance.instance_id)
            return answer

    def _end(self, instance: OrchestrationInstance) -> None:
        self._run(instance).open_activities.clear()
        self._ended.append(instance)
        self._ended_events += len(instance.history)
        while self._ended_events > KEPT_EVENTS and len(self._ended) > 1:
            oldest = self._ended.popleft()
            self._ended_events -= len(oldest.history)
            oldest.history.clear()

    @override
    def _process_complete_orchestration_action(
        self, instance: OrchestrationInstance, complete_action: pb.CompleteOrchestrationAction
    ) -> None:
        super()._process_complete_orchestration_action(instance, complete_action)
        if instance.failure_details:
            # A part of a message keeps the whole message in memory: a copy does not.
            details = pb.TaskFailureDetails()
            details.CopyFrom(instance.failure_details)
            instance.failure_details = details
        if complete_action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
            run = self._run(instance)
            run.number += 1
            run.open_activities.clear()
            self._tell_origin(instance)

    # Purging takes children along where it is asked for (stock: leaves them).

    @override
    def PurgeInstances(
        self, request: pb.PurgeInstancesRequest, context: grpc.ServicerContext
    ) -> pb.PurgeInstancesResponse:
        with self._lock:
            before = set(self._instances)
            answer = super().PurgeInstances(request, context)
            for instance_id in before - set(self._instances):
                run = self._runs.pop(instance_id, None)
                children = run.children if run and request.recursive else ()
                for child in children:
                    inner = pb.PurgeInstancesRequest(instanceId=child, recursive=True)
                    answer.deletedInstanceCount += self.PurgeInstances(inner, context).deletedInstanceCount
            self._ended = deque(i for i in self._ended if self._instances.get(i.instance_id) is i)
            self._ended_events = sum(len(instance.history) for instance in self._ended)
            return answer

    # Refused rather than half done.

    @override
    def RewindInstance(
        self, request: pb.RewindInstanceRequest, context: grpc.ServicerContext
    ) -> pb.RewindInstanceResponse:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "The local host does not rewind orchestrations.")

    @override
    def SignalEntity(
        self, request: pb.SignalEntityRequest, context: grpc.ServicerContext
    ) -> pb.SignalEntityResponse:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "The local host has no entities.")

    @override
    def _process_send_entity_message_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        raise NotImplementedError(
            "The local host has no entities."
        )  # which fails the instance with these words


def _scheduled_start(instance: OrchestrationInstance) -> datetime | None:
    """When an instance that has not started is to start, where that is still ahead and it was not terminated."""
    if instance.history or any(event.HasField("executionTerminated") for event in instance.pending_events):
        return None
    for event in instance.pending_events:
        if event.HasField("orchestratorStarted"):
            start = event.timestamp.ToDatetime(tzinfo=UTC)
            return start if start > datetime.now(UTC) else None
    return None
