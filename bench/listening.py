"""Where a server of the bench listens."""

import socket


def listen() -> socket.socket:
    """Any free port of this machine's loopback; a connection that comes before the server runs waits in the queue."""
    # Its protocol is named: only then asyncio sets TCP_NODELAY, without which the two writes of an answer wait for each
    # other's ACK, 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener
