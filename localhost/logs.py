"""Logs: one readable line an event, on stderr."""

import logging
import sys
import time

from localhost.host_json import LOG_LEVELS

# The worker logs every failed invocation with its stack trace; the host says the same in one line.
WORKER_LOGGER = "azure.functions"
NOISY = (
    "azure.core",
    "azure.durable_functions",
    "azure.identity",
    "azure.storage",
    "asyncio",
    "durabletask",
    "urllib3",
    "uvicorn",
)


class _Line(logging.Formatter):
    converter = time.gmtime

    def __init__(self, *, traces: bool) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)-8s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and not self._traces:
            error = record.exc_info[1]
            record = logging.makeLogRecord(
                record.__dict__ | {"exc_info": None, "exc_text": None, "stack_info": None}
            )
            line = super().format(record)
            return f"{line}: {type(error).__name__}: {error}".replace("\n", " | ")
        return super().format(record).replace("\n", "\n    " if self._traces else " | ")


def configure_logs(level: str = "Information") -> None:
    """Send every logger's lines to stderr; stack traces are shown from level Debug on.

    Must be called before the app is indexed: indexing logs, which would install a handler of its own.
    """
    number = logging.getLevelNamesMapping()[LOG_LEVELS[level]]
    traces = number <= logging.DEBUG
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(traces=traces))
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    if not traces:
        logging.getLogger(WORKER_LOGGER).setLevel(logging.CRITICAL)
