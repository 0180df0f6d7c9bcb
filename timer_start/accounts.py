"""Going through all accounts: one that fails keeps nothing from the others."""

import logging
from collections.abc import Callable

import azure.durable_functions as df
import azure.functions as func

from steward.settings import current_settings

_log = logging.getLogger(__name__)


class NotStarted(Exception):  # noqa: N818 - it names what is found
    """Requests of accounts could not be started; the log names each of them."""


def start_every_account(
    timer: func.TimerRequest,
    client: df.SyncDurableFunctionsClient,
    what: str,
    start: Callable[[df.SyncDurableFunctionsClient, str], str],
) -> None:
    """One account after the other; what is on record is started by the reconciler too. Raises NotStarted."""

    def start_one(name: str) -> int:
        _log.info("%s of account %s: %s", what, name, start(client, name))
        return 0

    if failures := every_account(timer, start_one):
        raise NotStarted(f"{what} of {failures} accounts")


def every_account(timer: func.TimerRequest, work: Callable[[str], int]) -> int:
    """How many accounts failed, or requests of others by what `work` counts; the log names each account."""
    if timer.past_due:
        _log.info("this run was past due")
    failures = 0
    for name in current_settings().accounts:
        try:
            failures += work(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this account's alone
            # By its type: texts of foreign libraries may quote what was signed.
            _log.error("account %s: %s", name, type(error).__name__)
            failures += 1
    return failures
