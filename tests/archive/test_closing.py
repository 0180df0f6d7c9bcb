"""A project's payload is read once more and added up: what is missing, moved or stands twice is told."""

import json
import uuid

import pytest

from steward.archive import manifest, names
from steward.archive.closing import close_project, fragment
from steward.archive.documents import gap
from steward.archive.erased import Erased, read_erased, record_erased
from steward.archive.errors import PayloadInconsistent
from steward.archive.listings import note_iterations, note_listed, record_listing
from steward.archive.store import ArchiveStore
from tests.archive.exports import ACCOUNT, Export, Project, child, digest_of
from tests.archive.schemas import validators


def test_a_list_that_lacks_a_page_cannot_be_closed(store: ArchiveStore) -> None:
    for lost, reason in ((0, "page 0 before it"), (1, "1 of its 2 pages")):
        export = Export(store, request=f"export-{lost}")
        project = Project()
        export.project(project)
        store.delete_many([export.bag.blob(names.page_path(project.id, "", "tagged", lost))])
        with pytest.raises(PayloadInconsistent, match=reason):
            close_project(store, export.bag, project.id)


def test_a_shorter_second_reading_leaves_no_page_of_the_first(store: ArchiveStore) -> None:
    export, project = Export(store), Project()
    export.project(project)
    export.listing(project, "", "tagged", [0, 1])
    closing = close_project(store, export.bag, project.id)
    tagged = closing.summary["listings"][0]
    assert (tagged["iteration"], tagged["kind"]) == (None, "tagged")
    assert tagged["exported"] == tagged["counted"] == 2


def test_export_json_says_what_is_missing_and_what_stands_twice(store: ArchiveStore) -> None:
    export, project = Export(store), Project(gone=[4])
    export.project(project)
    export.document(
        names.ACCOUNT_PATH, {**ACCOUNT, "accountInformation": gap("ServiceFault", "no account information")}
    )
    export.listing(project, "", "tagged", [0, 1, 2, 0])
    unread = [gap("failed", "the page could not be read")]
    export.lines(names.page_path(project.id, "", "untagged", 1), unread)
    digest = digest_of([[export.image(project, 4, [])], unread])
    record_listing(
        store, export.bag.work, project.id, "", "untagged",
        recorded=export.later(), pages=2, digest=digest, counted=2, listed=1, settled=False,
    )  # fmt: skip
    close_project(store, export.bag, project.id)
    sealed = export.seal()

    found = json.loads(store.read(export.bag.blob(manifest.EXPORT)))
    listings = {(each["iteration"], each["kind"]): each for each in found["projects"][0]["listings"]}
    assert listings[None, "tagged"]["duplicates"] == 1
    assert listings[None, "tagged"]["exported"] == 3
    assert listings[None, "untagged"] == {
        "iteration": None, "kind": "untagged", "whole": True,
        "counted": 2, "exported": 1, "duplicates": 0, "gaps": 2, "settled": False,
    }  # fmt: skip
    assert found["about"] == {"purpose": "backup", "options": {"models": True}}
    reasons = sorted(each["reason"] for each in found["gaps"])
    moved = "it did not hold still while it was read: the service counts 2, 1 were listed; 1 are exported"
    assert reasons == [
        "HTTP 404",
        moved,
        "never trained",
        "no account information",
        "the page could not be read",
        "the service gave 1 items twice, and perhaps others not at all: export again",
    ]
    assert sealed.totals["gaps"] == found["totals"]["gaps"] == 6


def test_pages_that_a_killed_run_left_of_a_list_that_is_no_more_are_a_gap(store: ArchiveStore) -> None:
    """The iteration was deleted before the request went on: nobody wrote its first page, nobody ended its list."""
    export, project = Export(store), Project(snapshots=[])
    export.project(project)
    left = names.page_path(project.id, str(uuid.uuid4()), "tagged", 3)
    export.lines(left, [export.image(project, 7, [])])
    closing = close_project(store, export.bag, project.id)
    assert closing.summary["gaps"] == 1
    gaps = store.read_lines(fragment(export.bag, "gaps", project.id))
    assert [json.loads(each)["code"] for each in gaps] == ["ListNotEnded"]


def test_what_a_killed_run_left_of_an_iteration_that_is_gone_is_a_gap(store: ArchiveStore) -> None:
    """It was deleted before the request went on, so nobody read the rest of it; all its lists have ended."""
    export, project = Export(store), Project(snapshots=[[0], [1]])
    export.project(project)
    gone, read = (child(project, "iteration", number) for number in (0, 1))
    note_iterations(store, export.bag.work, project.id, [read])
    export.document(names.iterations_path(project.id), {"iterations": [{"id": read}]})
    closing = close_project(store, export.bag, project.id)
    gaps = [json.loads(each) for each in store.read_lines(fragment(export.bag, "gaps", project.id))]
    assert [each["path"] for each in gaps if each["code"] == "IterationGone"] == [
        f"data/projects/{project.id}/iterations/{gone}/"
    ]
    assert closing.summary["listed"]["iterations"] == 1


def test_an_iteration_that_is_listed_and_was_not_read_is_a_gap(store: ArchiveStore) -> None:
    """The list of iterations was written again, by a late twin, when there was one more."""
    export, project = Export(store), Project(snapshots=[[0]])
    export.project(project)
    read, new = child(project, "iteration", 0), str(uuid.uuid4())
    export.document(names.iterations_path(project.id), {"iterations": [{"id": read}, {"id": new}]})
    before = close_project(store, export.bag, project.id).summary
    gaps = [json.loads(each) for each in store.read_lines(fragment(export.bag, "gaps", project.id))]
    (gap_of_new,) = (each for each in gaps if each["code"] == "IterationNotRead")
    assert gap_of_new["path"] == names.iterations_path(project.id)
    assert gap_of_new["id"] == new
    # One that could not be had is named by its own gap, and not once more.
    export.document(names.iteration_path(project.id, new), gap("NotFoundIteration", "gone"))
    assert close_project(store, export.bag, project.id).summary["gaps"] == before["gaps"]


def test_a_late_twin_of_an_earlier_record_changes_nothing(store: ArchiveStore) -> None:
    """The list was read again and had grown by a page; what the first reading said comes in once more."""
    export, project = Export(store), Project(tagged=[0, 1, 2, 3], snapshots=[])
    export.project(project)
    whole = close_project(store, export.bag, project.id).summary
    early = digest_of([[export.image(project, number, []) for number in (0, 1, 2)]])
    record_listing(
        store, export.bag.work, project.id, "", "tagged",
        recorded="000000", pages=1, digest=early, counted=3, listed=3, settled=True,
    )  # fmt: skip
    assert close_project(store, export.bag, project.id).summary == whole


def test_a_page_beyond_the_end_of_its_list_goes(store: ArchiveStore) -> None:
    """A late twin of a page that the list had before it was read again."""
    export, project = Export(store), Project(tagged=[0, 1], snapshots=[])
    export.project(project)
    whole = close_project(store, export.bag, project.id).summary
    beyond = names.page_path(project.id, "", "tagged", 1)
    export.lines(beyond, [export.image(project, 7, [])])
    export.seal()
    assert store.find(export.bag.blob(beyond)) is None
    export_json = json.loads(store.read(export.bag.blob(manifest.EXPORT)))
    assert export_json["projects"] == [whole]


def test_an_image_that_changed_lists_is_told_where_selectors_chose_others(store: ArchiveStore) -> None:
    export, project = Export(store), Project(tagged=[0], untagged=[], snapshots=[])
    export.project(project)
    ids = [child(project, "image", number) for number in range(4)]
    note_listed(store, export.bag.work, project.id, "", "tagged", 0, ids[:2])
    note_listed(store, export.bag.work, project.id, "", "untagged", 0, ids[2:])
    assert close_project(store, export.bag, project.id).summary["gaps"] == 0
    note_listed(store, export.bag.work, project.id, "", "untagged", 0, ids[1:])
    assert close_project(store, export.bag, project.id).summary["gaps"] == 1


def test_an_image_in_both_lists_betrays_that_another_may_be_in_neither(store: ArchiveStore) -> None:
    export, project = Export(store), Project()
    export.project(project)
    export.listing(project, "", "tagged", [0, 1])
    export.listing(project, "", "untagged", [2, 3])
    still = close_project(store, export.bag, project.id).summary["gaps"]
    export.listing(project, "", "untagged", [1, 2])
    assert close_project(store, export.bag, project.id).summary["gaps"] == still + 1


def test_tags_that_only_images_name_are_told(store: ArchiveStore) -> None:
    export, project = Export(store), Project(snapshots=[[0]], tags=["red"])
    export.project(project)
    gone = str(uuid.uuid4())
    region = {"tagId": gone}
    line = export.image(project, 9, [])
    line["image"]["regions"] = [region]
    iteration = child(project, "iteration", 0)
    export.pages(project, iteration, "tagged", [line])
    unlisted = close_project(store, export.bag, project.id)
    assert unlisted.unlisted_tags == {iteration: [gone]}
    # A seal that comes before anybody asked for the tag names it too.
    assert unlisted.summary["gaps"] == 2

    found = {
        "tags": [{"id": child(project, "tag", 0), "name": "red"}, {"id": gone, **gap("NotFound", "gone")}]
    }
    export.document(names.tags_path(project.id, iteration), found)
    closing = close_project(store, export.bag, project.id)
    assert closing.unlisted_tags == {}
    assert closing.summary["gaps"] == 2


def test_what_an_erasure_took_and_is_here_again_is_told_once(store: ArchiveStore) -> None:
    project = Project(gone=[4], snapshots=[[0, 1], [1]])
    export = Export(store)
    export.project(project)
    back = Erased(
        project.id,
        whole=True,
        # Two in several lists, one without its picture; the last one is not here.
        images=frozenset(child(project, "image", number) for number in (0, 1, 4, 9)),
        predictions=frozenset({child(project, "prediction", 0)}),
        tags=frozenset({child(project, "tag", 0)}),
        iterations=frozenset({child(project, "iteration", 1)}),
    )
    known = close_project(store, export.bag, project.id).summary["gaps"]
    record_erased(store, "default", "erasure-1", "2026-11-20T00:00:00+00:00", back)
    closing = close_project(store, export.bag, project.id)
    gaps = [json.loads(each) for each in store.read_lines(fragment(export.bag, "gaps", project.id))]
    told = [each for each in gaps if each["code"] == "ErasedIsBack"]
    ids = {project.id, *back.images, *back.predictions, *back.tags, *back.iterations}
    assert sorted(each["id"] for each in told) == sorted(ids - {child(project, "image", 9)})
    assert closing.summary["gaps"] == known + len(told)
    assert {each["reason"] for each in told} == {"request erasure-1 erased it, and it is here again"}


def test_lists_of_what_was_erased_are_the_same_when_written_again(store: ArchiveStore) -> None:
    project, ids = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(3)]
    first = Erased(project, images=frozenset(ids[:2]))
    name = record_erased(store, "default", "erasure-1", "2026-11-20T00:00:00+00:00", first)
    data = store.read(name)
    assert list(validators()["erased"].iter_errors(json.loads(data))) == []
    record_erased(store, "default", "erasure-1", "2026-11-20T00:00:00+00:00", first)
    assert store.read(name) == data
    second = Erased(project, whole=True, images=frozenset(ids[1:]))
    record_erased(store, "default", "erasure-2", "2026-11-21T00:00:00+00:00", second)
    before = read_erased(store, "default", project)
    assert (before.project, set(before.images)) == ("erasure-2", set(ids))
    assert Erased.of(json.loads(store.read(name))) == first
