"""What host.json says, so far as it means something on one machine.

Names and defaults: https://learn.microsoft.com/azure/azure-functions/functions-host-json and
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#hostjson-settings.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from localhost.misconfigured import Misconfigured
from localhost.settings import read_json_object, resolve

OVERRIDE_PREFIX = "AzureFunctionsJobHost__"
CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class QueueOptions:
    """extensions.queues."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: timedelta
    max_polling_interval: timedelta
    base64: bool


@dataclass(frozen=True)
class HostConfiguration:
    """host.json with its overrides from the environment."""

    route_prefix: str
    hub_name: str
    default_version: str | None
    max_concurrent_activities: int
    max_concurrent_orchestrators: int
    queues: QueueOptions
    log_level: str


def read_host_json(app: Path) -> HostConfiguration:
    """Read host.json of an app.

    A value may be overridden by the environment, as in Azure:
    AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions=2.

    Raises:
        Misconfigured: the file is missing, or a value is not what it must be.
    """
    file = app / "host.json"
    if not file.exists():
        raise Misconfigured(f"{app} is not a Functions app: it has no host.json.")
    values = _Values(read_json_object(file), os.environ)
    http, durable, queues = "extensions.http.", "extensions.durableTask.", "extensions.queues."
    batch_size = values.number(queues + "batchSize", 16, 1, 32)
    return HostConfiguration(
        route_prefix=values.text(http + "routePrefix", "api").strip("/"),
        hub_name=_hub_name(values.text(durable + "hubName", "TestHubName")),
        default_version=values.text(durable + "defaultVersion", "") or None,
        max_concurrent_activities=values.number(durable + "maxConcurrentActivityFunctions", 10 * CORES),
        max_concurrent_orchestrators=values.number(
            durable + "maxConcurrentOrchestratorFunctions", 10 * CORES
        ),
        queues=QueueOptions(
            batch_size=batch_size,
            new_batch_threshold=values.number(queues + "newBatchThreshold", batch_size // 2, 0),
            max_dequeue_count=values.number(queues + "maxDequeueCount", 5),
            visibility_timeout=values.duration(queues + "visibilityTimeout", timedelta(0)),
            # The documented default of a minute is for Azure; the host polls every 2 s where it is developed.
            max_polling_interval=values.duration(queues + "maxPollingInterval", timedelta(seconds=2)),
            base64=values.choice(queues + "messageEncoding", ("base64", "none")) == "base64",
        ),
        log_level=values.choice("logging.logLevel.default", tuple(LOG_LEVELS)),
    )


# .NET's names; the first is the default.
LOG_LEVELS = {
    "Information": "INFO",
    "Trace": "DEBUG",
    "Debug": "DEBUG",
    "Warning": "WARNING",
    "Error": "ERROR",
    "Critical": "CRITICAL",
    "None": "CRITICAL",
}


def _hub_name(name: str) -> str:
    # https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-task-hubs#task-hub-names
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", name):
        raise Misconfigured(
            f"host.json: extensions.durableTask.hubName is {name!r}; 3 to 45 letters and digits, a letter first, are allowed."
        )
    return name


class _Values:
    """Values by their dotted path; the environment overrides, and %NAME% is looked up."""

    def __init__(self, document: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._document = document
        self._overrides = {
            name.removeprefix(OVERRIDE_PREFIX).replace("__", ".").lower(): value
            for name, value in environment.items()
            if name.startswith(OVERRIDE_PREFIX)
        }

    def _find(self, path: str) -> object:
        if path.lower() in self._overrides:
            return self._overrides[path.lower()]
        node: object = self._document
        for part in path.split("."):
            if not isinstance(node, dict):
                return None
            node = cast(dict[str, object], node).get(part)
        return node

    def text(self, path: str, default: str) -> str:
        value = self._find(path)
        if value is None:
            return default
        if not isinstance(value, str):
            raise Misconfigured(f"host.json: {path} must be a text.")
        return resolve(value, f"host.json: {path}")

    def choice(self, path: str, allowed: tuple[str, ...]) -> str:
        value = self.text(path, allowed[0])
        for name in allowed:
            if name.lower() == value.lower():
                return name
        raise Misconfigured(f"host.json: {path} is {value!r}; expected one of {', '.join(allowed)}.")

    def number(self, path: str, default: int, least: int = 1, most: int = 100_000) -> int:
        value = self._find(path)
        if value is None:
            return default
        if (
            isinstance(value, bool)
            or not re.fullmatch(r"\d+", str(value))
            or not least <= int(str(value)) <= most
        ):
            raise Misconfigured(
                f"host.json: {path} is {value!r}; expected a whole number from {least} to {most}."
            )
        return int(str(value))

    def duration(self, path: str, default: timedelta) -> timedelta:
        value = self._find(path)
        if value is None:
            return default
        match = re.fullmatch(r"(\d\d):(\d\d):(\d\d(?:\.\d+)?)", str(value))
        if not match:
            raise Misconfigured(f"host.json: {path} is {value!r}; expected hh:mm:ss.")
        return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=float(match[3]))
