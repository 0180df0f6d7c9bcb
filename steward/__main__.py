"""The command line: `python -m steward`."""

import sys

import typer
from rich.console import Console

from steward.app_client import AppRefused, AppUnreachable
from steward.archive.errors import ArchiveError
from steward.commands.certificates import verify_certificate, verify_ledger
from steward.commands.datasets import datasets
from steward.commands.decisions import approve, cancel, reject
from steward.commands.doctor import doctor
from steward.commands.download import download
from steward.commands.erase import erase
from steward.commands.exit_codes import NOT_ASKED
from steward.commands.export import export
from steward.commands.keys import public_key
from steward.commands.requests import requests
from steward.commands.status import status
from steward.commands.verify import verify
from steward.evidence.keys import SigningKeyError
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import LedgerMissing

_APP = "By the app"
_CHECKS = "By the app's settings"
_ARCHIVE = "Straight from the archive's storage"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Custom Vision Steward: ask the app for exports and erasures, and look after an archive.",
)
for command in (export, erase, approve, reject, cancel, status, requests):
    app.command(rich_help_panel=_APP)(command)
app.command(rich_help_panel=_ARCHIVE)(verify)
app.command(rich_help_panel=_ARCHIVE)(download)
app.command(rich_help_panel=_ARCHIVE)(datasets)
app.command(name="public-key", rich_help_panel=_ARCHIVE)(public_key)
app.command(name="verify-certificate", rich_help_panel=_ARCHIVE)(verify_certificate)
app.command(name="verify-ledger", rich_help_panel=_ARCHIVE)(verify_ledger)
app.command(rich_help_panel=_CHECKS)(doctor)

_PUT_RIGHT = (
    *(AppRefused, AppUnreachable, ArchiveError, ChainBroken, LedgerMissing, SigningKeyError),
    *(ValueError, OSError),
)


def main() -> None:
    """Run; what a user can put right is one sentence."""
    try:
        app()
    except _PUT_RIGHT as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(NOT_ASKED)


if __name__ == "__main__":
    main()
