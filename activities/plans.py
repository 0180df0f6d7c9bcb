"""The plan of an erasure: taken up from a dry run, or made once, and never computed anew when it is on record."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.choosing import record_projects, resolve, with_setting
from activities.erasure_payloads import ErasurePlan
from activities.outcome import in_codes, is_passing, outcome
from activities.payloads import RequestRef
from activities.scope import erasure_request, plan_blob, planned_projects, recorded_plan
from steward.accounts import account
from steward.customvision.answers import Project
from steward.customvision.errors import CustomVisionError
from steward.erasure import plan as plans
from steward.erasure.archived import archived_projects
from steward.erasure.names import ErasureNames
from steward.erasure.plan import FORMAT, Plan, PlannedProject, RecordedPlan, counts_of, read_plan
from steward.erasure.residue import of_account
from steward.ledger.ledger import Ledger
from steward.ledger.state import PLAN
from steward.requests_api.documents import PlanRef
from steward.settings import current_settings

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def begin_plan(ref: RequestRef) -> Mapping[str, Any]:
    """Take up the plan that is there, or choose the projects whose inventory is to be taken."""
    home = account(ref["account"])
    request = erasure_request(ref["account"], ref["request"])
    state = Ledger(home.container, ref["account"], ref["request"]).state()
    if state.plan:
        return _answer(ref, recorded_plan(ref["account"], ref["request"]))
    if request.plan:
        return _take_up(ref, request.plan)
    if not home.store.find(plan_blob(ref)):
        try:
            projects = home.client.list_projects()
        except CustomVisionError as error:
            if is_passing(error) and state.restarts:
                return ErasurePlan(wait=30)
            return ErasurePlan(fault=with_setting(home, error, in_codes(error)))
        archived: list[Project] = []
        if request.archives == "erase":
            # The service may have lost a project that our own bags still have.
            known = {each["id"].lower() for each in projects}
            archived = archived_projects(home.store, home.name, known)
        if refusal := record_projects(ref, projects, archived):
            return ErasurePlan(refusal=refusal)
    return ErasurePlan(
        projects=len(planned_projects(ref["account"], ref["request"])),
        recorded=False,
        dry=request.dry_run,
        refusal="",
    )


def _take_up(ref: RequestRef, named: PlanRef) -> ErasurePlan:
    """The dry run's plan, as it was recorded; it was compared with this request when that was accepted."""
    store = account(ref["account"]).store
    found = read_plan(store, ErasureNames(ref["account"], named.request), named.hash)
    if datetime.fromisoformat(found.plan["expires"]) <= datetime.now(UTC):
        return ErasurePlan(refusal=f"#/plan: the plan of {named.request} expired at {found.plan['expires']}")
    projects = [Project(id=each["id"], name=each["name"], created="") for each in found.plan["projects"]]
    if [each.id for each in resolve(ref, projects).chosen] != [each["id"] for each in projects]:
        return ErasurePlan(refusal=f"#/plan: the scope does not give the projects of {named.request}'s plan")
    store.write(plan_blob(ref), json.dumps({"projects": projects, "others": found.plan["others"]}).encode())
    return _record(ref, found)


@bp.activity_trigger(input_name="ref")
def write_plan(ref: RequestRef) -> ErasurePlan:
    """Write the plan down, when the inventories of all its projects have been taken."""
    home = account(ref["account"])
    request = erasure_request(ref["account"], ref["request"])
    names = ErasureNames(ref["account"], ref["request"])
    parts: list[PlannedProject] = [
        json.loads(home.store.read(names.part("plan", each.id)))
        for each in planned_projects(ref["account"], ref["request"])
    ]
    made = datetime.now(UTC)
    plan = Plan(
        format=FORMAT,
        request=ref["request"],
        account=ref["account"],
        purpose=request.purpose,
        made=made.isoformat(),
        expires=(made + timedelta(hours=current_settings().plan_hours)).isoformat(),
        derivedIterations=request.derived_iterations,
        projects=parts,
        others=json.loads(home.store.read(plan_blob(ref)))["others"],
        counts=counts_of(parts),
        residue=[of_account(ref["account"])] if request.scope == "account" else [],
    )
    return _record(ref, plans.write_plan(home.store, names, plan))


def _record(ref: RequestRef, found: RecordedPlan) -> ErasurePlan:
    """With all that an approval of it is of: what is done with our own copies, and how many iterations have learned."""
    derived = sum(len(each["derivedIterations"]) for each in found.plan["projects"])
    Ledger(account(ref["account"]).container, ref["account"], ref["request"]).append(
        PLAN,
        PLAN,
        {
            "request": found.names.request,
            "hash": found.hash,
            "expires": found.plan["expires"],
            "counts": found.plan["counts"],
            "archives": erasure_request(ref["account"], ref["request"]).archives,
            "derivedIterations": {"choice": found.plan["derivedIterations"], "count": derived},
        },
    )
    return _answer(ref, found)


def _answer(ref: RequestRef, found: RecordedPlan) -> ErasurePlan:
    return ErasurePlan(
        projects=len(found.plan["projects"]),
        recorded=True,
        dry=erasure_request(ref["account"], ref["request"]).dry_run,
        empty=not any(found.plan["counts"].values()),
        refusal="",
    )
