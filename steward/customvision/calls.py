"""API calls that answer with JSON: signed, counted, tried again, and checked against the shape they must have."""

import functools
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, cast
from urllib.parse import quote, urlencode, urlsplit

import pydantic
import tenacity
from azure.core.credentials import TokenCredential

from steward.connections import LOOPBACK
from steward.customvision.credentials import TrainingKey, auth_of, secret_of
from steward.customvision.errors import InvalidArgument, MalformedAnswer
from steward.customvision.transport import Answer, Transport

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "custom-vision-steward"}


class Budget(Protocol):
    """Gives leave for one call; blocks until there is."""

    def acquire(self) -> None: ...


class Calls:
    """Calls to one endpoint with its credentials, which go nowhere else.

    `deleting_credential`: who makes a DELETE, where that is somebody else: nothing else that is called can take anything away.

    `answer_limit`: bytes of an answer that may be in memory, unless a call says another limit.
    """

    def __init__(
        self,
        endpoint: str,
        credential: TrainingKey | TokenCredential,
        *,
        deleting_credential: TokenCredential | None = None,
        scope: str,
        budget: Budget | None,
        transport: Transport,
        retrying: tenacity.Retrying,
        answer_limit: int,
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise InvalidArgument("endpoint: expected https://HOST (http only for this machine)")
        self._endpoint = endpoint.rstrip("/")
        self._auth = auth_of(credential, scope)
        self._deleting_auth = auth_of(deleting_credential, scope) if deleting_credential else self._auth
        self._secret = secret_of(credential)
        self._budget = budget
        self._transport = transport
        self._retrying = retrying
        self._answer_limit = answer_limit

    def read[T](
        self,
        shape: type[T],
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        body: object = None,
        limit: int | None = None,
    ) -> T:
        """The answer of a GET, or of a POST where there is a `body`; retried while that is worth it."""
        return self._retrying(self._read_once, shape, path, query or {}, body, limit or self._answer_limit)

    def delete(self, path: str, query: Mapping[str, object] | None = None) -> int:
        """The status of a DELETE: 200, 202 or 204."""
        return self._retrying(self._delete_once, path, query or {})

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        *,
        body: object = None,
        accept_encoded: bool = True,
    ) -> Generator[Answer]:
        """One attempt, one place of the budget; raises the ServiceError of a refusal."""
        operation = f"{method} {path}"
        headers = _HEADERS if accept_encoded else {**_HEADERS, "Accept": "*/*", "Accept-Encoding": "identity"}
        url = f"{self._endpoint}/{path}"
        if query:
            url += "?" + encode_query(query)
        if self._budget is not None:
            self._budget.acquire()
        auth = self._deleting_auth if method == "DELETE" else self._auth
        with self._transport.open(operation, method, url, headers=headers, body=body, auth=auth) as answer:
            answer.raise_for_status(self._secret)
            yield answer

    def _read_once[T](
        self, shape: type[T], path: str, query: Mapping[str, object], body: object, limit: int
    ) -> T:
        with self.open("GET" if body is None else "POST", path, query, body=body) as answer:
            return checked(answer.operation, answer.read(limit), shape)

    def _delete_once(self, path: str, query: Mapping[str, object]) -> int:
        with self.open("DELETE", path, query) as answer:
            # Read, so that the connection can be used again.
            answer.read(self._answer_limit)
            return answer.status


def checked[T](operation: str, body: bytes, shape: type[T]) -> T:
    """The JSON of an answer just as it came, once it is known to have the shape; raises MalformedAnswer."""
    try:
        found = json.loads(body, parse_constant=_refuse_constant)
    except ValueError:
        raise MalformedAnswer(f"{operation}: the answer is not JSON ({len(body)} bytes)") from None
    try:
        _validator(shape).validate_python(found, strict=True)
    except pydantic.ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MalformedAnswer(f"{operation}: the answer's {place or 'body'}: {first['msg']}") from None
    return found


@functools.cache
def _validator(shape: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(shape)


def encode_query(query: Mapping[str, object]) -> str:
    """None is left out; lists are joined with bare commas, as the official clients do: a batch of ids stays short."""
    return urlencode(
        {name: _text(value) for name, value in query.items() if value is not None}, safe=",", quote_via=quote
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(cast(list[str], value)) if isinstance(value, list) else str(value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
