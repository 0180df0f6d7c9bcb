"""Options of the commands that speak to the deployed app, and what they say of a request."""

import json
import re
from typing import Annotated, Any, BinaryIO, get_args

import typer

from steward.requests_api.contract import read_object
from steward.requests_api.documents import Purpose
from steward.requests_api.problems import InvalidRequest

AppUrl = Annotated[
    str,
    typer.Option(
        "--url", envvar="STEWARD_URL", show_envvar=True, metavar="https://HOST", help="Address of the app."
    ),
]
AppKey = Annotated[
    str,
    typer.Option(
        "--key",
        envvar="STEWARD_KEY",
        show_envvar=True,
        help="Function key. Better in the environment: lists of processes show options.",
    ),
]
Audience = Annotated[
    str,
    typer.Option(
        envvar="STEWARD_AUDIENCE",
        show_envvar=True,
        metavar="api://…",
        help="Where the app has App Service authentication: of the token that it asks for. Whoever is signed in to Azure "
        "is the caller.",
    ),
]
Request = Annotated[str, typer.Argument(help="The request's id.")]
# The app says which of these there are; a Literal here would have to repeat them.
PurposeName = Annotated[str, typer.Option("--purpose", metavar="|".join(get_args(Purpose.__value__)))]
WholeAccount = Annotated[
    bool, typer.Option("--whole-account", help="Scope: everything that the account has.")
]
Projects = Annotated[
    list[str] | None,
    typer.Option(
        "--project",
        metavar="NAME|ID",
        help="Scope: this project, whole. May be repeated; what has a UUID's form is an id.",
    ),
]
ScopeFile = Annotated[
    typer.FileBinaryRead | None,
    typer.Option(
        "--scope",
        metavar="FILE",
        help='Scope: a JSON file with {"projects": …} and selectors, as docs/requests.md has them; - is standard input.',
    ),
]
AccountName = Annotated[
    str, typer.Option("--account", help="Name of the account in the app's settings.", show_default=False)
]
TicketName = Annotated[
    str,
    typer.Option(
        "--ticket",
        metavar="SYSTEM:KEY",
        help="Where the request comes from; the same ticket is the same request.",
    ),
]
IdempotencyKey = Annotated[
    str,
    typer.Option(
        help="The same key is the same request, however often it is asked for. Without it, and without a ticket, each call "
        "is a new one; if its answer is lost, the sentence says with which key to ask again."
    ),
]
Wait = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="Follow the request until it has ended, an erasure until it waits for an approval.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="The document as it is, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing; for scripts.")]

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def read_scope(whole_account: bool, projects: list[str] | None, file: BinaryIO | None) -> Any:
    """The scope as a request document has it. Raises BadParameter."""
    if sum((whole_account, bool(projects), file is not None)) != 1:
        raise typer.BadParameter("expected one of --whole-account, --project and --scope")
    if file is not None:
        try:
            return read_object(file.read())
        except InvalidRequest as error:
            raise typer.BadParameter(str(error), param_hint="--scope") from None
    return (
        "account"
        if whole_account
        else {"projects": [{"id" if _UUID.fullmatch(each) else "name": each} for each in projects or ()]}
    )


def common_fields(account: str, ticket: str) -> dict[str, Any]:
    """Of a request document; what is not said is left out. Raises BadParameter."""
    fields: dict[str, Any] = {"account": account} if account else {}
    if ticket:
        system, colon, key = ticket.partition(":")
        if not (system and colon and key):
            raise typer.BadParameter("expected SYSTEM:KEY, such as jira:PRIV-7", param_hint="--ticket")
        fields["ticket"] = {"system": system, "key": key}
    return fields


def print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
