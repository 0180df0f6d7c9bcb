"""A request's own steps: its plan, the account's turn, its end in the ledger."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.outcome import fault_of, is_passing, outcome
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
from steward.customvision.errors import (
    CustomVisionError,
    Forbidden,
    Throttled,
    Unauthorized,
    Unreachable,
)
from steward.ledger import turn
from steward.ledger.ledger import Ledger
from steward.ledger.state import ACCEPTED, QUEUED, RUNNING, EndedState
from steward.requests_api.scope import Resolution, resolve_projects
from steward.settings import ACCOUNTS

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def plan_export(ref: RequestRef) -> Mapping[str, Any]:
    """See in seconds whether there is anything to export: the key, the endpoint, the scope's projects.

    A request that has been here before, and is started again, is past that: an outage must not end it now.
    """
    home = account(ref["account"])
    if Ledger(home.container, ref["account"], ref["request"]).state().state != ACCEPTED:
        return ExportPlan(refusal="")
    try:
        return ExportPlan(refusal=_refusal(ref, _resolve(ref, home.client.list_projects())))
    except Throttled:
        raise
    except CustomVisionError as error:
        # The client has tried for seconds; who asks wants to know now, and may ask again.
        return ExportPlan(fault=_with_setting(home, error))


@bp.activity_trigger(input_name="ref")
@outcome
def begin_export(ref: RequestRef) -> Mapping[str, Any]:
    """Write down the projects to export, once: a recorded plan is taken up as it is, whatever the service has now."""
    home = account(ref["account"])
    if find_sealed(home.store, BagNames(ref["account"], ref["request"])):
        return ExportPlan(sealed=True, refusal="")
    if not home.store.find(plan_blob(ref)):
        try:
            projects = home.client.list_projects()
        except CustomVisionError as error:
            if is_passing(error):
                # The request may have waited for hours: an outage of some minutes must not end it.
                return ExportPlan(wait=30)
            return ExportPlan(fault=_with_setting(home, error))
        if refusal := _record_plan(ref, projects):
            return ExportPlan(refusal=refusal)
    options = export_request(ref["account"], ref["request"]).options
    return ExportPlan(
        projects=len(planned_projects(ref["account"], ref["request"])),
        refusal="",
        options=Options(
            iterations=options.iterations,
            predictions=options.predictions,
            models=options.models,
            image_performance=options.image_performance,
        ),
    )


def _record_plan(ref: RequestRef, projects: list[Project]) -> str:
    """Why there is no plan, empty where there is one now, this or a twin's."""
    resolution = _resolve(ref, projects)
    if refusal := _refusal(ref, resolution):
        return refusal
    chosen = {each.id for each in resolution.chosen}
    # Only what resolving the scope again needs; the details go into the bag.
    recorded = [{"id": each["id"], "name": each["name"]} for each in projects if each["id"].lower() in chosen]
    plan = json.dumps({"projects": recorded}).encode()
    with contextlib.suppress(BlobExists):
        account(ref["account"]).store.write(plan_blob(ref), plan, if_none_match=True)
    return ""


def _resolve(ref: RequestRef, projects: list[Project]) -> Resolution:
    return resolve_projects(export_request(ref["account"], ref["request"]).scope, projects)


def _refusal(ref: RequestRef, resolution: Resolution) -> str:
    """Which entries of the scope name no project; by their place, not by name: a refusal is kept in the ledger, and a
    name may be a person's."""
    scope = export_request(ref["account"], ref["request"]).scope
    if scope == "account" or not resolution.unknown:
        return ""
    places = [
        f"#/scope/projects/{place}"
        for place, entry in enumerate(scope.projects)
        if (entry.id or entry.name) in resolution.unknown
    ]
    return f"{', '.join(places[:5])}: account {ref['account']} has no such project"


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
