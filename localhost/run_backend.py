"""What belongs to one run of an orchestration ends nothing in a later one.

An instance has one run, and one more with each continue_as_new. The stock backend does not tell them apart: a timer,
an activity or a child that an earlier run left behind ends a task of the same number in the current one.
It overrides private methods of durabletask 1.12.0, which is pinned for that reason. Each override names its trap.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import override

import grpc
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend, OrchestrationInstance

from localhost.alarms import Alarms


@dataclass
class Run:
    """What the stock backend does not keep of an instance; the number grows with each continue_as_new."""

    instance: OrchestrationInstance
    number: int = 0
    open_activities: dict[int, str] = field(default_factory=dict[int, str])
    children: set[str] = field(default_factory=set[str])
    parent: tuple[str, int, int] | None = None  # instance id, number of its run, id of the task that waits
    trace: pb.TraceContext | None = None  # of whoever started the instance, or its parent


class RunBackend(InMemoryOrchestrationBackend):
    """A task hub that knows runs, and whose timers share one thread."""

    def __init__(self, history_limit: int) -> None:
        super().__init__(max_history_size=history_limit, port=0)
        self._alarms = Alarms(self._lock)
        self._runs: dict[str, Run] = {}

    def _run(self, instance: OrchestrationInstance) -> Run:
        run = self._runs.get(instance.instance_id)
        if run is None or run.instance is not instance:
            run = self._runs[instance.instance_id] = Run(instance)
        return run

    def _is_live(self, run: Run, number: int) -> bool:
        """Whether a run that something was waiting in is still the instance's current one."""
        instance = run.instance
        current = self._instances.get(instance.instance_id) is instance
        return current and run.number == number and not self._is_terminal_status(instance.status)

    # Timers: one thread for all; a timer of an earlier run ends nothing in a later one.

    @override
    def _process_create_timer_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        timer_id = action.id
        instance.history.append(helpers.new_timer_created_event(timer_id, fire_at))
        run = self._run(instance)
        number = run.number

        def fire() -> None:
            if self._is_live(run, number):
                self._deliver(instance, helpers.new_timer_fired_event(timer_id, fire_at))

        self._alarms.at(fire_at, fire)

    def _deliver(self, instance: OrchestrationInstance, event: pb.HistoryEvent) -> None:
        instance.pending_events.append(event)
        instance.last_updated_at = datetime.now(UTC)
        self._enqueue_orchestration(instance.instance_id)

    # Activities: a second result, or one for an earlier run or an ended instance, is dropped.

    @override
    def _process_schedule_task_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        super()._process_schedule_task_action(instance, action)
        self._run(instance).open_activities[action.id] = str(instance.completion_token)

    @override
    def CompleteActivityTask(
        self, request: pb.ActivityResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        with self._lock:
            instance = self._instances.get(request.instanceId)
            if instance is None:
                return pb.CompleteTaskResponse()
            waiting = self._run(instance).open_activities
            if waiting.get(request.taskId) != request.completionToken:
                return pb.CompleteTaskResponse()
            del waiting[request.taskId]
            return super().CompleteActivityTask(request, context)

    # Children: their end is delivered when they end, however long that takes (stock: for 30 s).

    @override
    def _watch_sub_orchestration(self, parent_instance_id: str, sub_instance_id: str, task_id: int) -> None:
        parent = self._run(self._instances[parent_instance_id])
        parent.children.add(sub_instance_id)
        child = self._instances[sub_instance_id]
        run = self._run(child)
        run.parent = (parent_instance_id, parent.number, task_id)
        run.trace = parent.trace
        self._tell_origin(child)

    def _tell_origin(self, instance: OrchestrationInstance) -> None:
        """Say in the event that starts an instance who its parent is, and of which trace it is a part (stock: None)."""
        run = self._run(instance)
        parent = run.parent
        for event in instance.pending_events:
            if run.trace and event.HasField("executionStarted"):
                event.executionStarted.parentTraceContext.CopyFrom(run.trace)
            if parent and event.HasField("executionStarted"):
                event.executionStarted.parentInstance.CopyFrom(
                    pb.ParentInstanceInfo(
                        taskScheduledId=parent[2],
                        orchestrationInstance=pb.OrchestrationInstance(instanceId=parent[0]),
                    )
                )

    @override
    def _notify_waiters(self, instance_id: str) -> None:
        super()._notify_waiters(instance_id)
        child = self._instances.get(instance_id)
        if child and self._is_terminal_status(child.status):
            self._deliver_end(child)

    def _deliver_end(self, child: OrchestrationInstance) -> None:
        waiting = self._run(child).parent
        if waiting is None:
            return
        parent_id, number, task_id = waiting
        parent = self._runs.get(parent_id)
        if parent is None or not self._is_live(parent, number):
            return
        if child.status == pb.ORCHESTRATION_STATUS_COMPLETED:
            event = helpers.new_sub_orchestration_completed_event(task_id, child.output)
        else:
            reason = (
                child.failure_details.errorMessage
                if child.failure_details
                else "The sub-orchestration was terminated."
            )
            event = helpers.new_sub_orchestration_failed_event(task_id, Exception(reason))
        self._deliver(parent.instance, event)

    @override
    def _terminate_instance_internal(
        self, instance_id: str, output: str | None, recursive: bool = False
    ) -> None:
        super()._terminate_instance_internal(instance_id, output, recursive=False)
        run = self._runs.get(instance_id)
        if recursive and run:
            for child in run.children:
                self._terminate_instance_internal(child, output, recursive=True)
