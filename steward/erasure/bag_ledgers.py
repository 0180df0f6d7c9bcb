"""What the ledgers of exports say of their bags, and are told: copies that left the archive, redactions."""

import contextlib
from collections.abc import Collection, Iterable

from azure.storage.blob import ContainerClient

from steward.archive.names import BagNames
from steward.archive.redaction import redactions_of
from steward.archive.store import ArchiveStore
from steward.erasure.findings import Download
from steward.ledger.chain import ChainBroken, Event
from steward.ledger.details import DetailsAltered
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import DOWNLOADED, REDACTED


def note_redactions(container: ContainerClient, bag: BagNames) -> None:
    """Let the export's ledger say how its bag was redacted. A bag whose request has no ledger here, or one that cannot be
    believed, says so itself alone: `downloads_of` names the latter."""
    with contextlib.suppress(LedgerMissing, ChainBroken, DetailsAltered):
        ledger = Ledger(container, bag.account, bag.request)
        for redaction in redactions_of(ArchiveStore(container), bag):
            data = {"erasure": redaction.erasure, "old": redaction.old, "new": redaction.new}
            # An erasure that is started again may take more out of the same bag.
            ledger.append(REDACTED, f"{REDACTED}-{redaction.erasure}-{redaction.new[:16]}", data)


def noted_redactions(events: Iterable[Event]) -> dict[str, str]:
    """What an export's ledger says of redactions of its bag: the tagmanifest that each came to, and whose erasure it was."""
    return {event.data["new"]: event.data["erasure"] for event in events if event.type == REDACTED}


def downloads_of(
    container: ContainerClient, account: str, bags: Iterable[str], *, without: Collection[str] = ()
) -> tuple[list[Download], list[str]]:
    """Copies of these bags that left the archive, and the bags of which that is not known, since their ledgers cannot be
    believed. `without`: tagmanifests of which none is told, since those bags held nothing of what was erased: what an
    erasure's own redactions came to."""
    found: list[Download] = []
    unknown: list[str] = []
    for request in bags:
        try:
            events = Ledger(container, account, request).read()
        except LedgerMissing:
            continue
        except ChainBroken:
            unknown.append(request)
            continue
        found += [
            Download(request=request, at=event.at.isoformat(), tagmanifest=event.data["tagmanifest"])
            for event in events
            if event.type == DOWNLOADED and event.data["tagmanifest"] not in without
        ]
    return found, unknown
