"""The schedule of exports: every account whole; only what is new is moved, since pictures are stored once."""

import logging

import azure.durable_functions as df
import azure.functions as func

from starting.scheduled import start_export
from timer_start.accounts import every_account

bp = df.Blueprint()

_log = logging.getLogger(__name__)


class ExportsNotStarted(Exception):  # noqa: N818 - it names what is found
    """Exports of accounts could not be started; the log names each of them."""


@bp.timer_trigger(arg_name="timer", schedule="%EXPORT_SCHEDULE%", run_on_startup=False)
@bp.durable_client_input(client_name="client")
def export_accounts(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """One account after the other; what is on record is started by the reconciler too. Raises ExportsNotStarted."""

    def start(name: str) -> int:
        _log.info("export of account %s: %s", name, start_export(client, name))
        return 0

    if failures := every_account(timer, start):
        raise ExportsNotStarted(f"of {failures} accounts")
