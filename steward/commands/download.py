"""The command that brings a bag to disk."""

import uuid
from pathlib import Path
from typing import Annotated

import typer
from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from steward.archive.bag import find_sealed
from steward.archive.download import download as download_bag
from steward.archive.errors import ArchiveUnavailable
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, connect
from steward.commands.options import Account, AccountUrl, ConnectionString, Container, RequestId
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import DOWNLOADED


def download(
    request: RequestId,
    target: Annotated[Path, typer.Argument(help="A new folder, or that of a download that was stopped.")],
    *,
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
    threads: Annotated[int, typer.Option(min=1, max=64)] = 8,
) -> None:
    """Bring a whole bag to disk."""
    client = connect(container, connection_string=connection_string, account_url=account_url)
    store, bag = ArchiveStore(client), BagNames(account, request)
    if sealed := find_sealed(store, bag):
        _note(client, bag, sealed.tagmanifest)
    columns = (TextColumn("download"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("download", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        result = download_bag(store, bag, target, threads=threads, progress=show)
    Console().print(
        f"{result.files} files, {result.bytes} bytes, {result.reused} of them there already: {target}",
        soft_wrap=True,
    )


def _note(container: ContainerClient, bag: BagNames, tagmanifest: str) -> None:
    """Put on record that a copy leaves the archive, before it does: a later erase names it as residue."""
    data = {"tagmanifest": tagmanifest}
    try:
        Ledger(container, bag.account, bag.request).append(DOWNLOADED, f"{DOWNLOADED}-{uuid.uuid4()}", data)
    except LedgerMissing:
        Console(stderr=True).print("The bag's request has no ledger here, so this copy is on no record.")
    except ArchiveUnavailable as error:
        raise ArchiveUnavailable(f"the download cannot be noted in the request's ledger: {error}") from None
