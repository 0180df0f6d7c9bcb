"""Deliveries of signed webhooks on record, so that one that is seen again is known as a replay.

One is written down only once what it asks for is on record, so that whoever could not be answered may send it again. Of two that
come at once both are taken, and ask for the same request.
"""

import contextlib
from datetime import datetime, timedelta

from steward.archive.errors import BlobExists
from steward.archive.store import ArchiveStore
from steward.tickets.signatures import Delivery

# Longer than any signature is believed, by far.
KEPT = timedelta(days=2)


def was_taken(store: ArchiveStore, account: str, delivery: Delivery) -> bool:
    """Raises ArchiveError."""
    return store.find(_blob(account, delivery)) is not None


def record_taken(store: ArchiveStore, account: str, delivery: Delivery) -> None:
    """Raises ArchiveError."""
    with contextlib.suppress(BlobExists):
        store.write(_blob(account, delivery), b"", if_none_match=True)


def forget_deliveries(store: ArchiveStore, account: str, *, now: datetime) -> None:
    """Delete those whose signatures are long too old. Raises ArchiveError."""
    for day in store.children(_prefix(account)):
        if day.rstrip("/") < f"{now - KEPT:%Y-%m-%d}":
            store.delete_under(f"{_prefix(account)}{day}")


def _blob(account: str, delivery: Delivery) -> str:
    return f"{_prefix(account)}{delivery.sent:%Y-%m-%d}/{delivery.digest}"


def _prefix(account: str) -> str:
    return f"{account}/deliveries/"
