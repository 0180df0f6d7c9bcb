"""The functions of an app as the host sees them: name, trigger and the other bindings."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from localhost.misconfigured import Misconfigured

HTTP, TIMER, QUEUE, EVENT_GRID = "httpTrigger", "timerTrigger", "queueTrigger", "eventGridTrigger"
ORCHESTRATION, ACTIVITY = "orchestrationTrigger", "activityTrigger"
DURABLE_CLIENT = "durableClient"
TRIGGERS = (HTTP, TIMER, QUEUE, EVENT_GRID, ORCHESTRATION, ACTIVITY)


@dataclass(frozen=True, eq=False)
class Function:
    """One function of the app; `trigger` is its trigger's binding, `clients` the parameters that are durable clients."""

    name: str
    function_id: str
    trigger: Mapping[str, Any]
    clients: tuple[str, ...]

    @property
    def parameter(self) -> str:
        """The parameter that takes what triggered it."""
        return self.trigger["name"]

    def is_triggered_by(self, kind: str) -> bool:
        """Whether its trigger is of a kind, such as httpTrigger."""
        return self.trigger["type"] == kind

    @property
    def task_name(self) -> str:
        """The name that orchestrations know it by: the decorator's, else the function's."""
        return self.trigger.get("orchestration") or self.trigger.get("activity") or self.name


def read_function(name: str, function_id: str, raw_bindings: Iterable[str]) -> Function:
    """Make a function of what the worker's indexer found.

    Raises:
        Misconfigured: a trigger or binding that this host does not have.
    """
    bindings = [cast(dict[str, Any], json.loads(raw)) for raw in raw_bindings]
    triggers = [binding for binding in bindings if binding["type"].lower().endswith("trigger")]
    if len(triggers) != 1:
        raise Misconfigured(f"Function {name} has {len(triggers)} triggers; a function has exactly one.")
    (trigger,) = triggers
    if trigger["type"] not in TRIGGERS:
        raise Misconfigured(
            f"Function {name} has a trigger of type {trigger['type']}, which the local host does not have; "
            f"it has {', '.join(TRIGGERS)}."
        )
    for binding in bindings:
        if binding is not trigger and not _is_supported(binding):
            raise Misconfigured(
                f"Function {name} has a binding of type {binding['type']} ({binding['name']}), which the local "
                "host does not have; besides triggers it has durableClient and the HTTP response."
            )
    clients = tuple(binding["name"] for binding in bindings if binding["type"] == DURABLE_CLIENT)
    return Function(name, function_id, trigger, clients)


def _is_supported(binding: Mapping[str, Any]) -> bool:
    return binding["type"] == DURABLE_CLIENT or (binding["type"] == "http" and binding["name"] == "$return")


def is_disabled(name: str) -> bool:
    """Whether a setting disables a function: AzureWebJobs.NAME.Disabled, or with __ where dots are not allowed."""
    settings = (f"AzureWebJobs.{name}.Disabled", f"AzureWebJobs__{name}__Disabled")
    return any(os.environ.get(setting, "").lower() in {"true", "1"} for setting in settings)
