"""One exchange with a system that is to be told something: bounded, never redirected, and told apart by what to do next."""

import contextlib
from collections.abc import Callable, Generator
from typing import cast

import requests
import urllib3
import urllib3.exceptions

from steward import VERSION
from steward.retry_after import parse_retry_after

# Seconds to connect, and between two pieces of an answer.
TIMEOUT = (5.0, 20.0)
USER_AGENT = {"User-Agent": f"custom-vision-steward/{VERSION}"}
_LONGEST_ANSWER = 64 * 1024
# Of what is below 500, what passes (RFC 9110; 425: RFC 8470; 429: RFC 6585).
_PASSING = {408, 425, 429}


class Refused(Exception):  # noqa: N818 - it names what happened
    """It will not be taken, however often it is sent. `code` holds nothing but a word or a status: answers are not kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unanswered(Exception):  # noqa: N818 - it names what happened
    """It may be taken later. `retry_after`: seconds that the other side asks for."""

    def __init__(self, code: str, retry_after: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


def exchange(send: Callable[[], requests.Response], *, read: bool = False) -> bytes:
    """What `send` is answered; nothing unless it is to be read. Raises Refused, Unanswered."""
    with _in_codes():
        response = send()
    try:
        _check(response)
        return _read(response) if read else b""
    finally:
        # What was not read is not read any more: the connection goes with it.
        response.close()


def _check(response: requests.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if status in _PASSING or status >= 500:
        raise Unanswered(f"http-{status}", parse_retry_after(response.headers.get("Retry-After")) or 0.0)
    # A redirect leads where no setting has allowed anything.
    raise Refused("redirected" if 300 <= status < 400 else f"http-{status}")


def _read(response: requests.Response) -> bytes:
    raw = cast(urllib3.HTTPResponse, response.raw)
    with _in_codes():
        body = raw.read(_LONGEST_ANSWER + 1, decode_content=True)
    if len(body) > _LONGEST_ANSWER:
        raise Refused("answer-too-long")
    return body


@contextlib.contextmanager
def _in_codes() -> Generator[None]:
    """The library's errors quote addresses, which may be personal; only what kind they are is kept."""
    try:
        yield
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        # A certificate is renewed sooner or later.
        raise Unanswered("no-secure-connection") from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise Unanswered("no-answer-in-time") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise Unanswered("no-connection") from None
