"""Who was given a link to a bag's payload or to a plan, in the request's ledger: a later erase names copies that left."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from steward.ledger.ledger import Ledger
from steward.ledger.state import DOWNLOADED, PLAN_READ
from steward.request_files.naming import RequestFile
from steward.request_files.signed_links import LIFETIME

# A ledger takes 50,000 events at most (blocks of an append blob), and each is read with all others.
NAMED = 1000


def note_link(
    ledger: Ledger, file: RequestFile, *, by: Mapping[str, Any], now: datetime | None = None
) -> None:
    """Before it is given. The same caller with the same file is one event while the first link lives; after 1,000 events
    the file is not named any more, and a caller is one event a day. Raises ArchiveError, ChainBroken."""
    if not (file.is_payload or file.is_of_plan):
        return
    now = now or datetime.now(UTC)
    kind = DOWNLOADED if file.is_payload else PLAN_READ
    said: dict[str, Any] = {"by": dict(by)}
    if file.is_payload:
        said["tagmanifest"] = file.tagmanifest
    if sum(event.type in {DOWNLOADED, PLAN_READ} for event in ledger.read()) < NAMED:
        said["file"] = file.name
        period = f"{now.timestamp() // LIFETIME.total_seconds():.0f}"
    else:
        period = f"{now:%Y-%m-%d}"
    digest = hashlib.sha256(json.dumps([said, period], sort_keys=True).encode()).hexdigest()
    ledger.append(kind, f"{kind}-{digest[:32]}", said)
