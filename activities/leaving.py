"""What leaves the archives: decided once a run from what the read back proved and from what the bags have, and asked again,
for holds and a cancellation, before each bag and before the copies."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import azure.durable_functions as df

from activities.due import with_due
from activities.erasure_payloads import ArchivesRef
from activities.holding import held_images, standing_holds, why_to_keep_copies
from activities.reading_back import erased_of, planned_ids, read_findings
from activities.scope import planned_projects, recorded_plan
from steward.accounts import Account, account
from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.errors import BlobExists, BlobMissing
from steward.archive.redaction_due import note_leaving
from steward.archive.store import JSON
from steward.erasure.archived import Archived
from steward.erasure.comparison import ProjectFindings
from steward.erasure.findings import Entity, UnredactedBag
from steward.erasure.names import ErasureNames
from steward.erasure.verdicts import counted
from steward.ledger.holds import Taken, covering
from steward.ledger.ledger import Ledger
from steward.requests_api.scope import ScopedProject

bp = df.Blueprint()

CANCELLED = "the request was cancelled"
_STOPPED = {
    "ended": "the request has ended",
    "cancelled": CANCELLED,
    "held": "a legal hold covers something of it",
}
_UNREADABLE = "a legal hold names something of it, and not all of its bags can be read"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Of a project; `taken`: all that goes with it, for holds to cover."""

    erased: Erased
    taken: Taken

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Leaving":
        """From what `to_document` made."""
        erased = Erased.of(document["erased"])
        images, tags = (frozenset[str](document[kind]) for kind in ("images", "tags"))
        return cls(erased, Taken(erased.project, images, tags))

    def to_document(self) -> dict[str, Any]:
        return {
            "erased": self.erased.to_document(),
            "images": sorted(self.taken.images),
            "tags": sorted(self.taken.tags),
        }


@dataclass(slots=True)
class Decided:
    """`kept`: sentences' ends that say why something stays, by project."""

    leaving: list[Leaving] = field(default_factory=list[Leaving])
    kept: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@bp.activity_trigger(input_name="ref")
def decide_leaving(ref: ArchivesRef) -> dict[str, bool]:
    """Write down what is to leave the archives, and what stays there though the scope gives it."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    archived, decided = _archived(home, names), Decided()
    for scoped in planned_projects(ref["account"], ref["request"]):
        _decide(ref, home, scoped, archived.get(scoped.id, Archived()), decided)
    decided.leaving = [_with_due(ref, home, each, decided) for each in decided.leaving]
    document = {"leaving": [each.to_document() for each in decided.leaving], "kept": decided.kept}
    write_once(home, names.leaving(ref["run"]), document)
    for each in leaving(ref):
        note_leaving(home.store, home.name, ref["request"], each)
    return {"decided": True}


def write_once(home: Account, name: str, document: Any) -> None:
    """The first that is written counts: a twin that finds something else changes nothing."""
    with contextlib.suppress(BlobExists):
        home.store.write(name, encode(document), media_type=JSON, if_none_match=True)


def leaving(ref: ArchivesRef, *, ask: bool = False) -> list[Erased]:
    """What is to leave, without projects that were stopped: once in a run is for all of it. `ask`: whether any is now."""
    return [each.erased for each in going(ref, ask=ask)]


def going(ref: ArchivesRef, *, ask: bool = False) -> list[Leaving]:
    """As `leaving`, with all that goes along."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    decided = [Leaving.of(each) for each in _read(home, names.leaving(ref["run"]))["leaving"]]
    if ask:
        for each, reason in _stops(ref, home, decided):
            write_once(home, names.stopped(ref["run"], each.erased.project), {"reason": reason})
    stopped = dict(_stopped(home, names, ref["run"]))
    return [each for each in decided if each.erased.project not in stopped]


def staying(ref: ArchivesRef) -> list[UnredactedBag]:
    """What stays in the archives though the scope gives it, and why."""
    kept, stopped = _stays(ref)
    return [
        *(
            UnredactedBag(request=ref["request"], reason=f"copies of project {project} stay: {why}")
            for project, why in kept
        ),
        *(
            UnredactedBag(request=ref["request"], reason=f"no more copies of project {project} leave: {why}")
            for project, why in stopped
        ),
    ]


def reasons_to_stay(ref: ArchivesRef) -> list[tuple[str, str]]:
    """Of each project of which something stays, or of which no more leaves: why."""
    kept, stopped = _stays(ref)
    return [*kept, *stopped]


def _stays(ref: ArchivesRef) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What was decided to stay, and what was stopped since."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    kept: list[tuple[str, str]] = _read(home, names.leaving(ref["run"]))["kept"]
    return [(project, why) for project, why in kept], list(_stopped(home, names, ref["run"]))


def _archived(home: Account, names: ErasureNames) -> dict[str, Archived]:
    """What bags have of each project with selectors. What an earlier run found counts too: the bags that it has redacted since
    name no longer what is still to be deleted beside them."""
    found: dict[str, Archived] = {}
    for blob in home.store.list(names.archives):
        if "/found/" in blob.name:
            for project, document in _read(home, blob.name).items():
                found.setdefault(project, Archived()).add(document)
    return found


def _decide(
    ref: ArchivesRef, home: Account, scoped: ScopedProject, archived: Archived, decided: Decided
) -> None:
    """What the read back proved to be gone, and what only the archives still have of the scope. Nothing where a person has
    cancelled, where a hold covers any of it, since these may be the last copies, or where the proof is none."""
    findings = read_findings(home, ErasureNames(ref["account"], ref["request"]), scoped.id)
    stop = why_to_keep_copies(ref, scoped)
    if why := _STOPPED[stop] if stop else _doubt(ref, home, findings, scoped.id):
        decided.kept.append((scoped.id, why))
        return
    gone = erased_of(scoped.id, findings)
    if gone.whole or scoped.whole:
        # Whatever a hold names of a whole project has stopped it above.
        decided.leaving.append(Leaving(gone, Taken(scoped.id, gone.images, gone.tags)))
        return
    # What is still there, since it was left or refused, keeps its copies.
    there = set(findings["present"])
    held = held_images(ref, scoped.id, archived.images)
    erased = Erased(
        scoped.id,
        images=gone.images | (archived.images.keys() - there - held),
        predictions=gone.predictions | (archived.predictions - there),
        tags=gone.tags,
        iterations=gone.iterations | (archived.iterations - there),
    )
    each, standing = Leaving(erased, _taken(erased, archived)), standing_holds(ref)
    if covering(standing, each.taken):
        decided.kept.append((scoped.id, _STOPPED["held"]))
    elif archived.unreadable and any(hold.names(scoped.id) for hold in standing):
        decided.kept.append((scoped.id, _UNREADABLE))
    else:
        decided.leaving.append(each)
        decided.kept += [(scoped.id, why) for why in _unplanned(ref, home, scoped.id, archived, there)]
        if held:
            decided.kept.append((scoped.id, f"legal holds cover {len(held)} of its images"))


def _with_due(ref: ArchivesRef, home: Account, leaving: Leaving, decided: Decided) -> Leaving:
    """With copies that earlier erases left."""
    project = leaving.erased.project
    there = read_findings(home, ErasureNames(ref["account"], ref["request"]), project)["present"]
    erased, why = with_due(ref, home, leaving.erased, there)
    if why:
        decided.kept.append((project, why))
    return Leaving(erased, replace(leaving.taken, images=leaving.taken.images | erased.images))


def _unplanned(
    ref: ArchivesRef, home: Account, project: str, archived: Archived, there: set[str]
) -> Iterator[str]:
    """What bags give by the scope and the service still has, relabelled or renamed since: no plan has it, so that nothing
    else names it."""
    found: dict[Entity, set[str]] = {
        "images": archived.images.keys() & there,
        "stored predictions": archived.predictions & there,
        "iterations": archived.iterations & there,
    }
    # Most often there is none, and the plan's batches need not be read.
    planned = (
        planned_ids(home, recorded_plan(ref["account"], ref["request"]), project)
        if any(found.values())
        else {}
    )
    for entity, ids in found.items():
        if count := len(ids - planned.get(entity, set())):
            yield f"{counted(count, entity)} that bags give by the scope: the service still has {'it' if count == 1 else 'them'}, and no plan does"


def _taken(erased: Erased, archived: Archived) -> Taken:
    """With an iteration go the copies that only its snapshots name."""
    snapshots = archived.snapshots_of(erased.iterations)
    carried = (archived.images.get(image, set[str]()) for image in erased.images)
    return Taken(
        erased.project,
        images=erased.images | snapshots.images,
        tags=erased.tags.union(snapshots.tags, *carried),
    )


def _doubt(ref: ArchivesRef, home: Account, findings: ProjectFindings, project: str) -> str:
    """Why the read back of a project proves nothing; empty where it does."""
    if findings["unsettled"] or not findings["asked"]:
        return "its read back could not be finished"
    try:
        found = _read(home, ErasureNames(ref["account"], ref["request"]).account_findings)
    except BlobMissing:
        return "the account's projects could not be listed again"
    return "the account still lists the project" if project in found["listed"] else ""


def _stops(ref: ArchivesRef, home: Account, going: Iterable[Leaving]) -> Iterator[tuple[Leaving, str]]:
    """Projects of which nothing more is to leave, and why."""
    state = Ledger(home.container, ref["account"], ref["request"]).state()
    standing = standing_holds(ref)
    if not (state.has_ended or state.cancel_asked or standing):
        return
    scope = {each.id: each for each in planned_projects(ref["account"], ref["request"])}
    for each in going:
        stop = why_to_keep_copies(ref, scope[each.erased.project])
        if stop or covering(standing, each.taken):
            yield each, _STOPPED[stop or "held"]


def _stopped(home: Account, names: ErasureNames, run: str) -> Iterator[tuple[str, str]]:
    for blob in home.store.list(names.archives_run(run) + "stopped/"):
        project = blob.name.rpartition("/")[2].removesuffix(".json")
        yield project, _read(home, blob.name)["reason"]


def _read(home: Account, name: str) -> Any:
    return json.loads(home.store.read(name))
