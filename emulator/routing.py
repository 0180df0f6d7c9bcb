"""Which operation a path means: both APIs, any of their versions, `training` in any case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import compile_path

from emulator.errors import GatewayError
from emulator.operation import Operation
from emulator.operations import OPERATIONS

# Docs write `Training`, the OpenAPI files `training` (reference 1.1).
_BASE = re.compile(r"/customvision/v([^/]+)/(training|prediction)(/.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    operation: Operation
    version: str
    # As they were written; publishedName is no id but a name.
    ids: Mapping[str, str]


def match(method: str, path: str) -> Match:
    """The operation and the path's ids. Raises GatewayError, 404."""
    base = _BASE.fullmatch(path)
    if base:
        version, api, rest = base[1].lower(), base[2].lower(), base[3]
        for pattern, operation in _PATTERNS.get((api, method), ()):
            found = pattern.match(rest)
            if found and version in operation.versions:
                return Match(operation, version, found.groupdict())
        raise GatewayError(404, f"Resource not found: v{version} has no {method} {rest} here.")
    raise GatewayError(404, "Resource not found")


def _compile() -> dict[tuple[str, str], Sequence[tuple[re.Pattern[str], Operation]]]:
    patterns: dict[tuple[str, str], list[tuple[re.Pattern[str], Operation]]] = {}
    for operation in OPERATIONS:
        row = (compile_path(operation.path)[0], operation)
        patterns.setdefault((operation.api, operation.method), []).append(row)
    return dict(patterns)


_PATTERNS = _compile()
