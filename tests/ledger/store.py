"""A store whose connection can die, or be overtaken by another process, at any chosen request."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient, ExponentialRetry


class ConnectionDied(Exception):  # noqa: N818 - it names what happens
    """The process is gone: nothing after this request happens."""


class WatchedTransport(RequestsTransport):
    """Calls `before` and `after` with the number of each request, from 0; either may raise."""

    def __init__(self, before: Callable[[int], None], after: Callable[[int], None]) -> None:
        super().__init__()
        self.requests = 0
        self._before = before
        self._after = after

    def send(self, request: Any, **options: Any) -> object:
        number = self.requests
        self.requests += 1
        self._before(number)
        response = cast("Any", super().send(request, **options))
        try:
            self._after(number)
        except Exception:
            response.internal_response.close()
            raise
        return response


def nothing(_: int) -> None:
    """Let the request pass."""


@contextmanager
def watched(
    connection_string: str,
    container: str,
    *,
    before: Callable[[int], None] = nothing,
    after: Callable[[int], None] = nothing,
    retries: int = 0,
) -> Generator[tuple[ContainerClient, WatchedTransport]]:
    """The container over such a connection."""
    transport = WatchedTransport(before, after)
    retry = ExponentialRetry(initial_backoff=0, increment_base=0, retry_total=retries, random_jitter_range=0)
    with ContainerClient.from_connection_string(
        connection_string, container, transport=transport, retry_policy=retry
    ) as client:
        yield client, transport


def die_at(number: int) -> Callable[[int], None]:
    def hook(request: int) -> None:
        if request == number:
            raise ConnectionDied

    return hook


def lose_answer_of(number: int) -> Callable[[int], None]:
    """The store did the work, but its answer never came: what makes a client try again."""

    def hook(request: int) -> None:
        if request == number:
            raise ServiceResponseError("the answer was lost")

    return hook
