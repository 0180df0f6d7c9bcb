"""The host: one app, its ways in, its task hub; from start to a clean stop."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import override

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from localhost.backend import LocalBackend
from localhost.chaos import Chaos
from localhost.functions import Function
from localhost.host_json import HostConfiguration, read_host_json
from localhost.http_triggers import http_routes
from localhost.keys import DURABLE_SYSTEM_KEY, Keys, read_keys
from localhost.logs import configure_logs
from localhost.management import MANAGEMENT_PATH, management_routes
from localhost.misconfigured import Misconfigured
from localhost.queue_triggers import QueueTriggers
from localhost.settings import load_settings
from localhost.task_hub import TaskHub
from localhost.timer_triggers import TimerTriggers
from localhost.worker import THREADS_FOR_OTHERS, Worker, start_worker

_LOG = logging.getLogger("localhost")
# What a client binding may send and receive: no limit worth the name.
LARGEST_MESSAGE = 2**31 - 1


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    app: Path
    port: int
    settings: Path
    keys: Path | None
    chaos: int | None


def run_host(options: Options) -> None:
    """Run an app until SIGINT or SIGTERM.

    Raises:
        Misconfigured: settings, host.json, keys or the app itself cannot be used.
    """
    app = options.app.resolve()
    load_settings(app / options.settings)
    configure_logs()
    configuration = read_host_json(app)
    configure_logs(configuration.log_level)
    keys = read_keys(options.keys and options.keys.resolve())
    with contextlib.closing(_listen(options.port)) as listener:
        port: int = listener.getsockname()[1]
        backend = LocalBackend(configuration.default_version)
        address = backend.start()
        try:
            worker = start_worker(
                app,
                _client_binding(configuration, keys, address, port),
                _threads(configuration, options.chaos),
            )
            chaos = None if options.chaos is None else Chaos(options.chaos)
            asyncio.run(_serve(listener, configuration, keys, worker, backend, chaos))
            worker.stop()
        finally:
            backend.stop(grace=1)
            backend.reset()


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback; asked for before the app is indexed, so that its URL is known."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"Port {port} cannot be used: {error.strerror}. Say another with --port or FUNCTIONS_PORT, 0 for any free one."
        ) from None
    return listener


def _threads(configuration: HostConfiguration, chaos: int | None) -> int:
    """Enough threads that sync activities never keep turns of orchestrations waiting."""
    deliveries = 1 if chaos is None else 2
    activities = configuration.max_concurrent_activities * deliveries
    return activities + configuration.max_concurrent_orchestrators + THREADS_FOR_OTHERS


def _client_binding(configuration: HostConfiguration, keys: Keys, address: str, port: int) -> str:
    """What a durable client parameter gets, in the extension's words."""
    webhooks = f"http://127.0.0.1:{port}{MANAGEMENT_PATH}"
    return json.dumps(
        {
            "taskHubName": configuration.hub_name,
            "rpcBaseUrl": address,
            "httpBaseUrl": webhooks,
            "baseUrl": webhooks,
            "requiredQueryStringParameters": f"code={keys.system_keys[DURABLE_SYSTEM_KEY]}",
            "maxGrpcMessageSizeInBytes": LARGEST_MESSAGE,
        }
    )


class _Server(uvicorn.Server):
    """uvicorn that says when it answers, and leaves signals to the host."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _serve(
    listener: socket.socket,
    configuration: HostConfiguration,
    keys: Keys,
    worker: Worker,
    backend: LocalBackend,
    chaos: Chaos | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    timers = TimerTriggers(worker)
    queues = QueueTriggers(worker, configuration.queues)
    server = _Server(
        uvicorn.Config(
            _application(configuration, keys, worker, backend, timers), log_config=None, access_log=False
        )
    )
    hub = TaskHub(backend, worker, configuration, chaos)
    serving = asyncio.create_task(server.serve([listener]))
    await server.answers.wait()
    hub.start()
    timers.start()
    queues.start()
    _say_ready(listener, keys, worker.functions)
    await stop.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)  # a second signal ends the process at once
    _LOG.info("stopping; what runs is ended first")
    server.should_exit = True
    await asyncio.gather(serving, timers.stop(), queues.stop(), hub.stop())
    _LOG.info("stopped")


def _application(
    configuration: HostConfiguration, keys: Keys, worker: Worker, backend: LocalBackend, timers: TimerTriggers
) -> Starlette:
    routes = [
        *management_routes(backend, keys),
        *timers.admin_routes(keys),
        *http_routes(worker.functions, configuration.route_prefix, worker, keys),
    ]

    async def not_found(_request: Request, _error: Exception) -> Response:
        # A method that no function takes is "not found" in the Functions host, too.
        return Response(status_code=404)

    return Starlette(routes=routes, exception_handlers={405: not_found, HTTPException: not_found})


def _say_ready(listener: socket.socket, keys: Keys, functions: Sequence[Function]) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    _LOG.info("%d functions at %s", len(functions), url)
    line = {"functionsUrl": url, "functionKey": keys.default_host_key, "masterKey": keys.master_key}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
