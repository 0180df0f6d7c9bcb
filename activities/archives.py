"""Our own copies: which bags hold something of what was erased, their redaction, and what is left of it afterwards."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import cast

import azure.durable_functions as df

from activities.holding import why_to_keep_copies
from activities.payloads import BagPart, Bags, RequestRef
from activities.reading_back import erased_of, read_findings
from activities.scope import erasure_request, planned_projects
from steward.accounts import Account, account
from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.names import BagNames, project_folder
from steward.archive.recovery import recoverable
from steward.archive.recovery_store import AzureRetention
from steward.archive.redaction import redact
from steward.archive.redaction_copies import delete_shared
from steward.archive.redaction_plan import NotRedacted
from steward.archive.redaction_search import find_bags as search_bags
from steward.archive.redaction_search import redacted_by, remaining
from steward.archive.store import JSON
from steward.erasure.archived import Archived, find_archived
from steward.erasure.bag_ledgers import downloads_of, note_redactions
from steward.erasure.findings import (
    Archives,
    Copies,
    Download,
    ErasedArchives,
    KeptArchives,
    Recoverable,
    RedactedBag,
    UnredactedBag,
)
from steward.erasure.names import ErasureNames
from steward.evidence.keys import load_signer
from steward.evidence.redactions import signing
from steward.ledger.holds import Holds, Taken, covering
from steward.ledger.ledger import Ledger
from steward.ledger.state import PHASE
from steward.requests_api.scope import ScopedProject
from steward.settings import current_settings

bp = df.Blueprint()

_STOPPED = {"cancelled": "the request was cancelled", "held": "a legal hold covers something of it"}


@bp.activity_trigger(input_name="ref")
def find_bags(ref: RequestRef) -> Bags:
    """Write down what is to leave the archives, and which bags hold any of it; none where the request keeps them."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    if erasure_request(ref["account"], ref["request"]).archives == "keep":
        return Bags(count=0, copies=False)
    if not home.store.find(names.bags):
        leaving = [
            each
            for scoped in planned_projects(ref["account"], ref["request"])
            for each in _leaving(ref, home, scoped)
        ]
        document = {
            "erased": [each.to_document() for each in leaving],
            "bags": search_bags(home.store, home.name, leaving),
        }
        home.store.write(names.bags, encode(document), media_type=JSON)
    return Bags(count=len(_bags(home, names)), copies=True)


def _leaving(ref: RequestRef, home: Account, scoped: ScopedProject) -> list[Erased]:
    """What the read back proved to be gone, and what only the archives still have of the scope. Nothing where a person has
    cancelled; of a project that a hold covers nothing either, since these may be the last copies."""
    if why_to_keep_copies(ref, scoped):
        return []
    findings = read_findings(home, ErasureNames(ref["account"], ref["request"]), scoped.id)
    gone = erased_of(scoped.id, findings)
    if gone.whole or scoped.whole:
        return [gone]
    if not findings["asked"]:
        # Nothing was read back, so nobody knows what is still in the service.
        return []
    # What is still there, since it was left or refused, keeps its copies.
    there = set(findings["present"])
    copies = _without_held(home, scoped.id, find_archived(home.store, home.name, scoped))
    return [
        Erased(
            scoped.id,
            images=gone.images | (copies.images - there),
            predictions=gone.predictions | (copies.predictions - there),
            tags=gone.tags,
            iterations=gone.iterations | (copies.iterations - there),
        )
    ]


def _without_held(home: Account, project: str, archived: Archived) -> Erased:
    """No plan has what only the archives hold, so the holds are asked for each of these images."""
    standing = Holds(home.container, home.name).standing()
    held = {
        image
        for image, tags in archived.images.items()
        if standing and covering(standing, Taken(project, frozenset({image}), frozenset(tags)))
    }
    copies = archived.erased(project)
    return dataclasses.replace(copies, images=copies.images - held)


@bp.activity_trigger(input_name="part")
def redact_bag(part: BagPart) -> dict[str, str]:
    """Take out of one bag what is to leave it; the export's own ledger says so too."""
    home, names = account(part["account"]), ErasureNames(part["account"], part["request"])
    bag = BagNames(home.name, _bags(home, names)[part["number"]])
    signer = load_signer(current_settings().evidence_key)
    try:
        found = redact(
            home.store,
            bag,
            _erased(home, names),
            erasure=part["request"],
            at=_at(part, home),
            sign=signing(bag, signer),
        )
    except NotRedacted:
        # It stays as it is; the archive's read back names it with the reason.
        return {"redacted": ""}
    if found is None:
        return {"redacted": ""}
    note_redactions(home.container, bag)
    return {"redacted": bag.request}


@bp.activity_trigger(input_name="ref")
def delete_copies(ref: RequestRef) -> dict[str, bool]:
    """Delete the pictures, predictions and models that no bag names any more."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    delete_shared(home.store, home.name, _erased(home, names), erasure=ref["request"])
    return {"deleted": True}


@bp.activity_trigger(input_name="ref")
def read_back_archive(ref: RequestRef) -> dict[str, bool]:
    """Write down what is left in the archives, or why they are kept."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    request = erasure_request(ref["account"], ref["request"])
    found: Archives
    if request.archives == "keep":
        found = KeptArchives(
            choice="keep",
            reason=f"the request keeps them; its purpose is {request.purpose}",
            downloads=_downloads(ref, home),
        )
    else:
        found = _erased_archives(ref, home, names)
    home.store.write(names.archive_findings, encode(found), media_type=JSON)
    return {"written": True}


def _erased_archives(ref: RequestRef, home: Account, names: ErasureNames) -> ErasedArchives:
    erased = _erased(home, names)
    left = remaining(home.store, home.name, erased, erasure=ref["request"])
    redactions = redacted_by(home.store, home.name, ref["request"])
    touched = [each.request for each in redactions]
    kept = recoverable(AzureRetention(home.container), home.name, erased, touched, now=datetime.now(UTC))
    return ErasedArchives(
        choice="erase",
        at=datetime.now(UTC).isoformat(),
        bags=[RedactedBag(request=each.request, old=each.old, new=each.new) for each in redactions],
        unredacted=[
            *(UnredactedBag(request=bag, reason=reason) for bag, reason in sorted(left.bags.items())),
            *_stopped(ref),
        ],
        copies=Copies(asked=left.copies.asked, absent=left.copies.asked - left.copies.present),
        recoverable=[Recoverable(why=each["why"], until=each["until"]) for each in kept],
        # Copies of a redacted bag hold nothing of it; those that were made before do.
        downloads=downloads_of(home.container, home.name, touched, without={each.new for each in redactions}),
    )


def _downloads(ref: RequestRef, home: Account) -> list[Download]:
    """Copies that have left the archive, of bags that hold anything of the scope's projects."""
    projects = [scoped.id for scoped in planned_projects(ref["account"], ref["request"])]
    bags = [BagNames(home.name, name.rstrip("/")) for name in home.store.children(f"{home.name}/exports/")]
    holding = [
        bag.request
        for bag in bags
        if any(next(home.store.children(bag.blob(project_folder(each))), "") for each in projects)
    ]
    return downloads_of(home.container, home.name, holding)


def _stopped(ref: RequestRef) -> list[UnredactedBag]:
    """No bag was touched for a project where the erase was stopped."""
    return [
        UnredactedBag(
            request=ref["request"],
            reason=f"no copy of project {scoped.id} left any bag: {_STOPPED[stop]}",
        )
        for scoped in planned_projects(ref["account"], ref["request"])
        if (stop := why_to_keep_copies(ref, scoped))
    ]


def _bags(home: Account, names: ErasureNames) -> list[str]:
    return cast("list[str]", json.loads(home.store.read(names.bags))["bags"])


def _erased(home: Account, names: ErasureNames) -> list[Erased]:
    return [Erased.of(each) for each in json.loads(home.store.read(names.bags))["erased"]]


def _at(ref: RequestRef, home: Account) -> str:
    """The same in every run: when this phase began."""
    events = Ledger(home.container, ref["account"], ref["request"]).read()
    return next(
        event.at.isoformat() for event in events if event.type == PHASE and event.data["phase"] == "archives"
    )
