"""The command that lists requests."""

from typing import Annotated, get_args

import typer
from rich.console import Console

from steward.app_client import AppClient
from steward.commands.app_options import AppKey, AppUrl, AsJson, Audience, print_json
from steward.commands.saying import say
from steward.commands.showing import list_of
from steward.requests_api.answers import RequestSummary
from steward.requests_api.identity import Kind
from steward.requests_api.listing import MOST

_WIDTH = 180


def requests(
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    state: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    kind: Annotated[str, typer.Option(metavar="|".join(get_args(Kind.__value__)))] = "",
    account: Annotated[str, typer.Option(help="Name of an account in the app's settings.")] = "",
    ticket: Annotated[
        str, typer.Option(metavar="SYSTEM[:KEY]", help="Of this ticket, or this ticketing system.")
    ] = "",
    accepted_from: Annotated[
        str, typer.Option(metavar="TIME", help="With its offset: 2026-01-31T00:00:00Z.")
    ] = "",
    accepted_to: Annotated[str, typer.Option(metavar="TIME", help="Before then.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List requests, the newest first."""
    system, _, ticket_key = ticket.partition(":")
    query = {
        "state": ",".join(state or ()),
        "kind": kind,
        "account": account,
        "ticketSystem": system,
        "ticketKey": ticket_key,
        "acceptedFrom": accepted_from,
        "acceptedTo": accepted_to,
    }
    with AppClient(url, key=key, audience=audience) as app:
        found, more = _read(app, {name: value for name, value in query.items() if value}, limit)
    if as_json:
        print_json(found)
        return
    # A line a request, which a narrow terminal may break: an id is copied, and other programs read lines.
    console = Console()
    Console(width=max(console.width, _WIDTH)).print(list_of(found))
    if more:
        say(Console(stderr=True), "There are more: raise --limit, or narrow it.")


def _read(app: AppClient, query: dict[str, str], limit: int) -> tuple[list[RequestSummary], bool]:
    """Page by page, and whether there are more."""
    found: list[RequestSummary] = []
    continuation = ""
    while True:
        asked = {**query, "limit": str(min(limit - len(found), MOST))}
        page = app.requests({**asked, **({"continuation": continuation} if continuation else {})})
        found += page["requests"]
        continuation = page.get("continuation", "")
        if len(found) >= limit or not continuation:
            return found, bool(continuation)
