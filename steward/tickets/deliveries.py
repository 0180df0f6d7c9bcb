"""Deliveries of signed webhooks on record, so that one that is seen again is known as a replay."""

import secrets
from datetime import datetime, timedelta

from steward.archive.errors import BlobExists
from steward.archive.store import ArchiveStore
from steward.tickets.signatures import Delivery

# Longer than any signature is believed, by far.
KEPT = timedelta(days=2)


def is_first(store: ArchiveStore, account: str, delivery: Delivery) -> bool:
    """Put it on record, and say whether it was not there. Raises ArchiveError."""
    name = f"{_prefix(account)}{delivery.sent:%Y-%m-%d}/{delivery.digest}"
    # The storage library tries again where an answer was lost, and then finds what it wrote itself.
    token = secrets.token_bytes(16)
    try:
        store.write(name, token, if_none_match=True)
    except BlobExists:
        return store.read(name) == token
    return True


def forget_deliveries(store: ArchiveStore, account: str, *, now: datetime) -> None:
    """Delete those whose signatures are long too old. Raises ArchiveError."""
    for day in store.children(_prefix(account)):
        if day.rstrip("/") < f"{now - KEPT:%Y-%m-%d}":
            store.delete_under(f"{_prefix(account)}{day}")


def _prefix(account: str) -> str:
    return f"{account}/deliveries/"
