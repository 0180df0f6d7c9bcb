"""The host: one app, its ways in, its task hub; from start to a clean stop."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from localhost.backend import LocalBackend
from localhost.chaos import Chaos
from localhost.event_grid_triggers import event_grid_routes
from localhost.functions import QUEUE
from localhost.host_json import HostConfiguration, read_host_json
from localhost.http_triggers import http_routes
from localhost.keys import DURABLE_SYSTEM_KEY, Keys, read_keys
from localhost.logs import configure_logs
from localhost.management import MANAGEMENT_PATH, management_routes
from localhost.settings import load_settings
from localhost.task_hub import TaskHub
from localhost.timer_triggers import TimerTriggers
from localhost.web_server import WebServer, listen
from localhost.worker import THREADS_FOR_OTHERS, Worker, start_worker

_LOG = logging.getLogger("localhost")
# What a durable client may send and receive: no limit worth the name.
LARGEST_MESSAGE = 2**31 - 1
DEFAULT_SETTINGS = "local.settings.json"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    app: Path
    port: int
    settings: Path | None
    keys: Path | None
    chaos: int | None


def run_host(options: Options) -> None:
    """Run an app until SIGINT or SIGTERM.

    Raises:
        Misconfigured: settings, host.json, keys or the app itself cannot be used.
    """
    app = options.app.resolve()
    load_settings(app / (options.settings or DEFAULT_SETTINGS), required=options.settings is not None)
    configure_logs()
    configuration = read_host_json(app)
    configure_logs(configuration.log_level)
    keys = read_keys(options.keys and options.keys.resolve())
    chaos = None if options.chaos is None else Chaos(options.chaos)
    output = sys.stdout
    # What the app prints is a log; the one line of the host is not to be lost in it.
    with contextlib.closing(listen(options.port)) as listener, contextlib.redirect_stdout(sys.stderr):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        backend = LocalBackend(configuration.default_version)
        hub_address = backend.start()
        try:
            client_binding = _client_binding(configuration, keys, hub_address, url)
            worker = start_worker(app, client_binding, _threads(configuration, chaos))
            timers = TimerTriggers(worker)
            queues = _queue_triggers(worker, configuration)
            routes = [
                *management_routes(backend, keys),
                *timers.admin_routes(keys),
                *event_grid_routes(worker, keys),
                *http_routes(worker.functions, configuration.route_prefix, worker, keys),
            ]
            hub = TaskHub(backend, worker, configuration, chaos)
            parts = [hub, timers, *([queues] if queues else [])]
            ready = _ReadyLine(output, url, keys)
            asyncio.run(_serve(WebServer(routes, listener), parts, ready))
            worker.stop()
        finally:
            backend.stop(grace=1)
            backend.reset()


class _Background(Protocol):
    """What runs beside the server from start to stop."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...


def _queue_triggers(worker: Worker, configuration: HostConfiguration) -> _Background | None:
    if not any(function.is_triggered_by(QUEUE) for function in worker.functions):
        return None
    from localhost.queue_triggers import QueueTriggers  # noqa: PLC0415 - storage takes as long to load as all else

    return QueueTriggers(worker, configuration.queues)


def _threads(configuration: HostConfiguration, chaos: Chaos | None) -> int:
    """Enough threads that sync activities never keep turns of orchestrations waiting."""
    activities = configuration.max_concurrent_activities * (2 if chaos else 1)
    return activities + configuration.max_concurrent_orchestrators + THREADS_FOR_OTHERS


def _client_binding(configuration: HostConfiguration, keys: Keys, hub_address: str, url: str) -> str:
    """What a durable client parameter gets, in the extension's words."""
    return json.dumps(
        {
            "taskHubName": configuration.hub_name,
            "rpcBaseUrl": hub_address,
            "httpBaseUrl": url + MANAGEMENT_PATH,
            "baseUrl": url + MANAGEMENT_PATH,
            "requiredQueryStringParameters": f"code={keys.system_keys[DURABLE_SYSTEM_KEY]}",
            "maxGrpcMessageSizeInBytes": LARGEST_MESSAGE,
        }
    )


@dataclass(frozen=True, repr=False)
class _ReadyLine:
    """The line of JSON that whoever started the host waits for."""

    output: TextIO
    url: str
    keys: Keys

    def write(self) -> None:
        line = {
            "functionsUrl": self.url,
            "functionKey": self.keys.default_host_key,
            "masterKey": self.keys.master_key,
        }
        self.output.write(json.dumps(line) + "\n")
        self.output.flush()


async def _serve(server: WebServer, parts: Sequence[_Background], ready: _ReadyLine) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    await server.begin()
    for part in parts:
        part.start()
    ready.write()
    _LOG.info("ready at %s", ready.url)
    await stop.wait()
    for number in SIGNALS:
        loop.add_signal_handler(number, os._exit, 128 + number)  # a second signal does not wait
    _LOG.info("stopping; what runs is ended first")
    await asyncio.gather(server.stop(), *(part.stop() for part in parts))
    _LOG.info("stopped")
