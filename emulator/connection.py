"""HTTP as the server library hands it over: reading a body, sending a reply, and breaking off."""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Receive, Send

type Headers = list[tuple[bytes, bytes]]


async def read_body(receive: Receive) -> bytes:
    """The whole body."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def send_reply(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_truncated(receive: Receive, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """The headers of the whole and half of the body; then the connection ends."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(receive).close()
    await _until_disconnected(receive)


async def reset(receive: Receive) -> None:
    """Break off with a TCP reset."""
    transport = _transport(receive)
    connection: socket.socket = transport.get_extra_info("socket")
    # Linger of 0 s: closing sends RST instead of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _until_disconnected(receive)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(receive: Receive) -> asyncio.Transport:
    """ASGI has no way to break off: uvicorn's request cycle, whose method `receive` is, knows the transport."""
    cycle: Any = getattr(receive, "__self__", None)
    return cycle.transport
