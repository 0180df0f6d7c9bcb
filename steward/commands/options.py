"""Options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

RequestId = Annotated[str, typer.Argument(help="The id of the request that made the bag.")]
Account = Annotated[str, typer.Option(help="Name of the account in the settings.")]
Container = Annotated[str, typer.Option(help="Container of the archive.")]
ConnectionString = Annotated[
    str,
    typer.Option(
        envvar="ARCHIVE_STORAGE", show_envvar=True, help="Connection string of the storage account."
    ),
]
AccountUrl = Annotated[
    str,
    typer.Option(help="URL of the storage account, for whoever is signed in to Azure.", metavar="https://…"),
]
TrustedKeys = Annotated[
    list[Path] | None,
    typer.Option(
        "--trusted-key", help="PEM file of a public key, or a folder of them; also checks the signature."
    ),
]
