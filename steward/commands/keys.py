"""The command about the key of signatures."""

from typing import Annotated

import typer

from steward.evidence.keys import load_signer, public_pem


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
