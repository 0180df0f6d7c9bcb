"""The bag as a whole: its gaps, the sum of each project, its seal, its verification, its signed statement."""

from typing import Any

import azure.durable_functions as df

from activities.payload_files import write_gap
from activities.payloads import ClosedProject, Gap, ProjectClosing, RequestRef, Sealed, Verified
from activities.scope import export_request, planned_projects
from activities.sealed import refuse_when_sealed
from activities.unlisted_tags import note_unlisted
from steward import VERSION
from steward.accounts import account
from steward.archive.bag import find_sealed, seal
from steward.archive.closing import close_project as add_up
from steward.archive.download import BagNotSealed
from steward.archive.names import BagNames
from steward.archive.verify import verify
from steward.evidence import bags
from steward.evidence.keys import load_signer
from steward.ledger.ledger import Ledger
from steward.ledger.state import SEALED
from steward.settings import current_settings

bp = df.Blueprint()


@bp.activity_trigger(input_name="missing")
def record_gap(missing: Gap) -> dict[str, bool]:
    """Let the payload file say why it could not be had."""
    write_gap(missing, missing["path"], missing["fault"]["code"], missing["fault"]["reason"])
    return {"recorded": True}


@bp.activity_trigger(input_name="closing")
def close_project(closing: ProjectClosing) -> ClosedProject:
    """Add up a project; tags that only its images name are noted, to be asked for."""
    home = account(closing["account"])
    bag = BagNames(closing["account"], closing["request"])
    refuse_when_sealed(closing["account"], closing["request"])
    closed = add_up(home.store, bag, closing["project"])
    unlisted = note_unlisted(closing, closed.unlisted_tags) if closed.unlisted_tags else 0
    # On record as progress: only restarts without any count against a request.
    Ledger(home.container, home.name, closing["request"]).append("progress", f"progress-{closing['project']}")
    return ClosedProject(gaps=closed.summary["gaps"], unlisted=unlisted)


@bp.activity_trigger(input_name="ref")
def seal_bag(ref: RequestRef) -> Sealed:
    """Write the tag files, the tagmanifest last."""
    home, bag = account(ref["account"]), BagNames(ref["account"], ref["request"])
    ledger = Ledger(home.container, ref["account"], ref["request"])
    accepted = ledger.state().accepted
    assert accepted is not None  # noqa: S101 - an export runs only for a request that was accepted

    def planned() -> list[str]:
        return [each.id for each in planned_projects(ref["account"], ref["request"])]

    sealed = seal(home.store, bag, about=about(ref), date=accepted.date().isoformat(), planned=planned)
    ledger.append(
        SEALED, SEALED, {"bag": bag.prefix, "tagmanifest": sealed.tagmanifest, "totals": sealed.totals}
    )
    return Sealed(gaps=sealed.totals["gaps"])


def about(ref: RequestRef) -> dict[str, Any]:
    """What export.json says of the request; its selectors may name people, so they stay with the request."""
    request = export_request(ref["account"], ref["request"])
    return {
        "purpose": request.purpose,
        "scope": "account" if request.scope == "account" else "projects",
        "options": request.options.model_dump(by_alias=True),
        "software": {"name": "custom-vision-steward", "version": VERSION},
    }


@bp.activity_trigger(input_name="ref")
def verify_bag(ref: RequestRef) -> Verified:
    """Every blob of the bag against its manifests."""
    result = verify(account(ref["account"]).store, ref["account"], ref["request"])
    return Verified(problems=result.found, first=result.problems[0][:500] if result.problems else "")


@bp.activity_trigger(input_name="ref")
def sign_bag(ref: RequestRef) -> dict[str, str]:
    """Sign the statement that this request ended in this bag, with the ledger's head before its own end."""
    home, bag = account(ref["account"]), BagNames(ref["account"], ref["request"])
    sealed = find_sealed(home.store, bag)
    if sealed is None:
        raise BagNotSealed(f"{bag.prefix}: there is no sealed bag to sign for")
    head = Ledger(home.container, ref["account"], ref["request"]).head()
    predicate = {**about(ref), "ledger": {"events": head.events, "hash": head.hash}}
    signer = load_signer(current_settings().evidence_key)
    return {"statement": bags.sign_bag(home.store, bag, sealed, signer, predicate)}
