"""A bag is sealed from any payload, proves itself, and is a bag to everybody else too."""

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, given, settings

from steward.archive import manifest, names
from steward.archive.bag import ProjectNotClosed, find_sealed, seal
from steward.archive.download import download
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.archive.exports import Export, Project, child, projects
from tests.archive.schemas import faults_of_bag


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_project_that_nobody_closed_cannot_be_sealed(store: ArchiveStore) -> None:
    export = Export(store)
    export.write([Project()])
    export.project(Project(name="Gloves"))
    with pytest.raises(ProjectNotClosed, match="has not been closed"):
        export.seal()
    assert find_sealed(store, export.bag) is None


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
