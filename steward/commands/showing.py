"""What the command line says of a request and of a plan, for people; words of others are shown as text and nothing else."""

import json
from collections.abc import Iterable
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from steward.app_client import AppClient, AppRefused, AppUnreachable
from steward.commands.saying import readable, say
from steward.erasure.plan import Plan
from steward.erasure.residue import Residue
from steward.requests_api.answers import PlanSummary, RequestDocument, RequestSummary

_ARCHIVES = {"erase": "our own copies go as well", "keep": "our own copies stay"}


def facts_of(document: RequestDocument) -> Table:
    """The request, a line for each thing that is known."""
    rows: list[tuple[str, object]] = [
        ("request", document["id"]),
        ("account", document["account"]),
        ("purpose", document.get("purpose")),
        ("state", document["state"]),
        ("waits behind", document.get("behind")),
        ("phase", document.get("phase")),
        *_progress(document),
        ("waits until", document.get("waitingUntil")),
        ("decided", _decision(document)),
        ("reason", document.get("reason")),
        ("bag", document.get("bag")),
        ("certificate", _certificate(document)),
        ("ended", document.get("ended")),
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column()
    # What is copied, such as a hash, stays whole.
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, readable(value))
    return table


def totals_of(document: RequestDocument) -> Table | None:
    """What a bag has, by kind; None where there is none."""
    if not (totals := document.get("totals")):
        return None
    table = Table("", "exported", "verified", "gaps", "service", box=None, padding=(0, 2))
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, row in totals.items():
        counts = (row.get(each, "") for each in ("exported", "verified", "gaps", "service"))
        table.add_row(readable(kind), *(readable(each) for each in counts))
    return table


def list_of(requests: Iterable[RequestSummary]) -> Table:
    table = Table(
        "request", "account", "kind", "purpose", "state", "accepted", "ticket", box=None, padding=(0, 2)
    )
    for each in requests:
        ticket = each.get("ticket")
        cells = (
            *(each["id"], each["account"], each.get("kind", ""), each.get("purpose", ""), each["state"]),
            each.get("accepted", "")[:19],
            f"{ticket['system']}:{ticket['key']}" if ticket else "",
        )
        table.add_row(*map(readable, cells))
    return table


def say_plan(console: Console, app: AppClient, document: RequestDocument) -> PlanSummary | None:
    """What would go, what cannot, and what there is to fall back on; None where the request has no plan."""
    plan = document.get("plan")
    if plan is None:
        return None
    table = Table("would be erased", "", box=None, padding=(0, 2))
    table.columns[1].justify = "right"
    for entity, count in plan["counts"].items():
        table.add_row(readable(entity), f"{count:,}")
    console.print(table)
    say(console, *_choices(document, plan), *_remaining(app, plan))
    say(console, f"plan {plan['hash']} of {plan['request']}, until {plan['expires']}")
    return plan


def _choices(document: RequestDocument, plan: PlanSummary) -> list[str]:
    found = [_ARCHIVES[plan["archives"]]] if "archives" in plan else []
    if (derived := plan.get("derivedIterations")) and derived["count"]:
        becomes = "go as well" if derived["choice"] == "erase" else "stay"
        found.append(
            f"{derived['count']} iterations that the scope does not name were trained on images that go: they {becomes}"
        )
    guard = document.get("guard", {})
    if "export" in guard:
        found.append(
            f"to fall back on: export {guard['export']['request']}, sealed {guard['export']['sealed']}"
        )
    elif "waived" in guard:
        found.append("to fall back on: nothing, the export was waived")
    elif "archives" in guard:
        found.append("to fall back on: nothing, since the archives are erased too")
    return found


def _remaining(app: AppClient, plan: PlanSummary) -> list[str]:
    """What cannot go, as the plan itself says; it takes a key of get_file to read that, and the ledger notes who did."""
    try:
        found = cast("Plan", json.loads(app.read_file(plan["request"], "plan.json")))
    except (AppRefused, AppUnreachable) as error:
        return [f"what cannot go was not read: {error}"]
    remaining = [each for project in found["projects"] for each in project["residue"]] + found["residue"]
    return [f"cannot go: {_residue(each)}" for each in remaining]


def _residue(each: Residue) -> str:
    count = f"{each['count']} " if "count" in each else ""
    until = f", until {each['until']}" if "until" in each else ""
    return f"{count}{each['what']}, {each['where']}: {each['why']}; who removes it: {each['remover']}{until}"


def _progress(document: RequestDocument) -> Iterable[tuple[str, str]]:
    for part, done in cast("dict[str, Any]", document.get("progress", {})).items():
        yield part, f"{done['done']:,} of {done['total']:,}"


def _decision(document: RequestDocument) -> str:
    if not (decision := document.get("decision")):
        return ""
    by = decision["by"]["name"] or "somebody with a key"
    return f"{decision['decision']} by {by}, {decision['at']}"


def _certificate(document: RequestDocument) -> str:
    if not (certificate := document.get("certificate")):
        return ""
    verdicts = certificate["verdicts"]
    return f"service {verdicts['service']}, archives {verdicts['archives']} ({certificate['certificate']})"
