"""The command that brings a bag to disk, with pages that show it; as a folder, or as one zip file to hand over."""

import shutil
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn

from steward.archive import manifest
from steward.archive.bag import find_sealed
from steward.archive.download import TargetOccupied
from steward.archive.download import download as download_bag
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, connect
from steward.bag_pages.making import FIRST, make_pages, pages_beside
from steward.bag_pages.page_folder import check_free
from steward.bag_pages.zipping import write_zip
from steward.commands.copies import note_copy
from steward.commands.options import Account, AccountUrl, ConnectionString, Container, RequestId
from steward.commands.progress import progress_bar
from steward.commands.saying import say

_README = """To look at what is here, open {begin} in a web browser.

The folder bag holds the files themselves: a BagIt bag (RFC 8493).
"""


def download(
    request: RequestId,
    target: Annotated[
        Path,
        typer.Argument(
            help="A new folder, or that of a download that was stopped; with --zip a file that is not there yet."
        ),
    ],
    *,
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
    threads: Annotated[int, typer.Option(min=1, max=64)] = 8,
    pages: Annotated[
        bool, typer.Option(help="Make pages to look at it in a browser, in the folder TARGET-pages.")
    ] = True,
    zipped: Annotated[
        bool, typer.Option("--zip", help="Make one zip file with the bag and its pages.")
    ] = False,
) -> None:
    """Bring a whole bag to disk."""
    client = connect(container, connection_string=connection_string, account_url=account_url)
    store, bag = ArchiveStore(client), BagNames(account, request)
    folder = _unfinished(target, bag) / bag.request / "bag" if zipped else target
    if pages:
        check_free(pages_beside(folder))
    if sealed := find_sealed(store, bag):
        note_copy(client, bag, sealed.tagmanifest)
    with progress_bar("download", DownloadColumn()) as progress:
        result = download_bag(store, bag, folder, threads=threads, progress=progress)
    if pages:
        with progress_bar("pages", DownloadColumn()) as progress:
            make_pages(folder, pages_beside(folder), progress)
    if zipped:
        _zip(target, folder)
    console = Console()
    say(
        console,
        f"{result.files} files, {result.bytes} bytes, {result.reused} of them there already: {target}",
    )
    if pages and not zipped:
        say(console, f"to look at it, open {pages_beside(folder) / FIRST}")


def _unfinished(target: Path, bag: BagNames) -> Path:
    """Where a zip file is made ready: beside it, and gone once it is there."""
    if target.exists():
        raise TargetOccupied(f"{target}: expected a file that is not there yet")
    folder = target.with_name(target.name + ".unfinished")
    if folder.exists() and any(each.name != bag.request for each in folder.iterdir()):
        raise TargetOccupied(f"{folder}: expected no such folder, or an unfinished download of this bag")
    return folder


def _zip(target: Path, folder: Path) -> None:
    staging = folder.parent.parent
    begin = pages_beside(folder) / FIRST
    if begin.is_file():
        text = _README.format(begin=f"{begin.parent.name}/{begin.name}")
        (folder.parent / "README.txt").write_text(text)
    info = manifest.parse_bag_info((folder / manifest.BAG_INFO).read_bytes())
    part = target.with_name(target.name + ".part")
    with progress_bar("zip", DownloadColumn()) as progress:
        write_zip(staging, part, date.fromisoformat(info["Bagging-Date"]), progress)
    # First: a zip file that is there leaves no second copy of it behind, wherever this is stopped.
    shutil.rmtree(staging)
    part.replace(target)
