"""One HTTP exchange: pooled connections, no redirects, bounded bodies, and errors that hold no secret."""

import json
import logging
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, cast

import requests
import requests.auth
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from steward.connections import Connections
from steward.customvision.errors import (
    AnswerTooLarge,
    BadRequest,
    Forbidden,
    MalformedAnswer,
    NotFound,
    RequestTooLong,
    ServiceError,
    ServiceFault,
    Throttled,
    Unauthorized,
    Unreachable,
)
from steward.retry_after import parse_retry_after
from steward.telemetry import counters

_ERROR_BODY_LIMIT = 64 * 1024
_MESSAGE_LENGTH = 500
_SIGNATURE = re.compile(r"(\bsig=)[^&\s\"'<]+", re.IGNORECASE)
_KINDS: dict[int, type[ServiceError]] = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound}

# Its DEBUG lines hold whole addresses, signatures included.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class Answer:
    """An answer whose body has not been read yet."""

    def __init__(self, operation: str, response: requests.Response) -> None:
        self.operation = operation
        self.status = response.status_code
        self.headers: CaseInsensitiveDict[str] = response.headers
        self._raw = cast(urllib3.HTTPResponse, response.raw)

    def read(self, limit: int) -> bytes:
        """The whole body, decoded; raises AnswerTooLarge before more than `limit` bytes are in memory."""
        length = self.length()
        if length is not None and length > limit:
            raise AnswerTooLarge(self.operation, limit)
        with _translated(self.operation):
            # One read for a body of known length: no pieces to join.
            whole = length is not None and "Content-Encoding" not in self.headers
            body = self._raw.read() if whole else self._raw.read(limit + 1, decode_content=True)
        if len(body) > limit:
            raise AnswerTooLarge(self.operation, limit)
        return body

    def chunks(self, size: int) -> Iterator[bytes]:
        """The body as it was sent, in pieces of at most `size` bytes."""
        while True:
            with _translated(self.operation):
                chunk = self._raw.read(size, decode_content=False)
            if not chunk:
                return
            yield chunk

    def length(self) -> int | None:
        """Bytes on the wire, where the answer says so."""
        value = self.headers.get("Content-Length", "")
        return int(value) if value.isdecimal() else None

    def raise_for_status(self, secret: str = "") -> None:
        """Raise the ServiceError that a status outside 200 to 299 stands for; its text never holds `secret`."""
        if 200 <= self.status < 300:
            return
        code, message, gateway = _explanation(self._error_body(), self.headers)
        if secret:
            message = message.replace(secret, "…")
        message = _SIGNATURE.sub(r"\1…", message)[:_MESSAGE_LENGTH]
        raise _service_error(
            self.operation, self.status, code, message, gateway, self.headers.get("Retry-After")
        )

    def _error_body(self) -> bytes:
        try:
            return self.read(_ERROR_BODY_LIMIT)
        except (AnswerTooLarge, MalformedAnswer, Unreachable):
            return b""


class Transport:
    """A pool of connections for many threads; a thread waits where all `pool_size` to one host are in use.

    `timeout`: seconds to connect, and between two pieces of an answer.
    """

    def __init__(self, *, pool_size: int, timeout: tuple[float, float]) -> None:
        self._timeout = timeout
        self._connections = Connections(pool_size, block=True)

    def close(self) -> None:
        self._connections.close()

    @contextmanager
    def open(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: object = None,
        auth: requests.auth.AuthBase | None = None,
    ) -> Generator[Answer]:
        """One attempt. The answer's connection goes back to the pool if its body was read, else it is closed.

        `operation` names the call in errors. Raises Unreachable; `Answer.raise_for_status` is the caller's.
        """
        with _translated(operation):
            response = self._connections.request(
                method, url, headers=headers, json=body, auth=auth, stream=True, timeout=self._timeout
            )
        counters.call_answered(url, response.status_code)
        try:
            yield Answer(operation, response)
        finally:
            response.close()


@contextmanager
def _translated(operation: str) -> Generator[None]:
    """Library errors as ours. Their texts hold addresses with signatures, so only their kind is kept."""
    try:
        yield
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        raise Unreachable(
            f"{operation}: no secure connection (certificate or protocol)", transient=False
        ) from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise Unreachable(f"{operation}: no answer in time") from None
    except requests.ConnectionError as error:
        raise Unreachable(f"{operation}: no connection ({_cause(error)})") from None
    except urllib3.exceptions.HTTPError as error:
        raise MalformedAnswer(f"{operation}: the answer was cut short ({type(error).__name__})") from None
    except requests.RequestException as error:
        raise Unreachable(f"{operation}: not a call ({type(error).__name__})", transient=False) from None


def _cause(error: requests.ConnectionError) -> str:
    """Why there was no connection, as the innermost library names it: NewConnectionError, NameResolutionError, …"""
    inner = error.args[0] if error.args else error
    return type(getattr(inner, "reason", inner)).__name__


def _explanation(body: bytes, headers: Mapping[str, str]) -> tuple[str, str, bool]:
    """Code and message of a refusal, and whether the gateway gave it.

    The service answers `{"code", "message"}` (v1.2: `Code`, `Message`), the gateway before it `{"error": {…}}`, and
    storage a header.
    """
    try:
        found: Any = json.loads(body)
    except ValueError:
        return headers.get("x-ms-error-code", ""), "", True
    if not isinstance(found, dict):
        return "", "", True
    answer = cast(dict[str, Any], found)
    gateway = isinstance(answer.get("error"), dict)
    fields: dict[str, Any] = answer["error"] if gateway else answer
    lower = {name.lower(): value for name, value in fields.items()}
    return str(lower.get("code") or ""), str(lower.get("message") or ""), gateway or "code" not in lower


def _service_error(
    operation: str, status: int, code: str, message: str, gateway: bool, retry_after: str | None
) -> ServiceError:
    if 300 <= status < 400:
        return ServiceError(operation, status, "Redirected", "redirects are never followed", gateway=True)
    if status == 429 or (status == 503 and retry_after):
        wait = parse_retry_after(retry_after)
        return Throttled(
            operation, status, code, message, retry_after=1.0 if wait is None else wait, gateway=gateway
        )
    if status == 408 or status >= 500:
        return ServiceFault(operation, status, code, message, gateway=gateway)
    if status in {413, 414, 431}:
        return RequestTooLong(operation, status, code, message, gateway=gateway)
    return _KINDS.get(status, ServiceError)(operation, status, code, message, gateway=gateway)


class Connected:
    """Whoever has a transport of its own; as a context manager it closes the connections."""

    _transport: Transport

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()
