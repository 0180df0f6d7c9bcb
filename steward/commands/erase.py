"""The command that asks for an erasure: its plan, or with that plan the erasure itself, which waits for an approval."""

from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console

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
    Yes,
    common_fields,
    print_json,
    read_scope,
)
from steward.commands.asking import ask
from steward.commands.following import end_with, follow, waits_for_approval
from steward.commands.plans import confirm, plan_of
from steward.commands.saying import say
from steward.commands.showing import say_plan


def erase(
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    purpose: PurposeName,
    whole_account: WholeAccount = False,
    project: Projects = None,
    scope: ScopeFile = None,
    for_real: Annotated[
        bool, typer.Option("--for-real", help="Carry out the plan of --plan, once somebody has approved it.")
    ] = False,
    plan: Annotated[
        str,
        typer.Option(metavar="REQUEST", help="The dry run whose plan it is, for the same scope and choices."),
    ] = "",
    plan_hash: Annotated[
        str, typer.Option(help="The hash of the plan that was read; if left out, that of the dry run's plan.")
    ] = "",
    waive_export: Annotated[
        str, typer.Option(metavar="REASON", help="Erase though no export covers the plan.")
    ] = "",
    derived_iterations: Annotated[
        Literal["keep", "erase"],
        typer.Option(help="Iterations that were trained on erased images and that the scope does not name."),
    ] = "keep",
    archives: Annotated[
        Literal["erase", "keep"] | None,
        typer.Option(help="Our own copies; if left out, erase for a data subject, else keep."),
    ] = None,
    account: AccountName = "",
    ticket: TicketName = "",
    idempotency_key: IdempotencyKey = "",
    yes: Yes = False,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Ask for the plan of an erasure: what would go, and what cannot. Nothing is erased without --for-real."""
    if for_real != bool(plan):
        raise typer.BadParameter("expected --for-real and --plan together; without them it is a dry run")
    if for_real and yes and not plan_hash:
        raise typer.BadParameter(
            "expected the hash of the plan that was read beside --yes", param_hint="--plan-hash"
        )
    body: dict[str, Any] = {
        **common_fields(account, ticket),
        "purpose": purpose,
        "scope": read_scope(whole_account, project, scope),
        "derivedIterations": derived_iterations,
        "dryRun": not for_real,
        **({"archives": archives} if archives else {}),
        **({"waiveExport": {"reason": waive_export}} if waive_export else {}),
    }
    with AppClient(url, key=key, audience=audience) as app:
        if for_real:
            known = plan_of(app, plan, plan_hash)
            if not yes:
                confirm("Ask for this to be erased? It waits for an approval.")
            body["plan"] = {"request": plan, "hash": known}
        document = ask(app, "erasures", body, idempotency_key)
        if wait:
            _end(app, document["id"], as_json)
    if as_json:
        print_json(document)


def _end(app: AppClient, name: str, as_json: bool) -> NoReturn:
    """A dry run with its plan; a real one as soon as it waits for an approval, which is as far as whoever asks brings it."""
    document = follow(app, name, waits_for_approval)
    console = Console(stderr=True)
    if document["state"] == "planned":
        if plan := say_plan(console, app, document):
            say(
                console,
                "",
                f"To erase it, the same command with --for-real --plan {name} --plan-hash {plan['hash']}",
            )
    elif waits_for_approval(document) and "plan" in document:
        if as_json:
            print_json(document)
        say(
            console,
            f"{name} waits for an approval until {document.get('waitingUntil')}:",
            f"python -m steward approve {name} --plan-hash {document['plan']['hash']}",
        )
        raise typer.Exit
    end_with(document, as_json=as_json)
