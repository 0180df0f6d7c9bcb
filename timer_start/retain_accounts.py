"""The schedule of retention: of every account in which a bag is to go."""

import logging

import azure.durable_functions as df
import azure.functions as func

from starting.scheduled import start_retention
from timer_start.accounts import every_account

bp = df.Blueprint()

_log = logging.getLogger(__name__)


class RetentionNotStarted(Exception):  # noqa: N818 - it names what is found
    """Retention of accounts could not be started; the log names each of them."""


@bp.timer_trigger(arg_name="timer", schedule="%RETENTION_SCHEDULE%", run_on_startup=False)
@bp.durable_client_input(client_name="client")
def retain_accounts(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """One account after the other. Raises RetentionNotStarted."""

    def start(name: str) -> int:
        _log.info("retention of account %s: %s", name, start_retention(client, name))
        return 0

    if failures := every_account(timer, start):
        raise RetentionNotStarted(f"of {failures} accounts")
