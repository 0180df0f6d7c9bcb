"""A storage account that fails when a test wants it to: a proxy before Azurite, with the answers of the real service."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

from stack.processes import connection_string
from tests.conftest import Azurite

# Pieces of the library's and the service's own texts, which say what was signed and by whom.
TOLD_BY_THE_LIBRARY = (
    "RequestId",
    "ErrorCode:",
    "MAC signature",
    "string to sign",
    "string_to_sign",
    "x-ms-date",
)


@dataclass(frozen=True)
class Seen:
    """A request before it reaches the store; `target`: path and query."""

    method: str
    target: str
    body: bytes
    authorization: str


@dataclass(frozen=True)
class Refusal:
    """What the store is made to answer."""

    status: int
    code: str
    detail: str = ""

    def to_xml(self, seen: Seen) -> bytes:
        """As the real service words it [Status and error codes]; 403 quotes the signature and what was signed."""
        detail = self.detail and (
            f"<AuthenticationErrorDetail>The MAC signature found in the HTTP request '{seen.authorization}' is not the "
            f"same as any computed signature. Server used following string to sign: '{seen.method}\n\nx-ms-date:Thu, 01 "
            f"Jan 2026 00:00:00 GMT\n{seen.target}'.</AuthenticationErrorDetail>"
        )
        text = f"{self.code}.\nRequestId:11111111-0000-0000-0000-000000000000\nTime:2026-01-01T00:00:00Z"
        return f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code><Message>{text}</Message>{detail}</Error>'.encode()


REFUSED_SIGNATURE = Refusal(403, "AuthenticationFailed", detail="signature")
INTERNAL_ERROR = Refusal(500, "InternalError")
NO_CONTAINER = Refusal(404, "ContainerNotFound")
# Another 404, such as a wrong address gives: it does not say that the blob is not there.
NO_ACCOUNT = Refusal(404, "ResourceNotFound")
# They have the statuses of a lost race, and whoever tries again is refused again.
LEASED = Refusal(412, "LeaseIdMissing")
IMMUTABLE = Refusal(409, "BlobImmutableDueToPolicy")

type Fault = Callable[[Seen], Refusal | None]


class StoreProxy:
    """Passes requests on; `fault` may answer one in the store's place."""

    def __init__(self, azurite: Azurite) -> None:
        self.fault: Fault = lambda _: None
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", azurite.blob_port, maxsize=32, retries=False)
        self._queue_port = azurite.queue_port
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def connection_string(self) -> str:
        return connection_string(self.server.server_address[1], self._queue_port)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out as two packets, which Nagle's algorithm would keep 40 ms apart.
            disable_nagle_algorithm = True

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.path, body, self.headers.get("Authorization", ""))
                if refusal := proxy.fault(seen):
                    headers = {"Content-Type": "application/xml", "x-ms-error-code": refusal.code}
                    self._answer(refusal.status, headers, refusal.to_xml(seen))
                    return
                answer = proxy._pool.urlopen(
                    self.command, self.path, body, dict(self.headers.items()), decode_content=False
                )
                self._answer(answer.status, dict(answer.headers.items()), answer.data)

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(body))
                framing = {"content-length", "transfer-encoding", "connection", "keep-alive"}
                for name, value in headers.items():
                    if name.lower() not in framing:
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Says nothing."""

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the library's names

        return Handler


@contextmanager
def store_proxy(azurite: Azurite) -> Generator[StoreProxy]:
    """A proxy that runs while the block does."""
    proxy = StoreProxy(azurite)
    proxy.server.daemon_threads = True
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        thread.join()
        proxy.server.server_close()
