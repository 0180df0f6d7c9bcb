"""What an activity answers when the service says no: permanent outcomes are data, only what is worth a retry is raised."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from activities.payloads import Fault
from steward.customvision.errors import BudgetUnavailable, CustomVisionError, ServiceError, Throttled

# Seconds. A service that names a later time is asked all the same: a date may be wrong, and a turn is held meanwhile.
LONGEST_WAIT = 900.0


class MayPass(Exception):  # noqa: N818 - it says what is hoped for
    """Worth another try. The engine keeps a type's name and one line, so the line is `code: reason`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault['code']}: {' '.join(fault['reason'].split())}")


def outcome[**P](work: Callable[P, Mapping[str, Any]]) -> Callable[P, Mapping[str, Any]]:
    """Turn a permanent refusal into `{"fault": …}`, and a long pause that the service asks for into `{"wait": seconds}`."""

    @functools.wraps(work)
    def activity(*arguments: P.args, **named: P.kwargs) -> Mapping[str, Any]:
        try:
            return work(*arguments, **named)
        except Throttled as error:
            return {"wait": min(error.retry_after, LONGEST_WAIT)}
        except CustomVisionError as error:
            fault = in_codes(error) if _is_of_erasure([*arguments, *named.values()]) else fault_of(error)
            if is_passing(error):
                raise MayPass(fault) from error
            return {"fault": fault}

    return activity


def _is_of_erasure(payloads: list[Any]) -> bool:
    """By the request's id, which every payload has."""
    return any(
        isinstance(each, dict) and str(cast("dict[str, Any]", each).get("request", "")).startswith("erasure")
        for each in payloads
    )


def in_codes(error: CustomVisionError) -> Fault:
    """Without the service's message: it may hold a name, and an erasure's faults stand in certificates and histories."""
    if not isinstance(error, ServiceError):
        return fault_of(error)
    return Fault(
        code=error.code or type(error).__name__,
        reason=f"{error.operation}: {error.status} {error.code}".rstrip(),
    )


def is_passing(error: CustomVisionError) -> bool:
    """Whether the engine's retries, over minutes, may outlast it."""
    # The client asks a store that fails for its budget not again and again; minutes later it may be back all the same.
    return error.transient or isinstance(error, BudgetUnavailable)


def fault_of(error: CustomVisionError) -> Fault:
    """The service's code where it gave one, and a sentence; the client's texts hold no key and no signature."""
    code = error.code if isinstance(error, ServiceError) else ""
    return Fault(code=code or type(error).__name__, reason=str(error)[:500])
