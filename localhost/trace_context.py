"""W3C trace contexts, as the Functions host hands one to each invocation; the local host makes no spans of its own.

[Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header]
"""

import re
import secrets

_TRACE_PARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace_parent() -> str:
    """The beginning of a trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_parent_of(header: str | None) -> str:
    """The caller's trace, a new one where the caller has none."""
    return header if header and _TRACE_PARENT.fullmatch(header) else new_trace_parent()
