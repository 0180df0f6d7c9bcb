"""The ASGI application: API, blob store and admin route on one port, with the call log, latency and faults around them."""

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from emulator.account import Account
from emulator.admin import admin_app
from emulator.calls import CallLog, CallRecord
from emulator.connection import read_body, reset, send_reply, send_truncated
from emulator.errors import BlobError, GatewayError
from emulator.faults import FaultRule, Faults
from emulator.gateway import Gateway, throttled
from emulator.options import Options
from emulator.routing import Match, match
from emulator.service import Request, Response, Service, blob_refusal, gateway_response
from emulator.workspace import new_id

# No path of the API or of the blob store starts with a dot.
ADMIN = "/.emulator"
_API = "/customvision/"


class App:
    """One emulated account behind one port."""

    def __init__(self, account: Account, options: Options, gateway: Gateway, faults: Faults) -> None:
        self.account = account
        self.options = options
        self.log = CallLog()
        self.faults = faults
        self._service = Service(account, options, gateway)
        self._admin = admin_app(ADMIN, account, options, self.log, faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The recorded clients sent a double slash, and were answered (reference 1.1).
        path = "/" + str(scope["path"]).lstrip("/")
        if path == ADMIN or path.startswith(ADMIN + "/"):
            await self._admin(scope, receive, send)
            return
        await _Exchange(self, self._service, scope, path).run(receive, send)


class _Exchange:
    """One call and its entry in the log."""

    def __init__(self, app: App, service: Service, scope: Scope, path: str) -> None:
        self._app = app
        self._service = service
        self._scope = scope
        self._method = str(scope["method"])
        self._path = path
        self._match = _resolve(self._method, path)
        self._started = time.time()
        self._begun = time.perf_counter()
        self._read = 0

    async def run(self, receive: Receive, send: Send) -> None:
        fault = self._app.faults.strike(self._operation, self._method, self._path)
        if delay := self._delay(fault):
            await asyncio.sleep(delay)
        kind = fault.kind if fault else None
        if kind == "reset-before":
            self._record(0, 0, fault)
            await reset(receive)
            return
        if fault and kind == "status":
            response = self._refusal(fault)
        else:
            response = await self._answer(await read_body(receive))
        await self._send(receive, send, response, fault)

    async def _send(self, receive: Receive, send: Send, response: Response, fault: FaultRule | None) -> None:
        kind = fault.kind if fault else None
        # Logged before it is sent: who has an answer finds it in the log.
        self._record(0 if kind == "reset-after" else response.status, len(response.body), fault)
        if kind == "reset-after":
            await reset(receive)
        elif kind == "truncated":
            await send_truncated(receive, send, response.status, response.headers, response.body)
        else:
            body = _damaged(response.body) if kind == "wrong-bytes" else response.body
            await send_reply(send, response.status, response.headers, body)

    @property
    def _operation(self) -> str:
        if isinstance(self._match, Match):
            return self._match.operation.id
        return "Unknown" if self._match else "GetBlob"

    def _delay(self, fault: FaultRule | None) -> float:
        slow = fault.seconds if fault and fault.kind == "slow" else 0
        return slow + self._app.options.latency_ms / 1000

    async def _answer(self, body: bytes) -> Response:
        self._read = len(body)
        scope = self._scope
        request = Request(
            method=self._method,
            path=self._path,
            query=bytes(scope["query_string"]).decode("latin-1"),
            headers=Headers(scope=scope),
            scheme=str(scope["scheme"]),
            body=body,
        )
        self._app.account.settle()
        if self._match is None:
            return self._service.answer_blob(request)
        return await self._service.answer(self._match, request)

    def _refusal(self, fault: FaultRule) -> Response:
        request_id = new_id()
        if self._match is None:
            return blob_refusal(BlobError(fault.status, "ServerBusy", "The server is busy."), request_id)
        if fault.status == 429 and isinstance(self._match, Match):
            refused = throttled(
                self._match.operation.api,
                self._match.operation.id,
                self._app.options,
                fault.retry_after or 1,
            )
        else:
            refused = GatewayError(fault.status, "A fault that was asked for.")
        refused.retry_after = fault.retry_after
        return gateway_response(refused, request_id, self._app.options)

    def _record(self, status: int, sent: int, fault: FaultRule | None) -> None:
        template = self._match.operation.template if isinstance(self._match, Match) else self._path
        self._app.log.add(
            CallRecord(
                started=self._started,
                operation=self._operation,
                method=self._method,
                path=template,
                status=status,
                milliseconds=round((time.perf_counter() - self._begun) * 1000, 3),
                bytes_in=self._read,
                bytes_out=sent,
                fault=fault.kind if fault else None,
            )
        )


def _resolve(method: str, path: str) -> Match | GatewayError | None:
    """None for a path of the blob store."""
    if not path.lower().startswith(_API):
        return None
    try:
        return match(method, path)
    except GatewayError as refused:
        return refused


def _damaged(body: bytes) -> bytes:
    """The same length, with one byte in the middle changed."""
    middle = len(body) // 2
    return body[:middle] + bytes(byte ^ 0xFF for byte in body[middle : middle + 1]) + body[middle + 1 :]
