"""A span a function: what started it, how it ended, and of which trace it is a part.

Attributes are made of a few fields by name, and of numbers. Texts of exceptions, addresses and bodies are never among them.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from steward.telemetry import SCOPE

_TRACER = trace.get_tracer(SCOPE)
_PROPAGATOR = TraceContextTextMapPropagator()
# Ids, and words of ours.
_OF_PAYLOADS = ("account", "request", "project", "iteration", "kind", "reading", "page", "phase")
# Codes are one word; whatever is longer is none.
_LONGEST_CODE = 64


def traced(work: Callable[..., Any], name: str, parameter: str) -> Callable[..., Any]:
    """The function with a span around it; `parameter` takes what triggers it.

    The worker attaches no trace context before it runs a function that is not async: it hands the invocation's context to a
    parameter named `context`, and the signature has to have one.
    """

    @functools.wraps(work)
    def spanned(*, context: Any, **arguments: Any) -> Any:
        with _TRACER.start_as_current_span(
            name, _parent(context), record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attributes(_attributes(arguments.get(parameter)))
            try:
                returned = work(**arguments)
            except BaseException as error:
                _fail(span, type(error).__name__)
                raise
            _tell_result(span, returned)
            return returned

    signature = inspect.signature(work)
    invocation = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY)
    setattr(  # noqa: B010 - a function's type has no such attribute
        spanned, "__signature__", signature.replace(parameters=[*signature.parameters.values(), invocation])
    )
    return spanned


def _parent(invocation: Any) -> Context:
    given = invocation.trace_context
    carrier = {"traceparent": given.trace_parent or "", "tracestate": given.trace_state or ""}
    return _PROPAGATOR.extract(carrier, Context())


def _attributes(payload: object) -> dict[str, str | int]:
    """Of an activity's payload; what triggers the other functions is not looked at."""
    if not isinstance(payload, dict):
        return {}
    fields = cast("dict[str, object]", payload)
    return {
        f"steward.{name}": value for name in _OF_PAYLOADS if isinstance(value := fields.get(name), str | int)
    }


def _tell_result(span: Span, returned: Any) -> None:
    status = getattr(returned, "status_code", None)
    if isinstance(status, int):
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            _fail(span, str(status))
    if not isinstance(returned, Mapping):
        return
    result = cast("Mapping[str, Any]", returned)
    for name, value in result.items():
        if isinstance(value, int | float):
            span.set_attribute(f"steward.{name}", value)
    if fault := result.get("fault"):
        _fail(span, str(fault["code"]))


def _fail(span: Span, code: str) -> None:
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", code if len(code) <= _LONGEST_CODE and code.isidentifier() else "fault")
