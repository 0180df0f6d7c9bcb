"""A request's own steps: its plan, the account's turn, its end in the ledger."""

from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.choosing import record_projects, refusal_of, resolve, with_setting
from activities.outcome import fault_of, is_passing, outcome
from activities.payloads import (
    Ended,
    Ending,
    ExportPlan,
    Options,
    PlannedProjects,
    PlanPart,
    RequestRef,
    Turn,
)
from activities.scope import export_request, plan_blob, planned_projects
from steward.accounts import account
from steward.archive.bag import find_sealed
from steward.archive.names import BagNames
from steward.archive.totals import entity_totals
from steward.customvision.errors import (
    CustomVisionError,
    Throttled,
)
from steward.ledger import turn
from steward.ledger.ledger import Ledger
from steward.ledger.state import ACCEPTED, QUEUED, RUNNING, EndedState

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
        return ExportPlan(refusal=refusal_of(ref, resolve(ref, home.client.list_projects())))
    except Throttled:
        raise
    except CustomVisionError as error:
        # The client has tried for seconds; who asks wants to know now, and may ask again.
        return ExportPlan(fault=with_setting(home, error, fault_of(error)))


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
            return ExportPlan(fault=with_setting(home, error, fault_of(error)))
        if refusal := record_projects(ref, projects):
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
def end_request(ending: Ending) -> Ended:
    """Write the request's end; the account's turn is free with it. Its work area is emptied."""
    home = account(ending["account"])
    ledger = Ledger(home.container, ending["account"], ending["request"])
    bag = BagNames(ending["account"], ending["request"])
    event = ledger.end(
        cast(EndedState, ending["state"]),
        reason=ending["reason"],
        totals=entity_totals(home.store, bag, verified=ending["state"].startswith("completed")),
    )
    # A late twin may have written there since the seal; an erasure's holds ids of what it erased.
    home.store.delete_under(bag.work)
    return Ended(state=str(event.data["state"]), untold=bool(ledger.state().untold))
