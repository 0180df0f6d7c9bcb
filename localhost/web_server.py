"""The web server: uvicorn, on a socket that is opened before the app is loaded."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import override

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localhost.misconfigured import Misconfigured


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; callers wait in it until the server takes them.

    Raises:
        Misconfigured: the port is taken, or not ours to take.
    """
    # Its protocol is named: only then asyncio sets TCP_NODELAY, without which the two writes of an answer wait for each
    # other's ACK, 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"Port {port} cannot be used: {error.strerror}. Say another with --port or FUNCTIONS_PORT, 0 for any free one."
        ) from None
    return listener


# A request that waits for an orchestration would wait for ever once those have stopped.
GRACE_SECONDS = 10


class WebServer(uvicorn.Server):
    """uvicorn that says when it answers, and leaves signals to the host."""

    def __init__(self, routes: Sequence[Route], listener: socket.socket) -> None:
        async def not_found(_request: Request, _error: Exception) -> Response:
            # A method that no function takes is "not found" in the Functions host, too.
            return Response(status_code=404)

        application = Starlette(routes=routes, exception_handlers={HTTPException: not_found})
        super().__init__(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._listener = listener
        self._answers = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Serve in the background; returns when requests are answered."""
        self._serving = asyncio.create_task(self.serve([self._listener]))
        answers = asyncio.create_task(self._answers.wait())
        await asyncio.wait([self._serving, answers], return_when=asyncio.FIRST_COMPLETED)
        answers.cancel()
        if self._serving.done():
            await self._serving

    async def stop(self) -> None:
        """Take no more requests, and wait for those that are being answered."""
        self.should_exit = True
        if self._serving:
            await self._serving

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._answers.set()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
