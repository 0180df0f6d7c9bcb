"""Once a day: the engine's histories of orchestrations that began long ago and have ended are deleted; the ledgers stay."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
from durabletask.client import OrchestrationStatus

from steward.settings import current_settings

bp = df.Blueprint()

_log = logging.getLogger(__name__)

_ENDED = [OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED]
# Each slice is twice as long as the one after it: of an app that forgets every day only the last ones hold anything, and ten
# years are a dozen calls.
_FIRST_SLICE = timedelta(days=1)
_SLICES = 12


@bp.timer_trigger(arg_name="timer", schedule="%FORGET_SCHEDULE%", run_on_startup=False)
@bp.durable_client_input(client_name="client")
def forget_histories(timer: func.TimerRequest, client: df.SyncDurableFunctionsClient) -> None:
    """Of instances that have ended; a request that has not, and whose instance is gone, is started again by the reconciler."""
    if timer.past_due:
        _log.info("this run was past due")
    before = datetime.now(UTC) - timedelta(days=current_settings().details_days)
    for since, until in slices(before):
        purged = client.purge_orchestrations_by(
            created_time_from=since, created_time_to=until, runtime_status=_ENDED
        )
        if purged.deleted_instance_count:
            _log.info("%d histories of instances from before %s", purged.deleted_instance_count, until)


def slices(before: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans of time, the latest first, that reach back ten years."""
    length = _FIRST_SLICE
    for _ in range(_SLICES):
        yield before - length, before
        before, length = before - length, length * 2
