"""A real HTTP server between two programs: it passes requests on, or answers in the other's place as a test wants it to."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

_FRAMING = {"content-length", "transfer-encoding", "connection", "keep-alive"}


@dataclass(frozen=True)
class Seen:
    """A request before it is passed on; `target`: path and query."""

    method: str
    target: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def authorization(self) -> str:
        return next((value for name, value in self.headers.items() if name.lower() == "authorization"), "")


@dataclass(frozen=True)
class Answered:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Proxy:
    """On a free port of this machine, before a program on another port of it."""

    def __init__(self, port: int) -> None:
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=32, retries=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def answer(self, seen: Seen) -> Answered:
        """To be overridden: passes everything on as it is."""
        return self.pass_on(seen)

    def pass_on(self, seen: Seen) -> Answered:
        answer = self._pool.urlopen(
            seen.method, seen.target, seen.body, dict(seen.headers), decode_content=False
        )
        return Answered(answer.status, dict(answer.headers.items()), answer.data)

    @contextmanager
    def running(self) -> Generator[None]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out as two packets, which Nagle's algorithm would keep 40 ms apart.
            disable_nagle_algorithm = True

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._send(proxy.answer(Seen(self.command, self.path, body, dict(self.headers.items()))))

            def _send(self, answered: Answered) -> None:
                self.send_response_only(answered.status)
                body, head = answered.body, self.command == "HEAD"
                told = {name.lower(): value for name, value in answered.headers.items()}
                for name, value in answered.headers.items():
                    if name.lower() not in _FRAMING:
                        self.send_header(name, value)
                self.send_header(
                    "Content-Length", told.get("content-length", "0") if head else str(len(body))
                )
                self.end_headers()
                if not head:
                    self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Says nothing."""

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

        return Handler
