"""The command that finds what keeps an app from its work."""

import os
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, Field, ValidationError
from rich.console import Console

from steward.app_client import AppClient
from steward.commands.app_options import AppKey, AppUrl, AsJson, Audience, print_json
from steward.commands.exit_codes import WRONG
from steward.commands.saying import say
from steward.doctor.examination import examine
from steward.doctor.findings import Finding


def doctor(
    *,
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Settings as local.settings.json has them; the environment wins. If left out, local.settings.json of this "
            "folder, where there is one.",
        ),
    ] = None,
    exports_only: Annotated[
        bool, typer.Option("--exports-only", help="Nothing is to be erased: do not ask whether it may be.")
    ] = False,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    as_json: AsJson = False,
) -> None:
    """Check settings, roles, store, service and queue, and the app where its address is given; say what to do."""
    environment = {**_values(settings), **os.environ}
    found: list[Finding] = []
    with ExitStack() as stack:
        app = stack.enter_context(AppClient(url, key=key, audience=audience)) if url else None
        for each in examine(environment, erases=not exports_only, app=app):
            found.append(each)
            if not as_json:
                _say(each)
    if as_json:
        print_json([asdict(each) for each in found])
    raise typer.Exit(0 if all(each.ok for each in found) else WRONG)


class _SettingsFile(BaseModel):
    values: Annotated[dict[str, str], Field(alias="Values")]


def _say(each: Finding) -> None:
    console = Console()
    say(console, f"{'ok   ' if each.ok else 'WRONG'}  {each.name}: {each.detail}")
    if each.advice:
        say(console, f"       -> {each.advice}")


def _values(file: Path | None) -> dict[str, str]:
    """Raises ValueError, OSError."""
    if file is None:
        file = Path("local.settings.json")
        if not file.exists():
            return {}
    try:
        return _SettingsFile.model_validate_json(file.read_text(encoding="utf-8-sig")).values
    except ValidationError:
        # Its text quotes what was found.
        raise ValueError(
            f"{file}: expected JSON with Values, an object of texts, as local.settings.sample.json has it"
        ) from None
