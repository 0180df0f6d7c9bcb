"""The schedule of exports: every account whole; only what is new is moved, since pictures are stored once."""

import azure.durable_functions as df
import azure.functions as func

from starting.scheduled import start_export
from timer_start.accounts import start_every_account

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="%EXPORT_SCHEDULE%", run_on_startup=False)
@bp.durable_client_input(client_name="client")
def export_accounts(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """Raises NotStarted."""
    start_every_account(timer, client, "export", start_export)
