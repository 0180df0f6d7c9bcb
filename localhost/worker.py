"""The real Python worker, azure-functions-runtime: it indexes the app and invokes its functions.

Only here is that library touched. It has no types and keeps its state in its modules: one app a process.
"""

import importlib
import logging
import os
import sys
import traceback
import types
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localhost.functions import Function, is_disabled, read_function
from localhost.misconfigured import Misconfigured
from localhost.trace_context import new_trace_parent

THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
# Sync HTTP, timer and queue functions run in the same pool as sync activities and orchestrator turns.
THREADS_FOR_OTHERS = 8

_LOG = logging.getLogger("localhost")

_runtime: Any = importlib.import_module("azure_functions_runtime")
_handle_event: Any = importlib.import_module("azure_functions_runtime.handle_event")
_native: Any = importlib.import_module("azure_functions_runtime.native_invocation")
_meta: Any = importlib.import_module("azure_functions_runtime.bindings.meta")
Datum: Any = importlib.import_module("azure_functions_runtime.bindings.datumdef").Datum


class InvocationFailed(Exception):  # noqa: N818 - the worker's own words
    """A function raised. `first_line` is "Type: message" as Azure gives it, `stack` the worker's traceback."""

    def __init__(self, shown: str, stack: str) -> None:
        self.first_line = first_line(shown, stack)
        self.stack = stack
        super().__init__(self.first_line)


def first_line(shown: str, stack: str) -> str:
    """The line "Type: message" of a traceback, without further lines of the message; never empty.

    It is the first line after the frames of the last exception, which are indented.
    """
    _, found, last = stack.rpartition("Traceback (most recent call last):\n")
    if found:
        for line in last.splitlines():
            if line and not line[0].isspace():
                return line.strip()
    return shown.strip() or "Exception"


class Worker:
    """One app in the real worker."""

    def __init__(self, functions: Sequence[Function], client_binding: str) -> None:
        self.functions = functions
        self._client_binding = client_binding

    async def invoke(
        self,
        function: Function,
        trigger: Any,
        metadata: Mapping[str, Any] | None = None,
        trace_parent: str = "",
    ) -> Any:
        """Run a function with the datum that triggered it; returns the datum that it returned (type and value).

        `trace_parent`: the W3C trace context that the invocation is part of; a new one where there is none.

        Raises:
            InvocationFailed: the function, or the conversion of its input or output, raised.
        """
        inputs = [(function.parameter, trigger)]
        inputs += [(name, Datum(self._client_binding, "string")) for name in function.clients]
        succeeded, returned, _, shown, stack = await _native.invocation_request_native(
            str(uuid.uuid4()),
            function.function_id,
            inputs,
            dict(metadata or {}),
            trace_parent or new_trace_parent(),
        )
        if not succeeded:
            raise InvocationFailed(shown or "", stack or "")
        return returned

    def stop(self) -> None:
        """Wait for what runs in the worker's threads, and end them."""
        _runtime.stop_threadpool_executor()


def start_worker(app: Path, client_binding: str, threads: int) -> Worker:
    """Index an app and start the worker's thread pool.

    `client_binding` is what durable client parameters get; `threads` is the size of the pool where the setting
    PYTHON_THREADPOOL_THREAD_COUNT does not say otherwise.

    Raises:
        Misconfigured: the app cannot be imported, or the real indexer refuses it.
    """
    # Binding directions are numbers to the indexer; "in" is a keyword, so the class is made by name.
    binding_info = type("BindingInfo", (_Record,), {"in": 0, "out": 1, "inout": 2, "undefined": 0})
    _handle_event.protos = types.SimpleNamespace(
        BindingInfo=binding_info, RpcFunctionMetadata=_Record, RpcRetryOptions=_Record
    )
    said = os.environ.setdefault(THREADS_SETTING, str(threads))
    if said.isdigit() and int(said) < threads:
        _LOG.warning(
            "%s is %s; with fewer than %d threads sync activities may keep orchestrations waiting",
            *(THREADS_SETTING, said, threads),
        )
    os.chdir(app)
    sys.path.insert(0, str(app))
    indexed = _index(app)
    _runtime.start_threadpool_executor()
    return Worker(
        [
            read_function(metadata.name, metadata.function_id, metadata.raw_bindings)
            for metadata in indexed
            if not is_disabled(metadata.name)
        ],
        client_binding,
    )


class _Record:
    """Stands for the worker's protobuf messages: their fields as attributes."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def _index(app: Path) -> list[Any]:
    script = os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not (app / script).exists():
        raise Misconfigured(f"{app} has no {script}.")
    _meta.load_binding_registry()
    try:
        return _handle_event.index_functions(str(app / script), str(app)) or []
    except (Exception, SystemExit) as error:
        raise Misconfigured(f"{script} cannot be loaded: {_say(error, app)}") from error


def _say(error: BaseException, app: Path) -> str:
    """An exception in one line, with the app's own line that it came from."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(app) and "site-packages" not in frame.filename
    ]
    if isinstance(error, SyntaxError) and error.filename:
        place = f" ({Path(error.filename).name}, line {error.lineno})"
    else:
        place = f" ({Path(own[-1].filename).relative_to(app)}, line {own[-1].lineno})" if own else ""
    text = str(error.msg if isinstance(error, SyntaxError) else error) or repr(error)
    # The worker puts the whole sys.path behind the message of an import that failed.
    text = text.partition(" Current sys.path:")[0]
    return f"{type(error).__name__}: {text.strip()}{place}".replace("\n", " ")
