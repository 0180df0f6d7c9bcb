"""What the ledgers of exports say of their bags, and are told: copies that left the archive, redactions."""

from collections.abc import Collection, Iterable

from azure.storage.blob import ContainerClient

from steward.archive.names import BagNames
from steward.archive.redaction import redactions_of
from steward.archive.store import ArchiveStore
from steward.erasure.findings import Download
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import REDACTED

DOWNLOADED = "downloaded"


def note_redactions(container: ContainerClient, bag: BagNames) -> None:
    """Let the export's ledger say how its bag was redacted; a bag whose request has no ledger here says so itself alone."""
    ledger = Ledger(container, bag.account, bag.request)
    for redaction in redactions_of(ArchiveStore(container), bag):
        data = {"erasure": redaction.erasure, "old": redaction.old, "new": redaction.new}
        try:
            ledger.append(REDACTED, f"redacted-{redaction.erasure}", data)
        except LedgerMissing:
            return


def downloads_of(
    container: ContainerClient, account: str, bags: Iterable[str], *, without: Collection[str] = ()
) -> list[Download]:
    """Copies of these bags that left the archive. `without`: tagmanifests of which none is told, since those bags held
    nothing of what was erased: what an erasure's own redactions came to. Raises ChainBroken."""
    found: list[Download] = []
    for request in bags:
        try:
            events = Ledger(container, account, request).read()
        except LedgerMissing:
            continue
        found += [
            Download(request=request, at=event.at.isoformat(), tagmanifest=event.data["tagmanifest"])
            for event in events
            if event.type == DOWNLOADED and event.data["tagmanifest"] not in without
        ]
    return found
