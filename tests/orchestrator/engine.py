"""Runs the app's orchestrations on a real engine, with activities of the test's own: what fails, and when, is the test's."""

import importlib
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from durabletask import task
from durabletask.client import OrchestrationStatus, TaskHubGrpcClient
from durabletask.worker import TaskHubGrpcWorker

from localhost.backend import LocalBackend
from orchestrator import names

type Activity = Callable[[dict[str, Any]], dict[str, Any]]

LIVE = {OrchestrationStatus.PENDING, OrchestrationStatus.RUNNING}


@dataclass
class Engine:
    """A task hub, and a worker that has the app's orchestrations; activities without a script answer nothing."""

    client: TaskHubGrpcClient
    scripts: dict[str, Activity]
    calls: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls.append(name)
        return self.scripts.get(name, lambda _: {})(payload)

    def run(self, orchestration: str, payload: dict[str, Any], instance: str, seconds: float = 30) -> Any:
        """The state of the instance once it has ended."""
        self.client.schedule_new_orchestration(orchestration, input=payload, instance_id=instance)
        return self.client.wait_for_orchestration_completion(instance, timeout=seconds)

    def live(self) -> list[str]:
        """Instances that have not ended."""
        found = self.client.get_all_orchestration_states()
        return sorted(state.instance_id for state in found if state.runtime_status in LIVE)


@contextmanager
def engine(scripts: dict[str, Activity]) -> Generator[Engine]:
    backend = LocalBackend()
    address = backend.start()
    with TaskHubGrpcClient(host_address=address) as client, TaskHubGrpcWorker(host_address=address) as worker:
        running = Engine(client, scripts)
        for name in (value for key, value in vars(names).items() if key.isupper()):
            if orchestration := _orchestration(name):
                worker.add_orchestrator(orchestration)
            else:
                worker.add_activity(_activity(running, name))
        worker.start()
        yield running
    backend.stop(grace=1)
    backend.reset()


def _orchestration(name: str) -> Any:
    """The generator of that name; each has a module of the same name."""
    try:
        module = importlib.import_module(f"orchestrator.{name}")
    except ModuleNotFoundError:
        return None
    builder = getattr(module, name)
    # The decorator leaves a builder in the function's place.
    return builder._function.get_user_function().orchestrator_function


def _activity(running: Engine, name: str) -> Any:
    def activity(_: task.ActivityContext, payload: dict[str, Any]) -> dict[str, Any]:
        return running.perform(name, payload)

    activity.__name__ = name
    return activity
