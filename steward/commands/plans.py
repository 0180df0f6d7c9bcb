"""Reading a plan before something is done about it, and asking the person who does it."""

import sys

import typer
from rich.console import Console

from steward.app_client import AppClient
from steward.commands.showing import say_plan


def plan_of(app: AppClient, request: str, expected: str) -> str:
    """The hash of the request's plan, after it was shown. Raises BadParameter where it is another than the expected one."""
    document, _ = app.request(request)
    plan = say_plan(Console(stderr=True), app, document)
    if plan is None:
        raise typer.BadParameter(f"request {request} has no plan; its state is {document['state']}")
    if expected and expected != plan["hash"]:
        raise typer.BadParameter(
            f"is not the hash of the plan of {request}; read that plan again", param_hint="--plan-hash"
        )
    return plan["hash"]


def confirm(question: str) -> None:
    """Raises Abort where the answer is no, BadParameter where nobody is there to ask."""
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to be asked; say it all by options, --help names them")
    typer.confirm(question, abort=True, err=True)
