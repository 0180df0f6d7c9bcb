"""The commands by which people decide about an erasure."""

from typing import Annotated

import typer
from rich.console import Console

from steward.app_client import AppClient
from steward.commands.app_options import AppKey, AppUrl, AsJson, Audience, Request, Yes, print_json
from steward.commands.plans import confirm, plan_of
from steward.commands.showing import facts_of
from steward.requests_api.answers import RequestDocument

PlanHash = Annotated[
    str,
    typer.Option(
        help="The hash of the plan that was read, which is then all that is decided about. If left out, the request's plan is "
        "shown, and you are asked."
    ),
]


def approve(
    request: Request,
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    plan_hash: PlanHash = "",
    as_json: AsJson = False,
) -> None:
    """Approve the plan of an erasure: it is carried out then."""
    with AppClient(url, key=key, audience=audience) as app:
        known = plan_hash or _read(app, request, "Approve this plan? What it names will be erased.")
        _say(app.decide(request, "approve", {"planHash": known}), as_json)


def reject(
    request: Request,
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    plan_hash: PlanHash = "",
    reason: Annotated[
        str, typer.Option(help="Stands in the ledger for good: name the case, not the person.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Reject the plan of an erasure: the request ends with that."""
    with AppClient(url, key=key, audience=audience) as app:
        known = plan_hash or _read(app, request, "Reject this plan?")
        body = {"planHash": known, **({"reason": reason} if reason else {})}
        _say(app.decide(request, "reject", body), as_json)


def cancel(
    request: Request,
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Stop an erasure between two batches; what has gone by then is gone, and its certificate says so."""
    with AppClient(url, key=key, audience=audience) as app:
        if not yes:
            confirm(f"Cancel {request}?")
        _say(app.decide(request, "cancel", {}), as_json)


def _read(app: AppClient, request: str, question: str) -> str:
    """The hash of the plan that was shown to whoever said yes."""
    known = plan_of(app, request, "")
    confirm(question)
    return known


def _say(document: RequestDocument, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        Console().print(facts_of(document))
