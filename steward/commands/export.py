"""The command that asks for an export."""

from typing import Annotated

import typer

from steward.app_client import AppClient
from steward.commands.app_options import (
    AccountName,
    AppKey,
    AppUrl,
    AsJson,
    Audience,
    IdempotencyKey,
    Projects,
    PurposeName,
    ScopeFile,
    TicketName,
    Wait,
    WholeAccount,
    common_fields,
    print_json,
    read_scope,
)
from steward.commands.asking import ask
from steward.commands.following import end_with, follow


def export(
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    whole_account: WholeAccount = False,
    project: Projects = None,
    scope: ScopeFile = None,
    purpose: PurposeName = "backup",
    iterations: Annotated[bool, typer.Option(help="Take iterations along.")] = True,
    predictions: Annotated[bool, typer.Option(help="Take stored predictions along.")] = True,
    models: Annotated[bool, typer.Option(help="Take exported models along.")] = True,
    image_performance: Annotated[bool, typer.Option(help="Take each image's performance along.")] = True,
    account: AccountName = "",
    ticket: TicketName = "",
    idempotency_key: IdempotencyKey = "",
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Ask for an export, and follow it to its end."""
    body = {
        **common_fields(account, ticket),
        "purpose": purpose,
        "scope": read_scope(whole_account, project, scope),
        "options": {
            "iterations": iterations,
            "predictions": predictions,
            "models": models,
            "imagePerformance": image_performance,
        },
    }
    with AppClient(url, key=key, audience=audience) as app:
        document = ask(app, "exports", body, idempotency_key)
        if wait:
            end_with(follow(app, document["id"]), as_json=as_json)
    if as_json:
        print_json(document)
