"""Once a day: details and plans of requests that ended long ago are deleted; their ledgers and certificates stay.

So are deliveries of webhooks that are too old to be believed again.
"""

import logging
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from steward.accounts import account
from steward.archive.store import ArchiveStore
from steward.ledger.forgetting import Forgotten, forget
from steward.settings import current_settings
from steward.tickets.deliveries import forget_deliveries
from timer_start.accounts import every_account

bp = df.Blueprint()

_log = logging.getLogger(__name__)


class ForgettingIncomplete(Exception):  # noqa: N818 - it names what is found
    """Accounts or requests could not be looked at; the log names each of them."""


@bp.timer_trigger(arg_name="timer", schedule="%FORGET_SCHEDULE%", run_on_startup=False)
def forget_details(timer: func.TimerRequest) -> None:
    """One account after the other. Raises ForgettingIncomplete."""
    keep = timedelta(days=current_settings().details_days)

    def forget_of(name: str) -> int:
        failures, now, container = 0, datetime.now(UTC), account(name).container
        forget_deliveries(ArchiveStore(container), name, now=now)
        for found in forget(container, name, keep=keep, now=now):
            failures += bool(found.error)
            _tell(found)
        return failures

    failures = every_account(timer, forget_of)
    if failures:
        raise ForgettingIncomplete(f"of {failures} accounts or requests not all could be deleted")


def _tell(found: Forgotten) -> None:
    if found.error:
        _log.error("request %s: %s", found.request, found.error)
    else:
        _log.info("request %s: its details and plan are deleted", found.request)
