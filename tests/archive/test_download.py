"""A download is whole, goes on where it stopped, and never leaves its folder."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steward.archive import manifest
from steward.archive.documents import encode
from steward.archive.download import BagNotSealed, PathRefused, TargetOccupied, download
from steward.archive.manifest import LineMalformed
from steward.archive.names import BagNames, shared_blob
from steward.archive.store import ArchiveStore, BlobDamaged, Digests
from tests.archive.exports import Export


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_download_that_stopped_goes_on_where_it_stopped(export: Export, tmp_path: Path) -> None:
    progress: dict[int, int] = {}
    whole = download(export.store, export.bag, tmp_path / "whole", progress=progress.__setitem__)
    assert whole.reused == 0
    assert set(progress.values()) == {whole.bytes} == {max(progress)}

    def stop(done: int, total: int) -> None:
        if done * 2 > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(export.store, export.bag, tmp_path / "bag", progress=stop)
    assert not (tmp_path / "bag" / manifest.BAGIT).exists()
    there = [path for path in (tmp_path / "bag" / "data").rglob("*") if path.is_file()]
    there[0].write_bytes(b"half a file")

    result = download(export.store, export.bag, tmp_path / "bag")
    assert result.reused == len(there) - 1 > 0
    assert (result.files, result.bytes) == (whole.files, whole.bytes)
    assert files_under(tmp_path / "bag") == files_under(tmp_path / "whole")


def test_bytes_that_are_not_the_bags_are_never_kept(
    export: Export, container: ContainerClient, tmp_path: Path
) -> None:
    name = next(blob.name for blob in export.store.list("default/pictures/"))
    metadata = container.get_blob_client(name).get_blob_properties().metadata
    container.upload_blob(name, b"other", overwrite=True, metadata=metadata)
    with pytest.raises(BlobDamaged, match=name):
        download(export.store, export.bag, tmp_path / "bag")
    identity = name.rpartition("/")[2]
    assert not [path for path in (tmp_path / "bag").rglob("*") if identity in path.name]
    assert not (tmp_path / "bag" / manifest.BAGIT).exists()


def test_a_folder_with_anything_else_in_it_is_left_alone(export: Export, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(TargetOccupied, match="expected a new or empty folder"):
        download(export.store, export.bag, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(BagNotSealed, match="no finished bag"):
        download(export.store, BagNames("default", "another"), tmp_path / "new")


class ForgedStore(ArchiveStore):
    """A bag whose manifests name a path of somebody's choice, and that has bytes for every name."""

    def __init__(self, bag: BagNames, path: str) -> None:
        self._data = b"forged"
        digests = Digests.of(self._data)
        tag_files = {
            manifest.BAGIT: manifest.DECLARATION,
            manifest.BAG_INFO: b"Payload-Oxum: 0.0\n",
            manifest.MANIFEST_SHA256: manifest.digest_line(digests.sha256, path),
            manifest.MANIFEST_MD5: manifest.digest_line(digests.md5.hex(), path),
            manifest.FETCH: b"",
        }
        lines = [manifest.digest_line(Digests.of(data).sha256, name) for name, data in tag_files.items()]
        tag_files[manifest.TAGMANIFEST] = b"".join(lines)
        self._tag_files = {bag.blob(name): data for name, data in tag_files.items()}

    def read_chunks(self, name: str, *, check: bool = True) -> Iterator[bytes]:  # noqa: ARG002 - as it is in the store
        yield self._tag_files.get(name, self._data)

    def children(self, prefix: str) -> Iterator[str]:  # noqa: ARG002 - as it is in the store
        return iter(())


PARTS = ["..", ".", "data", "a", "", "C:", "\\", "pictures", "link", "\0", "\n", "%2e%2e"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("/".join))
@example("/etc/passwd")
@example("data/../../up")
@example("data/..\\up")
@example("data/link/file")
@example("../bag-info.txt")
def test_no_path_of_a_bag_leads_out_of_its_folder(
    tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    bag = BagNames("default", "export-1")
    store = ForgedStore(bag, path)
    outer = tmp_path_factory.mktemp("outer")
    target = outer / "bag"
    (outer / "elsewhere").mkdir()
    # What is there before is an unfinished download, with a link that leads out.
    (target / "data").mkdir(parents=True)
    (target / manifest.TAGMANIFEST).write_bytes(store.read(bag.blob(manifest.TAGMANIFEST)))
    (target / "data" / "link").symlink_to(outer / "elsewhere")
    with contextlib.suppress(PathRefused, LineMalformed, IsADirectoryError):
        download(store, bag, target)
    assert [each for each in outer.rglob("*") if target not in each.parents and each.is_file()] == []


@pytest.mark.parametrize("path", ["../up", "data/../../up", "/up", "up", "data/a\0", "data//a"])
def test_a_path_beside_the_payload_is_refused(tmp_path: Path, path: str) -> None:
    bag = BagNames("default", "export-1")
    with pytest.raises(PathRefused):
        download(ForgedStore(bag, path), bag, tmp_path / "bag")


@given(path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_every_path_survives_the_escaping_of_manifests(path: str) -> None:
    line = manifest.digest_line("0a", "data/" + path)
    assert line.count(b"\n") == 1
    assert list(manifest.parse_digest_lines("m", iter([line.removesuffix(b"\n")]))) == [
        ("data/" + path, "0a")
    ]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))  # fmt: skip
def test_a_document_is_one_line_and_comes_back_as_it_was(value: Any) -> None:
    line = encode({"value": value})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"value": value}


@pytest.mark.parametrize(
    "path", ["data/pictures/a", "data/pictures/a/b", "data/models/a/b/c", "data/models//x/y"]
)
def test_only_paths_of_an_export_have_a_shared_blob(path: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        shared_blob("default", path)
