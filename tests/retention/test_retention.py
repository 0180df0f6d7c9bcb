"""What a retention deletes, and what keeps a bag and its pictures whatever the rules say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from activities import retention
from starting import scheduled
from steward.archive import collecting, manifest
from steward.archive.collecting import Unnamed
from steward.archive.erased import Erased
from steward.archive.expiring import expired_with, read_expired
from steward.archive.redaction_due import note_leaving
from steward.archive.store import ArchiveStore, StoredBlob
from steward.archive.verify import verify
from steward.evidence.envelope import verify as verify_envelope
from steward.ledger.holds import Covers, Holds
from steward.ledger.ledger import Ledger
from steward.ledger.state import EXPIRED, GUARD, PLAN, RequestState
from steward.retention import going, protection
from tests.archive.exports import DrawnPicture, Project, child
from tests.retention.retaining import DAYS, OFF, Retaining, Rules, bag_of

HATS = Project(tagged=[0, 1], untagged=[2], snapshots=[[3]], predictions=1)
OTHER = Project(tagged=[7], untagged=[], snapshots=[], predictions=0)


def hats(*tagged: int) -> Project:
    """The same project at another time."""
    return Project(id=HATS.id, tagged=list(tagged), untagged=[], snapshots=[], predictions=0)


def images(project: Project, *numbers: int) -> set[str]:
    return {child(project, "image", number) for number in numbers}


def test_an_old_bag_goes_and_with_it_what_no_other_bag_names(account: Retaining) -> None:
    account.export("export-old", [HATS], days_ago=8)
    account.export("export-new", [hats(1, 4)], days_ago=6)
    assert account.retain().state == "completed"
    assert account.bags() == {"export-old", "export-new"}, "no rule is on"
    found = account.retain(DAYS)
    assert (found.state, found.retained["bags"], found.retained["kept"]) == ("completed", 1, [])
    assert account.bags() == {"export-new"}
    assert account.copies() == images(HATS, 1, 4)
    # Three pictures, one of a prediction, one model of the snapshot's iteration.
    assert found.retained["copies"] == 5
    assert [*account.store.list("default/models/"), *account.store.list("default/predictions/")] == []
    assert account.unproved() == {}


def test_what_proves_that_a_bag_was_there_stays(account: Retaining) -> None:
    """The ledger says that it goes before it does; the signed statement is whole."""
    account.export("export-old", [HATS], days_ago=8)
    account.export("export-new", [hats(1)])
    sealed = account.store.find(bag_of("export-old").blob(manifest.TAGMANIFEST))
    assert sealed
    account.retain(DAYS)
    state = account.ledger("export-old").state()
    expired = read_expired(account.store, bag_of("export-old"))
    assert expired
    assert (state.state, state.bag) == ("completed", None)
    assert state.expired == {key: expired[key] for key in ("rule", "retention", "at", "tagmanifest")}
    assert (expired["rule"], expired["tagmanifest"]) == ("days", sealed.sha256)
    statement = account.store.read("default/expired/export-old/statement.dsse.json")
    verify_envelope(statement, [account.signer.public_key])
    assert expired_with(account.store, "default", {HATS.id}) == ["export-old"]
    assert expired_with(account.store, "default", {OTHER.id}) == []
    assert "its time had come" in verify(account.store, "default", "export-old").problems[0]


def test_each_rule_names_its_bags(account: Retaining) -> None:
    account.export("export-subject-old", [], days_ago=31, purpose="data-subject")
    account.export("export-subject", [], days_ago=29, purpose="data-subject")
    for number in range(3):
        account.export(f"export-{number}", [], days_ago=10 - number)
    subject = {"export-subject-old": "data-subject"}
    assert account.going(OFF).going == subject
    assert account.going(replace(OFF, runs=2)).going == subject | {"export-0": "runs"}
    assert account.going(replace(OFF, days=8.5)).going == subject | {"export-0": "days", "export-1": "days"}


def test_the_newest_export_of_the_whole_account_that_verifies_stays(account: Retaining) -> None:
    account.export("export-oldest", [], days_ago=30)
    account.export("export-whole", [], days_ago=20)
    account.export("export-damaged", [hats(2)], days_ago=15)
    account.export("export-part", [], days_ago=10, scope="projects")
    account.export("export-failed", [], days_ago=9, state="failed")
    account.store.delete_many([blob.name for blob in account.store.list("default/pictures/")])
    assert account.going(DAYS).kept == {"export-whole": going.NEWEST}
    for bag in ("export-whole", "export-oldest"):
        account.store.delete_many([bag_of(bag).blob("data/account.json"), bag_of(bag).blob(manifest.FETCH)])
    assert account.going(DAYS).kept == {"export-damaged": going.NEWEST}, "better than none"


def test_one_with_gaps_takes_not_the_place_of_the_last_without(account: Retaining) -> None:
    account.export("export-oldest", [], days_ago=30)
    account.export("export-whole", [], days_ago=20)
    account.export("export-gaps", [], days_ago=15, state="completed-with-gaps")
    account.export("export-more-gaps", [], days_ago=10, state="completed-with-gaps")
    found = account.going(DAYS)
    assert found.kept == {"export-whole": going.NEWEST_WITHOUT_GAPS, "export-more-gaps": going.NEWEST}
    assert set(found.going) == {"export-oldest", "export-gaps"}


def test_a_bag_of_which_a_hold_covers_anything_stays_whole(account: Retaining) -> None:
    account.export("export-hats", [hats(0)], days_ago=9)
    account.export("export-other", [OTHER], days_ago=9)
    account.export("export-new", [])
    holds = Holds(account.container, "default")
    covers: list[Covers] = [
        "account",
        {"project": HATS.id},
        {"project": HATS.id, "image": child(HATS, "image", 5)},
        {"project": HATS.id, "tag": child(HATS, "tag", 0)},
    ]
    for each in covers:
        hold = holds.set(each, reason="case 7", by={})
        found = account.going(DAYS)
        assert set(found.going) == (set() if each == "account" else {"export-other"}), each
        assert set(found.kept.values()) == {protection.HELD}, each
        holds.lift(hold.id, reason="over", by={})
    assert set(account.going(DAYS).going) == {"export-hats", "export-other"}
    # While nobody can say what is held, everything is.
    log = account.container.get_blob_client("default/holds/ledger.jsonl")
    log.delete_blob()
    log.upload_blob(b"{}\n", blob_type="AppendBlob")
    account.retain(DAYS)
    assert account.bags() == {"export-hats", "export-other", "export-new"}


def test_a_copy_that_no_bag_names_stays_while_a_hold_covers_its_project(account: Retaining) -> None:
    orphan = child(HATS, "image", 9)
    account.export("export-new", [hats(1)])
    account.store.write(f"default/pictures/{HATS.id}/{orphan}", DrawnPicture(b"9").data)
    hold = Holds(account.container, "default").set(
        {"project": HATS.id, "image": child(HATS, "image", 8)}, reason="case 7", by={}
    )
    found = account.retain()
    assert orphan in account.copies()
    why = "1 copies stay, since a legal hold covers something of it"
    assert (found.state, found.retained["copies"]) == ("completed", 0)
    assert found.retained["notCollected"] == [f"project {HATS.id}: {why}"]
    # It is asked for again, though no bag is to go.
    assert starts(account)
    Holds(account.container, "default").lift(hold.id, reason="over", by={})
    found = account.retain()
    assert account.copies() == images(HATS, 1)
    assert (found.retained["copies"], found.retained["notCollected"]) == (1, [])


def starts(account: Retaining) -> bool:
    """Whether the schedule starts a retention."""

    def nothing(*_: object) -> None:
        """No engine is here to start it."""

    def as_it_is(_: Ledger, state: RequestState) -> RequestState:
        return state

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduled, "account", {"default": account.home}.__getitem__)
        patch.setattr(scheduled, "current_settings", lambda: account.settings)
        patch.setattr(scheduled, "start", nothing)
        patch.setattr(scheduled, "with_hub", as_it_is)
        return scheduled.start_retention(cast("Any", None), "default") != "no bag is to go"


def test_what_a_hold_stops_half_way_is_told_as_it_went(
    account: Retaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set after the first batch."""
    monkeypatch.setattr(collecting, "DELETE_BATCH", 2)
    for number in range(5):
        account.store.write(f"default/pictures/{HATS.id}/{child(HATS, 'image', number)}", b"9")
    delete = ArchiveStore.delete_unchanged

    def deleting(store: ArchiveStore, blobs: Iterable[StoredBlob]) -> int:
        anew = delete(store, blobs)
        Holds(account.container, "default").set({"project": HATS.id}, reason="case 7", by={})
        return anew

    monkeypatch.setattr(ArchiveStore, "delete_unchanged", deleting)
    found = account.retain()
    assert len(account.copies()) == 3
    assert (found.state, found.retained["copies"]) == ("completed", 2)
    assert [each.partition(", ")[0] for each in found.retained["notCollected"]] == [
        f"project {HATS.id}: 3 copies stay"
    ]


def test_what_a_later_try_finds_counts(account: Retaining) -> None:
    """The first try could look at everything, and the process died before its result was heard."""
    account.export("export-new", [hats(1)])
    account.store.write(f"default/pictures/{HATS.id}/{child(HATS, 'image', 9)}", b"9")
    request = account.begin(OFF)
    account.work(request, end=False)
    blob = account.container.get_blob_client(bag_of("export-new").blob(manifest.MANIFEST_SHA256))
    blob.upload_blob(b"{", overwrite=True, metadata=blob.get_blob_properties().metadata)
    account.work(request)
    found = account.ledger(request).state()
    assert (found.state, found.retained["copies"]) == ("incomplete", 1)
    assert "bag export-new cannot be read" in found.retained["notCollected"][0]


EXPORT: dict[str, Any] = {"export": {"request": "export-old", "tagmanifest": "0" * 64, "sealed": "…"}}
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()
# Days; the bag ended less than a day before, and may be that old.
SOON_AFTER = 8.5


def test_a_bag_that_an_erasure_relies_on_or_may_come_to_stays(account: Retaining) -> None:
    account.export("export-old", [hats(0)], days_ago=9)
    account.export("export-new", [])

    def kept() -> set[str]:
        found = account.going(DAYS)
        assert set(found.going) | set(found.kept) == {"export-old"}
        return set(found.kept.values())

    guarded = account.erasure("erasure-guarded")
    assert kept() == set(), "it was accepted long after the export, and has no guard"
    guarded.append(GUARD, "guard-first", EXPORT)
    assert kept() == {protection.RELIED_ON}
    guarded.end("incomplete")
    assert kept() == set()

    planning = account.erasure("erasure-planning", days_ago=SOON_AFTER)
    assert kept() == {protection.RELIED_ON}, "it has no plan yet"
    planning.end("failed")
    for number, fields in enumerate([{"waiveExport": {"reason": "none is needed"}}, {"archives": "erase"}]):
        account.erasure(f"erasure-{number}", days_ago=SOON_AFTER, **fields)
        assert kept() == set(), fields

    dry = account.erasure("erasure-dry-run-1", days_ago=SOON_AFTER, dryRun=True)
    dry.append(PLAN, PLAN, {"request": "erasure-dry-run-1", "hash": "0" * 64, "expires": LATER})
    dry.end("planned")
    assert kept() == {protection.RELIED_ON}, "its plan may be taken up"


def test_while_a_record_cannot_be_believed_nothing_goes(account: Retaining) -> None:
    account.export("export-old", [hats(0)], days_ago=9)
    account.export("export-new", [])
    ledger = account.container.get_blob_client("default/requests/erasure-1/ledger.jsonl")
    ledger.upload_blob(b"{}\n", blob_type="AppendBlob")
    found = account.going(DAYS)
    assert (found.going, found.kept) == ({}, {"export-old": protection.UNREADABLE})


def test_pictures_of_a_bag_that_was_never_sealed_stay_until_it_goes(account: Retaining) -> None:
    account.export("export-open", [hats(0)], days_ago=30, state=None, sealed=False)
    account.export("export-failed", [HATS], days_ago=6, state="failed", sealed=False)
    account.export("export-new", [hats(1)])
    copies = len(
        list(account.store.list("default/predictions/")) + list(account.store.list("default/models/"))
    )
    account.retain(DAYS)
    assert account.bags() == {"export-open", "export-failed", "export-new"}
    assert account.copies() == images(HATS, 0, 1, 2, 3)
    assert (copies, len(list(account.store.list("default/models/")))) == (2, 1)
    account.retain(Rules(days=5, runs=0, data_subject_days=30))
    assert account.bags() == {"export-open", "export-new"}
    assert account.copies() == images(HATS, 0, 1)
    assert list(account.store.list("default/work/export-failed/")) == []


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "leftovers"])
def test_while_a_bag_cannot_be_read_nothing_that_it_may_name_is_collected(
    account: Retaining, *, sealed: bool
) -> None:
    account.export("export-old", [HATS, OTHER], days_ago=9)
    account.export("export-new", [hats(1)], sealed=sealed, state="completed" if sealed else "failed")
    account.export("export-newest", [Project(tagged=[], untagged=[], snapshots=[], predictions=0)])
    path = manifest.MANIFEST_SHA256 if sealed else f"data/projects/{HATS.id}/images/tagged-00000.jsonl"
    blob = account.container.get_blob_client(bag_of("export-new").blob(path))
    blob.upload_blob(b"{", overwrite=True, metadata=blob.get_blob_properties().metadata)
    found = account.retain(DAYS)
    assert found.state == "incomplete"
    assert "bag export-new cannot be read" in found.reason
    assert account.bags() == {"export-new", "export-newest"}
    # Leftovers say by their folders of which projects they have anything.
    others = images(OTHER, 7) if sealed else set[str]()
    assert account.copies() == images(HATS, 0, 1, 2, 3) | others


def test_what_an_erasure_is_to_delete_is_left_to_it(account: Retaining) -> None:
    account.export("export-old", [hats(0, 1, 2)], days_ago=9)
    account.export("export-new", [OTHER])
    note_leaving(account.store, "default", "erasure-1", Erased(HATS.id, images=frozenset(images(HATS, 1))))
    account.retain(DAYS)
    assert account.copies() == images(HATS, 1) | images(OTHER, 7)
    assert len(list(account.store.list("default/leaving/"))) == 1


def test_once_its_request_has_ended_nothing_more_goes(account: Retaining) -> None:
    """Another request has the turn then, and may name what nobody named."""
    account.export("export-old", [hats(0)], days_ago=9)
    account.export("export-new", [hats(1)])
    account.store.write(f"default/pictures/{HATS.id}/{child(HATS, 'image', 9)}", b"9")
    request = account.begin(DAYS)
    account.ledger(request).end("failed", reason="was terminated")
    account.work(request)
    assert account.bags() == {"export-old", "export-new"}
    assert account.copies() == images(HATS, 0, 1, 9)
    assert EXPIRED not in {event.type for event in account.ledger("export-old").read()}


def test_what_an_export_names_once_its_request_has_ended_stays(
    account: Retaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an activity goes on after its request was ended from outside, its look at the bags is old."""
    account.export("export-old", [hats(0)], days_ago=9)
    account.export("export-new", [])
    request = account.begin(DAYS)
    look = retention.find_unnamed

    def overtaken(*arguments: Any, **named: Any) -> Unnamed:
        found = look(*arguments, **named)
        account.ledger(request).end("failed", reason="was terminated")
        account.export("export-next", [hats(0)])
        return found

    monkeypatch.setattr(retention, "find_unnamed", overtaken)
    account.work(request)
    assert account.bags() == {"export-new", "export-next"}
    assert account.unproved() == {}


def test_a_copy_that_was_written_anew_since_it_was_listed_stays(account: Retaining) -> None:
    names = [f"default/pictures/{HATS.id}/{each}" for each in images(HATS, 0, 1)]
    for name in names:
        account.store.write(name, b"as it was")
    listed = list(account.store.list(f"default/pictures/{HATS.id}/"))
    account.store.write(names[0], b"anew")
    account.store.delete_unchanged(listed)
    assert [blob.name for blob in account.store.list("default/pictures/")] == [names[0]]
