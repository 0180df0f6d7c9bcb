"""A Custom Vision service that misbehaves as a test wants it to: a proxy before the emulator, and a record of every call.

The addresses of pictures stay the emulator's own. Operations are named as in the service's OpenAPI files.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from emulator.routing import match
from tests.proxy import Answered, Proxy, Seen


@dataclass(frozen=True)
class Call:
    """One call of the Training API before it is answered; ids of the path, values of the query."""

    operation: str
    writes: bool
    ids: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes

    @property
    def project(self) -> str:
        return self.ids.get("projectId", "").lower()

    def listed(self, name: str) -> list[str]:
        """Values of a query parameter that may be repeated or have commas in it."""
        return [part for value in self.query.get(name, ()) for part in value.split(",")]


@dataclass(frozen=True)
class Recorded:
    """A call that was answered; `began` and `ended` in seconds since 1970."""

    call: Call
    began: float
    ended: float
    status: int


type PassOn = Callable[[], Answered]
type Behaviour = Callable[[Call, PassOn], Answered]
"""What is answered to a call; whoever calls the second argument has the emulator do the work."""


def honest(_: Call, pass_on: PassOn) -> Answered:
    return pass_on()


class ServiceProxy(Proxy):
    """`behave` may be exchanged at any time; `calls` in the order in which they were answered."""

    def __init__(self, endpoint: str) -> None:
        port = urlsplit(endpoint).port
        assert port
        super().__init__(port)
        self.behave: Behaviour = honest
        self.calls: list[Recorded] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def changes(self) -> list[Recorded]:
        """Calls that change something, or were meant to."""
        return [each for each in self.calls if each.call.writes]

    def answer(self, seen: Seen) -> Answered:
        # The emulator writes the addresses of pictures by the host that it was called by.
        headers = {name: value for name, value in seen.headers.items() if name.lower() != "host"}
        call, began = _read(seen), time.time()
        answered = self.behave(call, lambda: self.pass_on(Seen(seen.method, seen.target, seen.body, headers)))
        self.calls.append(Recorded(call, began, time.time(), answered.status))
        return answered


def _read(seen: Seen) -> Call:
    parts = urlsplit(seen.target)
    found = match(seen.method, parts.path)
    return Call(found.operation.id, found.operation.writes, found.ids, parse_qs(parts.query), seen.body)


@contextmanager
def service_proxy(endpoint: str) -> Generator[ServiceProxy]:
    """A proxy that runs while the block does."""
    proxy = ServiceProxy(endpoint)
    with proxy.running():
        yield proxy
