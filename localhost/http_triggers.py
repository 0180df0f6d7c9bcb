"""HTTP triggers: routes, methods, auth levels, and the worker's own request and response."""

import logging
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localhost.functions import HTTP, Function
from localhost.keys import Keys
from localhost.misconfigured import Misconfigured
from localhost.settings import resolve
from localhost.trace_context import trace_parent_of
from localhost.worker import Datum, InvocationFailed, Worker

_LOG = logging.getLogger("localhost.http")
ALL_METHODS = ("GET", "POST", "DELETE", "HEAD", "PATCH", "PUT", "OPTIONS")
RESERVED = ("admin", "runtime")


@dataclass(frozen=True)
class _Endpoint:
    function: Function
    path: str
    methods: tuple[str, ...]

    @property
    def shape(self) -> str:
        """The path with its parameters' names left out: two of one shape take the same requests."""
        return re.sub(r"\{[^}]*\}", "{}", self.path).lower()


def http_routes(functions: Iterable[Function], prefix: str, worker: Worker, keys: Keys) -> list[Route]:
    """A route a function with an HTTP trigger, the more literal ones first.

    Raises:
        Misconfigured: a template that cannot be served, or a route that two functions claim.
    """
    endpoints = [_endpoint(function, prefix) for function in functions if function.is_triggered_by(HTTP)]
    _refuse_duplicates(endpoints)
    routes: list[Route] = []
    for endpoint in sorted(endpoints, key=_literals_first):
        route = Route(endpoint.path, _handler(endpoint.function, worker, keys))
        # Exactly these methods (starlette adds HEAD to GET), and letters of any case and line ends too, as ASP.NET routes.
        route.methods = set(endpoint.methods)
        route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE | re.DOTALL)
        routes.append(route)
    return routes


def given_key(request: Request) -> str | None:
    """The access key of a request: the header x-functions-key, else the query's code."""
    return request.headers.get("x-functions-key") or request.query_params.get("code")


def _endpoint(function: Function, prefix: str) -> _Endpoint:
    where = f"The route of function {function.name}"
    template = resolve(str(function.trigger.get("route") or function.name), where).strip("/")
    for parameter in re.findall(r"\{([^}]*)\}", template):
        if not re.fullmatch(r"\*?[A-Za-z_]\w*", parameter):
            raise Misconfigured(
                f"{where} has the parameter {{{parameter}}}; the local host takes {{name}} and {{*name}}, "
                "without constraints, defaults or question marks."
            )
    path = "/" + "/".join(part for part in (prefix, template) if part)
    if path.split("/")[1].lower() in RESERVED:
        raise Misconfigured(f"{where} begins with {path.split('/')[1]}, which is the host's own.")
    methods = cast(list[str], function.trigger.get("methods") or ALL_METHODS)
    return _Endpoint(
        function, re.sub(r"\{\*(\w+)\}", r"{\1:path}", path), tuple(str(method).upper() for method in methods)
    )


def _literals_first(endpoint: _Endpoint) -> list[tuple[int, str]]:
    return [
        (2 if ":path}" in part else 1 if "{" in part else 0, part)
        for part in endpoint.path.strip("/").split("/")
    ]


def _refuse_duplicates(endpoints: Iterable[_Endpoint]) -> None:
    taken: dict[tuple[str, str], str] = {}
    for endpoint in endpoints:
        for method in endpoint.methods:
            other = taken.setdefault((method, endpoint.shape), endpoint.function.name)
            if other != endpoint.function.name:
                raise Misconfigured(
                    f"Functions {other} and {endpoint.function.name} have the same route: {method} {endpoint.path}."
                )


def _handler(function: Function, worker: Worker, keys: Keys) -> Any:
    level = str(function.trigger.get("authLevel") or "function")

    async def handle(request: Request) -> Response:
        started = time.monotonic()
        response = await answer(request)
        milliseconds = (time.monotonic() - started) * 1000
        # The path only: the query may hold a key.
        _LOG.info("%s %s: %d in %d ms", request.method, _path(request), response.status_code, milliseconds)
        return response

    async def answer(request: Request) -> Response:
        if not keys.allow(level, function.name, given_key(request)):
            return Response(status_code=401)
        try:
            returned = await worker.invoke(
                function,
                await _request_datum(request),
                trace_parent=trace_parent_of(request.headers.get("traceparent")),
            )
        except InvocationFailed as failure:
            _LOG.warning("function %s failed: %s", function.name, failure)
            return Response(status_code=500)
        return _response(returned)

    return handle


async def _request_datum(request: Request) -> Any:
    """A request as the host sends it to the worker (RpcHttp): repeated names joined.

    Empty values of a query are left out; empty headers would be only for a worker that asks for it, which Python's does not
    [azure-functions-host, ToRpcHttp: IgnoreEmptyValuedRpcHttpHeaders].
    """
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(_url(request), "string"),
            "headers": _joined(request.headers.items()),
            "query": _joined((name, value) for name, value in request.query_params.multi_items() if value),
            "params": {name: Datum(str(value), "string") for name, value in request.path_params.items()},
            "body": Datum(await request.body(), "bytes"),
        },
        "http",
    )


def _path(request: Request) -> str:
    """The path as it was sent, escapes and all."""
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")


def _url(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.scheme}://{request.url.netloc}{_path(request)}{query}"


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, str] = {}
    for name, value in pairs:
        separator = "; " if name == "cookie" else ","
        values[name] = f"{values[name]}{separator}{value}" if name in values else value
    return {name: Datum(value, "string") for name, value in values.items()}


def _response(datum: Any) -> Response:
    """What a function returned, as HTTP: its response or its text."""
    if datum.type != "http":
        return Response(datum.value, media_type="text/plain")
    value: Mapping[str, Any] = datum.value
    response = Response(value["body"].value, int(value["status_code"].value))
    for name, header in value["headers"].items():
        # The length is the body's own, and the framing the server's.
        if name.lower() not in {"content-length", "transfer-encoding"}:
            response.headers[name] = header.value
    for cookie in value["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("set-cookie", morsel.OutputString())
    return response
