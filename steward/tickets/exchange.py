"""One exchange with a system that is to be told something: bounded, never redirected, and told apart by what to do next."""

import contextlib
from collections.abc import Callable, Container, Generator
from functools import partial
from typing import Any, cast

import requests
import requests.auth
import urllib3
import urllib3.exceptions
from pydantic import BaseModel, ValidationError

from steward import VERSION
from steward.connections import Connections
from steward.retry_after import parse_retry_after

# Seconds to connect, and between two pieces of an answer.
TIMEOUT = (5.0, 20.0)
USER_AGENT = {"User-Agent": f"custom-vision-steward/{VERSION}"}
# What is said of a body that will be the same the next time [RFC 9110, 15.5.1, 15.5.11, 15.5.14, 15.5.16]. All the rest is
# said of who asks, of where, or of when: a token is renewed, a page is there again after a deployment.
_NEVER = frozenset({400, 410, 413, 415})
# Of a ticket's comments, or of its work notes.
_LONGEST_ANSWER = 8 * 1024 * 1024
_JSON = {**USER_AGENT, "Accept": "application/json"}
_connections = Connections(4, block=False)


class NotTold(Exception):  # noqa: N818 - it names what happened
    """`code` holds nothing but a word or a status: answers are not kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Untellable(NotTold):
    """It will not be taken, however often it is sent."""


class Unanswered(NotTold):
    """It may be taken later. `retry_after`: seconds that the other side asks for."""

    def __init__(self, code: str, retry_after: float = 0.0) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class Away(Unanswered):
    """Nobody answers there, whatever is sent."""


def call[Answer: BaseModel](
    method: str,
    url: str,
    auth: requests.auth.AuthBase,
    *,
    status: int,
    answer: type[Answer],
    body: Any = None,
) -> Answer:
    """What a ticketing system answers in JSON, with this status and in this form. Raises Untellable, Unanswered."""
    send = partial(_connections.request, method, url, headers=_JSON, json=body, auth=auth)
    found = exchange(send, taken={status}, never=_NEVER if body else (), read=True)
    try:
        return answer.model_validate_json(found)
    except ValidationError:
        # A page for people, such as a sign-on's.
        raise Unanswered("answer-not-understood") from None


def exchange(
    send: Callable[..., requests.Response],
    *,
    taken: Container[int],
    never: Container[int],
    read: bool = False,
) -> bytes:
    """What `send` is answered; nothing unless it is to be read. Raises Untellable, Unanswered.

    `taken`, `never`: the statuses which say that it was taken, and that it never will be.
    """
    with _in_codes():
        response = send(timeout=TIMEOUT, stream=True)
    try:
        _check(response, taken, never)
        return _read(response) if read else b""
    finally:
        # What was not read is not read any more: the connection goes with it.
        response.close()


def _check(response: requests.Response, taken: Container[int], never: Container[int]) -> None:
    status = response.status_code
    if status in taken:
        return
    if status in never:
        raise Untellable(f"http-{status}")
    # A redirect leads where no setting has allowed anything; it may be that of a sign-on page, and gone tomorrow.
    code = "redirected" if 300 <= status < 400 else f"http-{status}"
    raise Unanswered(code, parse_retry_after(response.headers.get("Retry-After")) or 0.0)


def _read(response: requests.Response) -> bytes:
    raw = cast(urllib3.HTTPResponse, response.raw)
    with _in_codes():
        body = raw.read(_LONGEST_ANSWER + 1, decode_content=True)
    if len(body) > _LONGEST_ANSWER:
        raise Unanswered("answer-too-long")
    return body


@contextlib.contextmanager
def _in_codes() -> Generator[None]:
    """The library's errors quote addresses, which may be personal; only what kind they are is kept."""
    try:
        yield
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        # A certificate is renewed sooner or later.
        raise Away("no-secure-connection") from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise Away("no-answer-in-time") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise Away("no-connection") from None
