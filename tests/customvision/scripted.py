"""A server that answers from a script, byte for byte: the faults that no well-behaved server can be asked for."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass(frozen=True)
class Reply:
    """`promised`: a Content-Length other than the body's; `reset`: no answer at all, the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    promised: int | None = None
    reset: bool = False


@dataclass(frozen=True)
class Call:
    """`at`: monotonic seconds."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float


type Script = Callable[[Call], Reply]


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclass
class Server:
    url: str
    script: Script
    calls: list[Call] = field(default_factory=list[Call])

    def answers(self, *replies: Reply) -> None:
        """These, one after the other; the last one for ever. Forgets the calls so far."""
        left = list(replies)
        self.calls.clear()

        def script(_: Call) -> Reply:
            return left.pop(0) if len(left) > 1 else left[0]

        self.script = script


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    play: Server

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in two packets would wait for the client's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: tests look at `calls`."""

    def _answer(self) -> None:
        play = cast(_Listener, self.server).play
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.command, self.path, dict(self.headers.items()), body, time.monotonic())
        play.calls.append(call)
        reply = play.script(call)
        if reply.reset:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        length = len(reply.body) if reply.promised is None else reply.promised
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = length != len(reply.body)

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = _answer  # noqa: N815 - the library's names


@contextlib.contextmanager
def serve() -> Generator[Server]:
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.play = Server(f"http://127.0.0.1:{listener.server_port}", lambda _: Reply(500))
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield listener.play
        finally:
            listener.shutdown()
            thread.join()
