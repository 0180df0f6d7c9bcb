"""The command line: `python -m steward`."""

import sys

import typer
from rich.console import Console

from steward.archive.errors import ArchiveError
from steward.commands.certificates import verify_certificate, verify_ledger
from steward.commands.download import download
from steward.commands.keys import public_key
from steward.commands.verify import verify
from steward.evidence.keys import SigningKeyError
from steward.ledger.chain import ChainBroken
from steward.ledger.ledger import LedgerMissing

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Custom Vision Steward: look after an archive."
)
app.command()(verify)
app.command()(download)
app.command(name="public-key")(public_key)
app.command(name="verify-certificate")(verify_certificate)
app.command(name="verify-ledger")(verify_ledger)


def main() -> None:
    """Run; what a user can put right is one sentence."""
    try:
        app()
    except (ArchiveError, ChainBroken, LedgerMissing, SigningKeyError, ValueError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
