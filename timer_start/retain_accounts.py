"""The schedule of retention: of every account in which a bag is to go, or of which the last one left something."""

import azure.durable_functions as df
import azure.functions as func

from starting.scheduled import start_retention
from timer_start.accounts import start_every_account

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="%RETENTION_SCHEDULE%", run_on_startup=False)
@bp.durable_client_input(client_name="client")
def retain_accounts(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """Raises NotStarted."""
    start_every_account(timer, client, "retention", start_retention)
