"""The command that proves a bag where it stands."""

from pathlib import Path
from typing import Annotated

import typer
from azure.storage.blob import ContainerClient
from rich.console import Console

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, connect
from steward.archive.verify import verify as verify_bag
from steward.commands.options import Account, AccountUrl, ConnectionString, Container, RequestId, TrustedKeys
from steward.commands.saying import say
from steward.erasure.bag_ledgers import noted_redactions
from steward.evidence.bags import check_bag
from steward.evidence.keys import load_public_keys
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import Ledger, LedgerMissing


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
    say(console, *problems)
    if unnamed := found.found - len(found.problems):
        say(console, f"… and {unnamed} more")
    if problems:
        raise typer.Exit(1)
    what = "every byte read" if deep else "digests compared"
    say(console, f"{found.files} files, {found.bytes} bytes: {what}; {signature}")


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
