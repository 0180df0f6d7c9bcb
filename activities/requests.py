"""A request's own steps: its plan, the account's turn, its end in the ledger."""

import contextlib
import json
from typing import cast

import azure.durable_functions as df

from activities.outcome import fault_of
from activities.payloads import (
    Ending,
    ExportPlan,
    Fault,
    Options,
    PlannedProjects,
    PlanPart,
    RequestRef,
    Turn,
)
from activities.scope import export_request, plan_blob, planned_projects
from steward.accounts import Account, account
from steward.archive.bag import find_sealed
from steward.archive.errors import BlobExists
from steward.archive.names import BagNames
from steward.archive.totals import entity_totals
from steward.customvision.answers import Project
from steward.customvision.errors import CustomVisionError, Forbidden, Unauthorized, Unreachable
from steward.ledger import turn
from steward.ledger.ledger import Ledger
from steward.ledger.state import QUEUED, RUNNING, EndedState
from steward.requests_api.scope import resolve_projects
from steward.settings import ACCOUNTS

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
def plan_export(ref: RequestRef) -> ExportPlan:
    """See in seconds whether there is anything to export: the key, the endpoint, the scope's projects."""
    try:
        return _plan(ref, account(ref["account"]).client.list_projects())
    except CustomVisionError as error:
        # The client has tried for seconds; who asks wants to know now, and may ask again.
        return ExportPlan(fault=_with_setting(account(ref["account"]), error))


@bp.activity_trigger(input_name="ref")
def begin_export(ref: RequestRef) -> ExportPlan:
    """Write down the projects to export, once: a recorded plan is taken up as it is."""
    home = account(ref["account"])
    if find_sealed(home.store, BagNames(ref["account"], ref["request"])):
        return ExportPlan(sealed=True, refusal="")
    try:
        projects = home.client.list_projects()
    except CustomVisionError as error:
        if error.transient:
            raise
        return ExportPlan(fault=_with_setting(home, error))
    plan = _plan(ref, projects)
    if plan.get("refusal"):
        return plan
    chosen = {
        each.id
        for each in resolve_projects(export_request(ref["account"], ref["request"]).scope, projects).chosen
    }
    # Only what resolving the scope again needs; the details go into the bag.
    recorded = [{"id": each["id"], "name": each["name"]} for each in projects if each["id"].lower() in chosen]
    with contextlib.suppress(BlobExists):
        home.store.write(plan_blob(ref), json.dumps({"projects": recorded}).encode(), if_none_match=True)
    plan["projects"] = len(planned_projects(ref["account"], ref["request"]))
    return plan


def _with_setting(home: Account, error: CustomVisionError) -> Fault:
    """The fault, and the setting that a person looks at to mend it."""
    fault = fault_of(error)
    if isinstance(error, Unauthorized | Forbidden):
        setting = home.settings.key_setting or f"{ACCOUNTS}: {home.name}: the app's own identity"
    elif isinstance(error, Unreachable):
        setting = f"{ACCOUNTS}: {home.name}.endpoint: {home.settings.endpoint}"
    else:
        return fault
    return Fault(code=fault["code"], reason=f"{setting}: {fault['reason']}")


def _plan(ref: RequestRef, projects: list[Project]) -> ExportPlan:
    request = export_request(ref["account"], ref["request"])
    resolution = resolve_projects(request.scope, projects)
    if resolution.unknown:
        # By their place, not by name: a refusal is kept in the ledger, and a name may be a person's.
        places = [
            f"#/scope/projects/{place}"
            for place, entry in enumerate(() if request.scope == "account" else request.scope.projects)
            if (entry.id or entry.name) in resolution.unknown
        ]
        return ExportPlan(refusal=f"{', '.join(places[:5])}: account {ref['account']} has no such project")
    return ExportPlan(
        projects=len(resolution.chosen),
        refusal="",
        options=Options(
            iterations=request.options.iterations,
            predictions=request.options.predictions,
            models=request.options.models,
            image_performance=request.options.image_performance,
        ),
    )


@bp.activity_trigger(input_name="part")
def read_plan(part: PlanPart) -> PlannedProjects:
    """Ids of some of the plan's projects."""
    chosen = planned_projects(part["account"], part["request"])[part["first"] : part["first"] + part["count"]]
    return PlannedProjects(projects=[each.id for each in chosen])


@bp.activity_trigger(input_name="ref")
def take_turn(ref: RequestRef) -> Turn:
    """Ask for the account's turn; the ledger says for whom the request waits."""
    home = account(ref["account"])
    ledger = Ledger(home.container, ref["account"], ref["request"])
    match turn.Turn(home.container, ref["account"]).take(ref["request"]):
        case turn.Held():
            ledger.append(RUNNING, RUNNING)
            return Turn(held=True, behind="", over=False)
        case turn.Queued(behind):
            ledger.append(QUEUED, f"{QUEUED}-behind-{behind}", {"behind": behind})
            return Turn(held=False, behind=behind, over=False)
        case turn.Over():
            return Turn(held=False, behind="", over=True)


@bp.activity_trigger(input_name="ending")
def end_request(ending: Ending) -> dict[str, str]:
    """Write the request's end; the account's turn is free with it."""
    home = account(ending["account"])
    ledger = Ledger(home.container, ending["account"], ending["request"])
    bag = BagNames(ending["account"], ending["request"])
    event = ledger.end(
        cast(EndedState, ending["state"]),
        reason=ending["reason"],
        totals=entity_totals(home.store, bag, verified=ending["state"].startswith("completed")),
    )
    return {"state": str(event.data["state"])}
