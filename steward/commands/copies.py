"""Copies of bags that leave the archive are on record."""

import uuid

from azure.storage.blob import ContainerClient
from rich.console import Console

from steward.archive.errors import ArchiveUnavailable
from steward.archive.names import BagNames
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import DOWNLOADED


def note_copy(container: ContainerClient, bag: BagNames, tagmanifest: str) -> None:
    """Before it is made: a later erase names it as residue."""
    data = {"tagmanifest": tagmanifest}
    try:
        Ledger(container, bag.account, bag.request).append(DOWNLOADED, f"{DOWNLOADED}-{uuid.uuid4()}", data)
    except LedgerMissing:
        Console(stderr=True).print("The bag's request has no ledger here, so this copy is on no record.")
    except ArchiveUnavailable as error:
        raise ArchiveUnavailable(f"the copy cannot be noted in the request's ledger: {error}") from None
