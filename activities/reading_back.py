"""The read back: what is there now against the plan, project by project and for the account as a whole."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import azure.durable_functions as df

from activities.choosing import resolve
from activities.erasure_payloads import Comparison
from activities.outcome import outcome
from activities.payloads import RequestRef
from activities.scope import plan_blob, recorded_plan
from steward.accounts import Account, account
from steward.archive.documents import encode
from steward.archive.erased import Erased, ErasedBefore, read_erased, record_erased
from steward.archive.names import canonical_id
from steward.archive.store import JSON
from steward.erasure.comparison import Compared, ProjectFindings, compare, without
from steward.erasure.findings import Entity
from steward.erasure.inventory import Inventory, load_inventory
from steward.erasure.names import ErasureNames
from steward.erasure.plan import RecordedPlan, all_images, all_predictions
from steward.erasure.results import read_results

bp = df.Blueprint()


@bp.activity_trigger(input_name="comparison")
def compare_project(comparison: Comparison) -> dict[str, int]:
    """Write down what the read back found of a project."""
    home, project = account(comparison["account"]), comparison["project"]
    recorded = recorded_plan(comparison["account"], comparison["request"])
    names = ErasureNames(comparison["account"], comparison["request"])
    plan = recorded.project(project)
    before = load_inventory(home.store, recorded.names, "plan", project, plan["inventory"])
    after = _after(home, names, project) if comparison["listed"] else None
    # Where the project is gone nothing was asked for by id; what stands there is of a run before a restart.
    asked, published = ({}, set[str]()) if after and after.objects["gone"] else _asked(home, names, project)
    findings = compare(
        Compared(
            plan=plan,
            planned=planned_ids(home, recorded, project),
            before=without(before, _erased_since(home, recorded, project)),
            after=after,
            asked=asked,
            results=read_results(home.store, names, project),
            published=published,
            fault=comparison.get("fault", {}).get("reason", ""),
            entity=cast("Entity", comparison.get("entity", "images")),
        )
    )
    home.store.write(names.findings(project), encode(findings), media_type=JSON)
    return {"present": sum(each["present"] for each in findings["asked"])}


def _erased_since(home: Account, recorded: RecordedPlan, project: str) -> ErasedBefore:
    """What other erasures took since the plan was made: gone as it should be, though this plan does not have it."""
    return read_erased(home.store, home.name, project, datetime.fromisoformat(recorded.plan["made"]))


def planned_ids(home: Account, recorded: RecordedPlan, project: str) -> dict[Entity, set[str]]:
    """Everything that the plan names of a project, by entity."""
    plan = recorded.project(project)
    return {
        "stored predictions": set(all_predictions(home.store, recorded, project)),
        "published iterations": set(plan["unpublish"]),
        "images": {each["id"] for each in all_images(home.store, recorded, project)},
        "image tags": set(plan["tags"]),
        "iterations": set(plan["iterations"]),
        "projects": {project} if plan["whole"] else set(),
    }


def erased_of(project: str, findings: ProjectFindings) -> Erased:
    """What the read back proved to be gone."""
    absent = findings["absent"]
    return Erased(
        project,
        whole=bool(absent.get("projects")),
        images=_canonical(absent.get("images", [])),
        predictions=_canonical(absent.get("stored predictions", [])),
        tags=_canonical(absent.get("image tags", [])),
        iterations=_canonical(absent.get("iterations", [])),
    )


def _canonical(ids: list[str]) -> frozenset[str]:
    return frozenset(canonical_id(each) for each in ids)


def read_findings(home: Account, names: ErasureNames, project: str) -> ProjectFindings:
    return cast("ProjectFindings", json.loads(home.store.read(names.findings(project))))


def after_digest(home: Account, names: ErasureNames, project: str) -> str:
    """The SHA-256 of the inventory that was taken after the erase."""
    return str(json.loads(home.store.read(names.part("read-back", project)))["inventory"])


def _after(home: Account, names: ErasureNames, project: str) -> Inventory:
    return load_inventory(home.store, names, "read-back", project, after_digest(home, names, project))


def _asked(home: Account, names: ErasureNames, project: str) -> tuple[dict[str, set[str]], set[str]]:
    """Planned objects that were found by their ids, and where; and iterations that are published."""
    found: dict[str, set[str]] = {}
    published: set[str] = set()
    for blob in home.store.list(names.all_asked(project)):
        document = json.loads(home.store.read(blob.name))
        present: dict[str, list[str]] = document["present"]
        for each, places in present.items():
            found.setdefault(each, set()).update(places)
        published.update(document.get("published", []))
    return found, published


@bp.activity_trigger(input_name="ref")
@outcome
def compare_account(ref: RequestRef) -> Mapping[str, Any]:
    """List the account's projects once more: those that went are in no list, those beside are still there, and the scope
    gives none that no plan has. What is proved to be gone is put on record, for exports to come."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    recorded = recorded_plan(ref["account"], ref["request"])
    # What a run before a restart found is no proof of now.
    home.store.delete_many([names.account_findings])
    projects = home.client.list_projects()
    listed = {each["id"].lower() for each in projects}
    planned = {each["id"] for each in recorded.plan["projects"]}
    findings = {each: read_findings(home, names, each) for each in planned}
    said_gone = {each for each in planned if findings[each]["gone"]}
    others: list[str] = json.loads(home.store.read(plan_blob(ref)))["others"]
    document = {
        "listed": sorted(
            each["id"]
            for each in recorded.plan["projects"]
            if each["id"] in listed and (each["whole"] or each["id"] in said_gone)
        ),
        "contradicted": sorted(said_gone & listed),
        "goneBeside": sorted(
            each for each in others if each not in listed and not _erased_since(home, recorded, each).project
        ),
        # By name, or of a whole account: it was made since.
        "new": sorted(each.id for each in resolve(ref, projects).chosen if each.id not in planned),
    }
    home.store.write(names.account_findings, encode(document), media_type=JSON)
    # One that was to go whole and stays has lost what it has lost; of one that is listed though it is said to be gone nothing
    # else was looked at.
    for project in planned - set(document["contradicted"]):
        _record_erased(ref, home, project, findings[project])
    return {"others": len(others)}


def _record_erased(ref: RequestRef, home: Account, project: str, findings: ProjectFindings) -> None:
    """What a list says that did not hold still is not believed."""
    if findings["asked"] and not findings["unsettled"]:
        erased = erased_of(project, findings)
        record_erased(home.store, home.name, ref["request"], datetime.now(UTC).isoformat(), erased)
