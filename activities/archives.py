"""Our own copies: which bags have anything of the scope, their redaction, and what is left in them afterwards. One bag an
activity, since one may be large; what is found stands in the run's blobs."""

import dataclasses
import functools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from activities.erasure_payloads import ArchivesRef, BagPart, Bags
from activities.leaving import leaving, staying, write_once
from activities.payloads import RequestRef
from activities.scope import erasure_request, planned_projects, recorded_plan
from activities.unended import may_finish
from steward.accounts import Account, account
from steward.archive.bag import projects_in
from steward.archive.damage import UNREADABLE
from steward.archive.documents import encode
from steward.archive.expiring import expired_with
from steward.archive.names import BagNames
from steward.archive.recovery import recoverable
from steward.archive.recovery_store import AzureRetention
from steward.archive.redaction import redact
from steward.archive.redaction_copies import ask_again, delete_shared
from steward.archive.redaction_plan import NotRedacted
from steward.archive.redaction_search import bags_with, is_prepared, left_in
from steward.archive.store import JSON
from steward.erasure import archived
from steward.erasure.bag_ledgers import downloads_of, note_redactions
from steward.erasure.findings import (
    Archives,
    Copies,
    ErasedArchives,
    KeptArchives,
    Recoverable,
    RedactedBag,
    UnredactedBag,
)
from steward.erasure.names import ErasureNames
from steward.evidence.keys import load_signer
from steward.evidence.redactions import signing
from steward.ledger.ledger import Ledger
from steward.ledger.state import began
from steward.retention.rules import Rules
from steward.settings import current_settings

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
def find_bags(ref: ArchivesRef) -> Bags:
    """Write down which bags have a project of the scope; none where the request keeps its copies."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    if erasure_request(ref["account"], ref["request"]).archives == "keep":
        return Bags(count=0, leaving=False)
    # An earlier run may have emptied a bag, and not have told its export's ledger.
    bags = sorted({*bags_with(home.store, home.name, _projects(ref)), *_bags_of_earlier_runs(home, names)})
    write_once(home, names.bags(ref["run"]), {"bags": bags})
    return Bags(count=len(_bags(home, names.bags(ref["run"]))), leaving=True)


@bp.activity_trigger(input_name="part")
def search_bag(part: BagPart) -> dict[str, bool]:
    """Write down what a bag has of the projects with selectors; of one that is meant whole nothing needs to be known."""
    home, names, bag = _part(part)
    plan = recorded_plan(part["account"], part["request"])
    there = projects_in(home.store, bag)
    found = {
        scoped.id: archived.search_bag(
            home.store, bag, scoped, plan.project(scoped.id)["iterations"]
        ).to_document()
        for scoped in planned_projects(part["account"], part["request"])
        if not scoped.whole and scoped.id in there
    }
    write_once(home, names.in_bag(part["run"], part["number"]), found)
    return {"searched": True}


@bp.activity_trigger(input_name="part")
def redact_bag(part: BagPart) -> dict[str, bool]:
    """Take out of one bag what is to leave it; the export's own ledger says so too."""
    home, _, bag = _part(part)
    erased = leaving(part, ask=True)
    # Whoever prepared a redaction of it may have come to no end.
    prepared = is_prepared(home.store, bag)
    if not (erased or prepared):
        return {"redacted": False}
    try:
        redaction = redact(
            home.store,
            bag,
            erased,
            erasure=part["request"],
            at=_at(part, home),
            sign=signing(bag, load_signer(current_settings().evidence_key)),
            may_finish=functools.partial(may_finish, part),
        )
        if redaction or prepared:
            note_redactions(home.container, bag)
    except (NotRedacted, *UNREADABLE):
        # It stays as it is; the archive's read back names it with the reason.
        return {"redacted": False}
    return {"redacted": bool(redaction)}


@bp.activity_trigger(input_name="ref")
def delete_copies(ref: ArchivesRef) -> dict[str, bool]:
    """Delete the pictures, predictions and models that no bag names any more."""
    home = account(ref["account"])
    delete_shared(home.store, home.name, leaving(ref, ask=True), erasure=ref["request"])
    return {"deleted": True}


@bp.activity_trigger(input_name="part")
def read_back_bag(part: BagPart) -> dict[str, bool]:
    """Write down what is left in a bag, and how it was redacted."""
    home, names, bag = _part(part)
    found = left_in(home.store, bag, leaving(part), erasure=part["request"])
    write_once(home, names.left_in_bag(part["run"], part["number"]), dataclasses.asdict(found))
    return {"read": True}


@bp.activity_trigger(input_name="ref")
def read_back_archive(ref: ArchivesRef) -> dict[str, bool]:
    """Write down what is left in the archives, or why they are kept."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    request = erasure_request(ref["account"], ref["request"])
    found: Archives
    if request.archives == "keep":
        # Copies that have left the archive, of bags that have anything of the scope's projects.
        bags = bags_with(home.store, home.name, _projects(ref))
        expired = expired_with(home.store, home.name, _projects(ref))
        downloads, unknown = downloads_of(home.container, home.name, [*bags, *expired])
        rules = Rules.of_settings(current_settings())
        found = KeptArchives(
            choice="keep",
            reason=f"the request keeps them; its purpose is {request.purpose}; {rules.in_words()}",
            until=None,
            downloads=downloads,
            unknownDownloads=unknown,
        )
    else:
        found = _erased_archives(ref, home, names)
    home.store.write(names.archive_findings, encode(found), media_type=JSON)
    return {"written": True}


def _erased_archives(ref: ArchivesRef, home: Account, names: ErasureNames) -> ErasedArchives:
    erased = leaving(ref)
    bags = _bags(home, names.bags(ref["run"]))
    left = [_read(home, names.left_in_bag(ref["run"], number)) for number in range(len(bags))]
    copies = ask_again(home.store, home.name, erased, erasure=ref["request"])
    redactions = [each for found in left for each in found["redactions"]]
    redacted = sorted({each["request"] for each in redactions})
    touched = [bag for bag, found in zip(bags, left, strict=True) if found["touched"]]
    kept = recoverable(AzureRetention(home.container), home.name, erased, touched, now=datetime.now(UTC))
    # Copies of a redacted bag hold nothing of it; those that were made before do, and those of bags that have expired may.
    expired = expired_with(home.store, home.name, _projects(ref))
    downloads, unknown = downloads_of(
        home.container, home.name, [*redacted, *expired], without={each["new"] for each in redactions}
    )
    return ErasedArchives(
        choice="erase",
        at=datetime.now(UTC).isoformat(),
        bags=[RedactedBag(request=each["request"], old=each["old"], new=each["new"]) for each in redactions],
        unredacted=[
            *(
                UnredactedBag(request=bag, reason=found["reason"])
                for bag, found in zip(bags, left, strict=True)
                if found["reason"]
            ),
            *staying(ref),
        ],
        copies=Copies(asked=copies.asked, absent=copies.asked - copies.present),
        recoverable=[Recoverable(why=each["why"], until=each["until"]) for each in kept],
        downloads=downloads,
        unknownDownloads=unknown,
    )


def _part(part: BagPart) -> tuple[Account, ErasureNames, BagNames]:
    home, names = account(part["account"]), ErasureNames(part["account"], part["request"])
    return home, names, BagNames(home.name, _bags(home, names.bags(part["run"]))[part["number"]])


def _projects(ref: RequestRef) -> set[str]:
    return {scoped.id for scoped in planned_projects(ref["account"], ref["request"])}


def _bags_of_earlier_runs(home: Account, names: ErasureNames) -> Iterator[str]:
    for blob in home.store.list(names.archives):
        if blob.name.endswith("/bags.json"):
            yield from _bags(home, blob.name)


def _bags(home: Account, name: str) -> list[str]:
    return _read(home, name)["bags"]


def _read(home: Account, name: str) -> Any:
    return json.loads(home.store.read(name))


def _at(ref: RequestRef, home: Account) -> str:
    """The same in every run: when this phase began."""
    at = began(Ledger(home.container, ref["account"], ref["request"]).read(), "archives")
    assert at is not None  # noqa: S101 - the orchestration has said so before it came here
    return at.isoformat()
