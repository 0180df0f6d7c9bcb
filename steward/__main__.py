"""The command line: `python -m steward`, on an archive's store directly."""

import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer
from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from steward.archive.bag import find_sealed
from steward.archive.download import download as download_bag
from steward.archive.errors import ArchiveError, ArchiveUnavailable
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, connect
from steward.archive.verify import verify as verify_bag
from steward.certificate_commands import verify_certificate, verify_ledger
from steward.command_options import Account, AccountUrl, ConnectionString, Container, RequestId, TrustedKeys
from steward.erasure.bag_ledgers import noted_redactions
from steward.evidence.bags import check_bag
from steward.evidence.keys import SigningKeyError, load_public_keys, load_signer, public_pem
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import DOWNLOADED

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Custom Vision Steward: look after an archive."
)


@app.command()
def verify(
    request: RequestId,
    *,
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
    deep: Annotated[bool, typer.Option("--deep", help="Read and hash every byte.")] = False,
    trusted_key: TrustedKeys = None,
) -> None:
    """Prove a bag where it stands."""
    client = connect(container, connection_string=connection_string, account_url=account_url)
    bag = BagNames(account, request)
    found = verify_bag(ArchiveStore(client), account, request, deep=deep)
    problems, signature = list(found.problems), "signature not checked: no --trusted-key given"
    if trusted_key:
        against, signature = _check_signatures(client, bag, found.tagmanifest, trusted_key)
        problems += against
    console = Console()
    for problem in problems:
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
    if unnamed := found.found - len(found.problems):
        console.print(f"… and {unnamed} more")
    if problems:
        raise typer.Exit(1)
    what = "every byte read" if deep else "digests compared"
    console.print(f"{found.files} files, {found.bytes} bytes: {what}; {signature}", soft_wrap=True)


@app.command()
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


@app.command(name="public-key")
def public_key(
    key: Annotated[
        str,
        typer.Option(
            envvar="EVIDENCE_KEY", show_envvar=True, help="PEM file, or azurekms://… of a Key Vault."
        ),
    ] = "",
) -> None:
    """Print the public key that statements are signed with; keep it apart from the archive."""
    typer.echo(public_pem(load_signer(key).public_key), nl=False)


app.command(name="verify-certificate")(verify_certificate)
app.command(name="verify-ledger")(verify_ledger)


def _note(container: ContainerClient, bag: BagNames, tagmanifest: str) -> None:
    """Put on record that a copy leaves the archive, before it does: a later erase names it as residue."""
    data = {"tagmanifest": tagmanifest}
    try:
        Ledger(container, bag.account, bag.request).append(DOWNLOADED, f"{DOWNLOADED}-{uuid.uuid4()}", data)
    except LedgerMissing:
        Console(stderr=True).print("The bag's request has no ledger here, so this copy is on no record.")
    except ArchiveUnavailable as error:
        raise ArchiveUnavailable(f"the download cannot be noted in the request's ledger: {error}") from None


def _check_signatures(
    container: ContainerClient, bag: BagNames, tagmanifest: str, trusted_key: list[Path]
) -> tuple[list[str], str]:
    """What speaks against the bag's statements, and what can be said of it where nothing does."""
    against, said, redacted = list[str](), "signed by a trusted key", dict[str, str]()
    try:
        redacted = noted_redactions(Ledger(container, bag.account, bag.request).read())
    except LedgerMissing:
        said += "; its request has no ledger here: whether it is as it was before a redaction is not known"
    except ChainBroken as error:
        against.append(f"whether the bag is as it was before a redaction is not known: {error}")
    trusted = load_public_keys(trusted_key)
    if problem := check_bag(ArchiveStore(container), bag, tagmanifest, trusted, redacted):
        against.append(problem)
    return against, said


def main() -> None:
    """Run; what a user can put right is one sentence."""
    try:
        app()
    except (ArchiveError, ChainBroken, LedgerMissing, SigningKeyError, ValueError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
