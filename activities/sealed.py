"""Sealed and redacted bags stay as they are: what is delivered a second time, and late, writes nothing more into them."""

import functools
import time

from steward.accounts import account
from steward.archive.bag import is_closed
from steward.archive.names import BagNames

# One request in so many seconds, whatever the number of pages: what is new in the bag trusts it.
_TRUSTED_SECONDS = 10


class BagSealed(Exception):  # noqa: N818 - it names what is found
    """The bag is closed, so this is the late twin of an activity that is done."""


def refuse_when_sealed(account_name: str, request: str) -> None:
    """Raises BagSealed; what it saw some seconds ago is believed."""
    _look(account_name, request, int(time.monotonic() // _TRUSTED_SECONDS))


@functools.lru_cache(maxsize=64)
def _look(account_name: str, request: str, _: int) -> None:
    refuse_when_sealed_now(account_name, request)


def refuse_when_sealed_now(account_name: str, request: str) -> None:
    """Raises BagSealed; for whoever replaces or removes what may have been sealed."""
    if is_closed(account(account_name).store, BagNames(account_name, request)):
        raise BagSealed(f"request {request}: its bag is closed, nothing is written into it any more")
