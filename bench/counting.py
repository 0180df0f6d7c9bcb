"""A reverse proxy that counts: every request goes on as it came, and is on record with its query, without signatures."""

import hashlib
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bench.baselines.connections import pooled_session
from bench.listening import listen

# Of the connection itself, not of the message [RFC 9110, 7.6.1].
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
_CONNECTIONS = 64


class Request(NamedTuple):
    """What was asked for; `query` is sorted, without what signs it; `body` is a digest."""

    method: str
    path: str
    query: str
    body: str


class CountingProxy:
    """In front of one server; the Host header goes on too, so that addresses in answers lead back here."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._session = pooled_session(_CONNECTIONS)
        self._lock = threading.Lock()
        self.requests: Counter[Request] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive)
        body = await incoming.body()
        response = await run_in_threadpool(self._forward, incoming, body)
        await response(scope, receive, send)

    def _forward(self, incoming: Incoming, body: bytes) -> Response:
        path, query = incoming.scope["raw_path"].decode(), incoming.scope["query_string"].decode()
        with self._lock:
            digest = hashlib.sha256(body).hexdigest()
            self.requests[Request(incoming.method, path, _unsigned(query), digest)] += 1
        headers = {name: value for name, value in incoming.headers.items() if name not in _HOP_BY_HOP}
        answer = self._session.request(
            incoming.method,
            f"{self._target}{path}?{query}" if query else f"{self._target}{path}",
            data=body,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=60,
        )
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        return Response(answer.raw.read(decode_content=False), answer.status_code, kept)


@contextmanager
def counting(target: str) -> Generator[tuple[CountingProxy, str]]:
    """The proxy and its address."""
    proxy = CountingProxy(target)
    config = uvicorn.Config(proxy, lifespan="off", log_level="warning")
    listener = listen()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="counting proxy")
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _unsigned(query: str) -> str:
    signing = {"sig", "se", "st", "sp", "sv", "sr"}
    return urlencode(sorted((name, value) for name, value in parse_qsl(query, True) if name not in signing))
