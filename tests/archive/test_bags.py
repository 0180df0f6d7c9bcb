"""A bag is sealed from any payload, proves itself, and is a bag to everybody else too."""

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import bagit
import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings

from steward.archive import manifest, names, writing
from steward.archive.bag import ProjectNotClosed, find_sealed, seal
from steward.archive.closing import close_project, fragment
from steward.archive.documents import gap
from steward.archive.download import download
from steward.archive.listings import note_iterations, note_listed, record_listing
from steward.archive.reading import PayloadInconsistent
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.archive.exports import ACCOUNT, Export, Project, child, digest_of, projects
from tests.archive.schemas import faults_of_bag
from tests.conftest import Azurite


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# The public tool passes an argument in a way that Python 3.13 frowns upon.
@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")
@given(described=projects())
def test_any_payload_becomes_a_bag_that_everybody_accepts(
    store: ArchiveStore, described: list[Project]
) -> None:
    export = Export(store, account=f"a-{uuid.uuid4().hex}")
    export.write(described)
    sealed = export.seal()

    for deep in (False, True):
        found = verify(store, export.bag.account, export.bag.request, deep=deep)
        assert found.problems == []
        assert (found.files, found.bytes) == (sealed.totals["payloadFiles"], sealed.totals["payloadBytes"])
        assert found.tagmanifest == sealed.tagmanifest
    with tempfile.TemporaryDirectory() as folder:
        download(store, export.bag, Path(folder) / "bag")
        assert bagit.Bag(str(Path(folder) / "bag")).validate()
    assert not list(store.list(export.bag.work))
    assert faults_of_bag(store, export.bag) == []
    assert pictures_named(store, export) == pictures_described(described)


def pictures_named(store: ArchiveStore, export: Export) -> set[str]:
    lines = store.read_lines(export.bag.blob(manifest.FETCH))
    paths = [path for path, _, _ in manifest.parse_fetch_lines(lines)]
    assert len(paths) == len(set(paths))
    return {path.rpartition("/")[2].partition(".")[0] for path in paths if "/pictures/" in path}


def pictures_described(described: Sequence[Project]) -> set[str]:
    return {
        child(project, "image", number)
        for project in described
        for numbers in (project.tagged, project.untagged, *project.snapshots)
        for number in numbers
        if number not in project.gone
    }


def test_the_public_tool_accepts_a_download(store: ArchiveStore, tmp_path: Path) -> None:
    export = Export(store)
    export.write([Project(name="a/b\n%0A \ud800 ü")])
    export.seal()
    download(store, export.bag, tmp_path / "bag")
    command = [sys.executable, "-m", "bagit", "--validate", str(tmp_path / "bag")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


class Interrupted(BaseException):
    """The process ends here."""


class DyingTransport(RequestsTransport):
    """Lets so many requests through; of the next one the store may or may not have heard."""

    def __init__(self, lives: int, *, heard: bool) -> None:
        super().__init__()
        self.sent = 0
        self._lives = lives
        self._heard = heard

    def send(self, request: Any, **kwargs: Any) -> Any:
        self.sent += 1
        if self.sent <= self._lives:
            return cast("object", super().send(request, **kwargs))
        if self._heard:
            super().send(request, **kwargs)
        raise Interrupted


def dying_store(azurite: Azurite, container: ContainerClient, lives: int, *, heard: bool) -> ArchiveStore:
    transport = DyingTransport(lives, heard=heard)
    return ArchiveStore(
        ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport, retry_total=0
        )
    )


def test_sealing_that_ends_anywhere_is_finished_by_the_next_run(
    azurite: Azurite, container: ContainerClient, store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small blocks: manifests of many blocks, as those of large accounts.
    monkeypatch.setattr(writing, "BLOCK", 500)
    export = Export(store)
    export.write([Project(tagged=[0, 1], untagged=[], gone=[1], snapshots=[], predictions=0, models=0)])
    fragments = {blob.name: store.read(blob.name) for blob in store.list(export.bag.work)}
    whole = export.seal()
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []

    interrupted = 0
    for heard in (False, True):
        for lives in range(1000):
            unseal(store, export, fragments)
            try:
                Export(dying_store(azurite, container, lives, heard=heard)).seal()
            except Interrupted:
                interrupted += 1
            else:
                break
            assert export.seal() == whole
            assert not list(store.list(export.bag.work))
    assert interrupted > 40
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []


def unseal(store: ArchiveStore, export: Export, fragments: dict[str, bytes]) -> None:
    """As it was before the first sealing."""
    tag_files = [blob.name for blob in store.list(export.bag.prefix) if "/data/" not in blob.name]
    store.delete_many(tag_files)
    for name, data in fragments.items():
        store.write(name, data)


class OvertakenTransport(RequestsTransport):
    """Before one of its requests a twin does all of the work."""

    def __init__(self, moment: int, twin: Callable[[], object]) -> None:
        super().__init__()
        self.sent = 0
        self._moment = moment
        self._twin = twin

    def send(self, request: Any, **kwargs: Any) -> Any:
        if self.sent == self._moment:
            self._twin()
        self.sent += 1
        return cast("object", super().send(request, **kwargs))


def test_twins_end_in_the_same_bag_whenever_one_overtakes_the_other(
    azurite: Azurite, container: ContainerClient, store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BLOCK", 500)
    export = Export(store)
    export.write([Project(tagged=[0, 1], untagged=[], gone=[1], snapshots=[], predictions=0, models=0)])
    fragments = {blob.name: store.read(blob.name) for blob in store.list(export.bag.work)}
    whole = export.seal()
    moment = 0
    for moment in range(1000):
        unseal(store, export, fragments)
        transport = OvertakenTransport(moment, export.seal)
        slow = ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport
        )
        assert Export(ArchiveStore(slow)).seal() == whole
        assert not list(store.list(export.bag.work))
        if transport.sent <= moment:
            break
    assert moment > 20
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []


def test_sealing_asks_nothing_of_the_store_for_a_picture(
    azurite: Azurite, container: ContainerClient
) -> None:
    requests: list[int] = []
    for account, images in (("few", 1), ("many", 60)):
        transport = DyingTransport(10_000, heard=False)
        client = ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport
        )
        export = Export(ArchiveStore(client), account)
        project = Project(tagged=list(range(images)), untagged=[], snapshots=[], predictions=0, models=0)
        export.write([project])
        before = transport.sent
        close_project(export.store, export.bag, project.id)
        export.seal()
        requests.append(transport.sent - before)
    few, many = requests
    # One read a page file: 60 images are 20 pages of three, one image is one.
    assert many - few == 19


def test_a_project_that_nobody_closed_cannot_be_sealed(store: ArchiveStore) -> None:
    export = Export(store)
    export.write([Project()])
    export.project(Project(name="Gloves"))
    with pytest.raises(ProjectNotClosed, match="has not been closed"):
        export.seal()
    assert find_sealed(store, export.bag) is None


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
    export.lines(
        names.page_path(project.id, "", "untagged", 1), [gap("failed", "the page could not be read")]
    )
    digest = digest_of([[export.image(project, 4, [])], []])
    record_listing(
        store, export.bag, project.id, "", "untagged",
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
    note_iterations(store, export.bag, project.id, [read])
    export.document(names.iterations_path(project.id), {"iterations": [{"id": read}]})
    closing = close_project(store, export.bag, project.id)
    gaps = [json.loads(each) for each in store.read_lines(fragment(export.bag, "gaps", project.id))]
    assert [each["path"] for each in gaps if each["code"] == "IterationGone"] == [
        f"data/projects/{project.id}/iterations/{gone}/"
    ]
    assert closing.summary["listed"]["iterations"] == 1


def test_a_late_twin_of_an_earlier_record_changes_nothing(store: ArchiveStore) -> None:
    """The list was read again and had grown by a page; what the first reading said comes in once more."""
    export, project = Export(store), Project(tagged=[0, 1, 2, 3], snapshots=[])
    export.project(project)
    whole = close_project(store, export.bag, project.id).summary
    early = digest_of([[export.image(project, number, []) for number in (0, 1, 2)]])
    record_listing(
        store, export.bag, project.id, "", "tagged",
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
    note_listed(store, export.bag, project.id, "tagged", 0, ids[:2])
    note_listed(store, export.bag, project.id, "untagged", 0, ids[2:])
    assert close_project(store, export.bag, project.id).summary["gaps"] == 0
    note_listed(store, export.bag, project.id, "untagged", 0, ids[1:])
    assert close_project(store, export.bag, project.id).summary["gaps"] == 1


def test_a_planned_project_of_which_nothing_is_there_is_not_sealed_over(store: ArchiveStore) -> None:
    export = Export(store)
    export.write([Project()])
    with pytest.raises(ProjectNotClosed, match="1 planned projects"):
        seal(store, export.bag, about={}, date="2026-11-24", planned=lambda: [str(uuid.uuid4())])


def test_a_page_that_is_written_again_after_the_closing_is_in_the_sealed_sum(store: ArchiveStore) -> None:
    """By a late twin of its activity, which read other images."""
    export, project = Export(store), Project(tagged=[0, 1, 2], snapshots=[])
    export.write([project])
    lost = names.page_path(project.id, "", "tagged", 0)
    export.lines(lost, [export.image(project, number, []) for number in (0, 1, 8)])
    export.seal()
    gaps = json.loads(store.read(export.bag.blob(manifest.EXPORT)))["gaps"]
    assert [(each["path"], each["code"]) for each in gaps] == [
        (lost.removesuffix("00000.jsonl"), "PageOverwritten")
    ]
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []


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
