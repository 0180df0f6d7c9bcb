"""Following a request: a view that changes on a terminal, a line for each change elsewhere."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import NoReturn

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner

from steward.app_client import AppClient
from steward.commands.app_options import print_json
from steward.commands.exit_codes import code_of
from steward.commands.saying import say
from steward.commands.showing import facts_of, totals_of
from steward.ledger.state import ENDED_STATES, WAITING
from steward.requests_api.answers import RequestDocument

type Until = Callable[[RequestDocument], bool]


def has_ended(document: RequestDocument) -> bool:
    return document["state"] in ENDED_STATES


def waits_for_approval(document: RequestDocument) -> bool:
    """Whether a person has still to decide."""
    return document["state"] == WAITING and "decision" not in document


def follow(app: AppClient, name: str, until: Until = has_ended) -> RequestDocument:
    """The request's document once it has ended, or is as `until` says; asked for as often as the app allows."""
    console = Console(stderr=True)
    shown = ""
    with ExitStack() as stack:
        # Where nobody sees it change, a live view would print its last state alone.
        live = stack.enter_context(Live(console=console, transient=True)) if console.is_terminal else None
        while True:
            document, wait = app.request(name)
            if until(document) or has_ended(document):
                return document
            if live:
                live.update(_view(document))
            elif (line := _line(document)) != shown:
                say(console, shown := line)
            time.sleep(wait)


def end_with(document: RequestDocument, *, as_json: bool) -> NoReturn:
    """Say what came of the request, and exit with its code."""
    if as_json:
        print_json(document)
    else:
        console = Console()
        console.print(facts_of(document))
        if totals := totals_of(document):
            console.print(totals)
    raise typer.Exit(code_of(document))


def _view(document: RequestDocument) -> RenderableType:
    progress = document.get("progress", {})
    counted = progress.get("items") or progress.get("projects")
    if counted and counted["total"]:
        bar: RenderableType = ProgressBar(counted["total"], min(counted["done"], counted["total"]), width=60)
    else:
        bar = Spinner("dots")
    return Group(facts_of(document), bar)


def _line(document: RequestDocument) -> str:
    """What is worth a line of its own in a log: the state and the phase, not each count."""
    behind = f" behind {document['behind']}" if "behind" in document else ""
    return f"{document['id']}: {document['state']}{behind}" + (
        f", {document['phase']}" if "phase" in document and document["phase"] != document["state"] else ""
    )
