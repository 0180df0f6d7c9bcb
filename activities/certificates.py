"""The certificate at an erasure's end: put together from what its ledger, its plan, and above all its read back say."""

import json
from datetime import UTC, datetime
from typing import cast

import azure.durable_functions as df

from activities.erasure_payloads import CertificateRef
from activities.payloads import RequestRef
from activities.reading_back import after_digest, read_findings
from activities.scope import erasure_request, planned_projects, recorded_plan
from steward import VERSION
from steward.accounts import Account, account
from steward.archive.errors import BlobMissing
from steward.erasure.certificate import (
    Act,
    ArchivesGuard,
    DerivedChoice,
    ExportGuard,
    Facts,
    Inventories,
    Inventory,
    KeptIteration,
    LedgerHead,
    Person,
    Purge,
    ScopedPlaces,
    ScopePlaces,
    Software,
    Times,
    WaivedGuard,
)
from steward.erasure.certificate import Plan as CarriedOut
from steward.erasure.comparison import ProjectFindings
from steward.erasure.findings import Archives, AskedAgain, Entity, Noticed, ReadBack, Unsettled
from steward.erasure.names import ErasureNames
from steward.erasure.plan import RecordedPlan
from steward.evidence.certificates import sign_certificate
from steward.evidence.keys import load_signer
from steward.ledger.chain import Event
from steward.ledger.ledger import Ledger
from steward.ledger.state import ACCEPTED, APPROVED, CANCEL, began, fold
from steward.settings import current_settings

bp = df.Blueprint()

_NOBODY = Person(name=None, verified=False)


@bp.activity_trigger(input_name="ref")
def issue_certificate(ref: CertificateRef) -> dict[str, str]:
    """Issue, record and sign it; how the request ends."""
    home = account(ref["account"])
    recorded = recorded_plan(ref["account"], ref["request"])
    ledger = Ledger(home.container, ref["account"], ref["request"])
    names = ErasureNames(ref["account"], ref["request"])
    archives: Archives = json.loads(home.store.read(names.archive_findings))
    found = [read_findings(home, names, each["id"]) for each in recorded.plan["projects"]]
    signed = sign_certificate(
        home.store,
        ledger,
        _facts(ref, home, recorded, ledger.read(), found),
        _read_back(ref, home, recorded, found),
        archives,
        load_signer(current_settings().evidence_key),
    )
    if signed.certificate["state"] == "complete":
        return {"state": "completed", "reason": ""}
    cancelled, verdicts = "cancelled" in signed.certificate, signed.certificate["verdicts"]
    against = [
        reason
        for verdict in (verdicts["service"], verdicts["archives"])
        if verdict["verdict"] == "incomplete"
        for reason in verdict["reasons"]
    ]
    return {"state": "cancelled" if cancelled else "incomplete", "reason": " ".join(against)[:1000]}


def _facts(
    ref: CertificateRef,
    home: Account,
    recorded: RecordedPlan,
    events: list[Event],
    found: list[ProjectFindings],
) -> Facts:
    request, plan = erasure_request(ref["account"], ref["request"]), recorded.plan
    head = Ledger(home.container, ref["account"], ref["request"]).head()
    facts = Facts(
        request=ref["request"],
        account=ref["account"],
        purpose=request.purpose,
        scope=_scope(ref),
        asked=_act(events, ACCEPTED),
        approved=_act(events, APPROVED),
        software=Software(name="custom-vision-steward", version=VERSION),
        times=Times(
            began=_began(events, "erase"),
            ended=ref["ended"],
            issued=datetime.now(UTC).isoformat(),
        ),
        plan=CarriedOut(request=recorded.names.request, hash=recorded.hash, made=plan["made"]),
        planned=cast("dict[Entity, int]", plan["counts"]),
        guard=_guard(ref, events),
        ledger=LedgerHead(events=head.events, hash=head.hash),
        derivedIterations=DerivedChoice(
            choice=request.derived_iterations,
            iterations=[
                KeptIteration(project=project["id"], id=each["id"])
                for project in plan["projects"]
                for each in project["derivedIterations"]
            ],
        ),
        residue=[*(each for project in plan["projects"] for each in project["residue"]), *plan["residue"]],
        purge=_purge(found),
        inventories=_inventories(ref, home, recorded),
    )
    if any(event.type == CANCEL for event in events):
        facts["cancelled"] = _act(events, CANCEL)
    return facts


def _act(events: list[Event], event_type: str) -> Act:
    event = next(event for event in events if event.type == event_type)
    by = event.data.get("by") or _NOBODY
    # The id of a principal stays in the ledger.
    return Act(at=event.at.isoformat(), by=Person(name=by["name"], verified=by["verified"]))


def _began(events: list[Event], phase: str) -> str:
    at = began(events, phase)
    assert at is not None  # noqa: S101 - a certificate is issued when all phases before it are over
    return at.isoformat()


def _scope(ref: RequestRef) -> ScopePlaces:
    """By places in the request: the words of its selectors may be a person's."""
    whole = erasure_request(ref["account"], ref["request"]).scope == "account"
    return ScopePlaces(
        form="account" if whole else "projects",
        projects=[
            ScopedPlaces(id=each.id, whole=each.whole, selectors=list(each.selectors))
            for each in planned_projects(ref["account"], ref["request"])
        ],
    )


def _guard(ref: RequestRef, events: list[Event]) -> ExportGuard | WaivedGuard | ArchivesGuard:
    found = fold(ref["request"], ref["account"], events).guard
    if export := found.get("export"):
        return ExportGuard(kind="export", **export)
    waiver = erasure_request(ref["account"], ref["request"]).waive_export
    return WaivedGuard(kind="waiver", reason=waiver.reason) if waiver else ArchivesGuard(kind="archives")


def _purge(found: list[ProjectFindings]) -> Purge:
    asked = sum(each["pictures"]["asked"] for each in found)
    gone = sum(len(each["absent"].get("images", [])) for each in found)
    return Purge(
        asked=asked,
        served=sum(each["pictures"]["served"] for each in found),
        notAsked=max(0, gone - asked),
    )


def _inventories(ref: RequestRef, home: Account, recorded: RecordedPlan) -> Inventories:
    names = ErasureNames(ref["account"], ref["request"])
    inventories = Inventories(before=[], after=[])
    for project in recorded.plan["projects"]:
        before = recorded.names.inventory("plan", project["id"], project["inventory"])
        inventories["before"].append(Inventory(blob=before, sha256=project["inventory"]))
        try:
            digest = after_digest(home, names, project["id"])
        except BlobMissing:
            # It could not be read back, and the findings say why.
            continue
        after = names.inventory("read-back", project["id"], digest)
        inventories["after"].append(Inventory(blob=after, sha256=digest))
    return inventories


def _read_back(
    ref: CertificateRef, home: Account, recorded: RecordedPlan, found: list[ProjectFindings]
) -> ReadBack:
    read_back = ReadBack(
        at=ref["read_back"],
        asked=[row for each in found for row in each["asked"]],
        left=[row for each in found for row in each["left"]],
        refused=[row for each in found for row in each["refused"]],
        residue=[row for each in found for row in each["residue"]],
        newItems=[row for each in found for row in each["newItems"]],
        goneBeside=[row for each in found for row in each["goneBeside"]],
        unsettled=[row for each in found for row in each["unsettled"]],
    )
    _add_account(read_back, home, ErasureNames(ref["account"], ref["request"]), recorded)
    return read_back


def _add_account(
    read_back: ReadBack,
    home: Account,
    names: ErasureNames,
    recorded: RecordedPlan,
) -> None:
    """What the list of projects says: one that is in it is there, whatever else the service answered."""
    try:
        account_findings = json.loads(home.store.read(names.account_findings))
    except BlobMissing:
        for project in recorded.plan["projects"]:
            reason = "the account's projects could not be listed"
            read_back["unsettled"].append(Unsettled(entity="projects", project=project["id"], reason=reason))
        return
    for row in read_back["asked"]:
        if row["entity"] == "projects" and row["absent"] and row["project"] in account_findings["listed"]:
            row.update(AskedAgain(entity="projects", project=row["project"], absent=0, present=1))
    read_back["goneBeside"] += [
        Noticed(entity="projects", project=each, count=1) for each in account_findings["goneBeside"]
    ]
    read_back["unsettled"] += [
        Unsettled(entity="projects", project=each, reason="the service said that it is gone, and lists it")
        for each in account_findings["contradicted"]
    ]
    read_back["newItems"] += [
        Noticed(entity="projects", project=each, count=1) for each in account_findings["new"]
    ]
