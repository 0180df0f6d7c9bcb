"""When a call is made again, and after how long."""

import logging

import tenacity

from steward.customvision.errors import CustomVisionError, Throttled

_log = logging.getLogger(__name__)


def retry_policy(
    *, attempts: int = 6, first_wait: float = 0.25, longest_wait: float = 8.0, retry_after_cap: float = 30.0
) -> tenacity.Retrying:
    """A policy, to be called with a function; threads may share it. Waits are seconds.

    Transient errors are tried again after an exponential wait with jitter, or after the wait that the service asks for.
    A wait above `retry_after_cap` is the caller's: `Throttled` is raised at once. With the defaults the waits of six
    attempts add up to about eight seconds.
    """
    backoff = tenacity.wait_exponential_jitter(multiplier=first_wait, max=longest_wait, jitter=first_wait)

    def worth_it(error: BaseException) -> bool:
        if isinstance(error, Throttled) and error.retry_after > retry_after_cap:
            return False
        return isinstance(error, CustomVisionError) and error.transient

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, Throttled) else 0.0
        return max(backoff(state), asked)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(worth_it),
        wait=wait,
        stop=tenacity.stop_after_attempt(attempts),
        before_sleep=tenacity.before_sleep_log(_log, logging.INFO),
        reraise=True,
    )
