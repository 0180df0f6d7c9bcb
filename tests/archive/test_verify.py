"""Verification names every blob that is not what was sealed, and needs little memory for a large account."""

import hashlib
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from azure.storage.blob import BlobBlock, BlobClient, ContainerClient, ContentSettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.archive import manifest, names
from steward.archive.manifest import Entry
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, Digests, StoredBlob
from steward.archive.verify import Verification, verify
from tests.archive.exports import Export, Project


@dataclass(frozen=True)
class Blob:
    """A blob with all that a hand that alters it may keep."""

    client: BlobClient
    data: bytes
    metadata: dict[str, str]
    settings: ContentSettings

    @classmethod
    def of(cls, container: ContainerClient, name: str) -> "Blob":
        client = container.get_blob_client(name)
        download = client.download_blob()
        properties = download.properties
        return cls(client, download.readall(), properties.metadata, properties.content_settings)

    def put(self, data: bytes) -> None:
        """Other bytes under the same name, type and metadata."""
        kept = ContentSettings(content_type=self.settings.content_type)
        self.client.upload_blob(data, overwrite=True, metadata=self.metadata, content_settings=kept)

    def restore(self) -> None:
        self.put(self.data)


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1]) if data else b"x"


ALTERATIONS: dict[str, Callable[[Blob], object]] = {
    "removed": lambda blob: blob.client.delete_blob(),
    "one bit": lambda blob: blob.put(flipped(blob.data)),
    "truncated": lambda blob: blob.put(blob.data[: len(blob.data) // 2]),
    "longer": lambda blob: blob.put(blob.data + b"\n"),
    "written again by another tool": lambda blob: blob.client.upload_blob(blob.data, overwrite=True),
    "another recorded digest": lambda blob: blob.client.set_blob_metadata(
        {**blob.metadata, "sha256": "0" * 64}
    ),
    "written again by us": lambda blob: rewrite(blob, flipped(blob.data)),
}


def rewrite(blob: Blob, data: bytes) -> None:
    digests = Digests.of(data)
    metadata = {"sha256": digests.sha256, "md5": digests.md5.hex()}
    blob.client.upload_blob(data, overwrite=True, metadata=metadata)


@pytest.fixture
def export(store: ArchiveStore) -> Export:
    export = Export(store)
    export.write([Project(tagged=[0], untagged=[1], snapshots=[[0]])])
    export.seal()
    return export


def checked(export: Export, *, deep: bool = False) -> Verification:
    return verify(export.store, export.bag.account, export.bag.request, deep=deep)


def test_every_altered_blob_is_named(container: ContainerClient, export: Export) -> None:
    listed = [blob.name for blob in export.store.list(f"{export.bag.account}/")]
    assert len(listed) > 20
    for number, name in enumerate(listed):
        blob = Blob.of(container, name)
        # Three for each blob, every one for many.
        for alteration, alter in list(ALTERATIONS.items())[number % 3 :: 3]:
            if alteration == "truncated" and not blob.data:
                continue
            alter(blob)
            named = [problem for problem in checked(export).problems if is_about(export, problem, name)]
            assert named, (alteration, name)
            blob.restore()
    assert checked(export, deep=True).proved


def is_about(export: Export, problem: str, name: str) -> bool:
    path = name.removeprefix(export.bag.prefix)
    # Whoever writes a tagmanifest of his own moves the blame to a tag file; only the signature tells who lied.
    return path in problem or path == manifest.TAGMANIFEST


def test_bytes_that_rotted_under_an_unchanged_listing_are_found_by_reading_them(
    container: ContainerClient, export: Export
) -> None:
    for name in [blob.name for blob in export.store.list(f"{export.bag.account}/pictures/")]:
        blob = Blob.of(container, name)
        blob.client.stage_block("only", flipped(blob.data))
        blob.client.commit_block_list(
            [BlobBlock("only")], metadata=blob.metadata, content_settings=blob.settings
        )
        assert checked(export).proved
        assert [problem for problem in checked(export, deep=True).problems if name in problem]
        blob.restore()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(["", "data/", "data/projects/", "data/pictures/"]),
    name=st.text("abcdefghij.-_", min_size=1, max_size=12).filter(lambda name: name.strip(".")),
)
def test_what_was_added_to_a_bag_is_named(export: Export, place: str, name: str) -> None:
    added = export.bag.blob(place + name)
    export.store.write(added, b"more")
    assert any(place + name in problem for problem in checked(export).problems)
    export.store.delete_many([added])


def test_what_is_no_bag_is_said_to_be_none(store: ArchiveStore) -> None:
    found = verify(store, "default", "export-1")
    assert found.problems == [
        "default/exports/export-1/tagmanifest-sha256.txt: is not there, so this bag was never sealed"
    ]


def test_pictures_of_other_bags_are_nobodys_problem(export: Export) -> None:
    project = next(iter(export.store.list(f"{export.bag.account}/pictures/"))).name.split("/")[2]
    export.store.write(names.pictures_prefix(export.bag.account, project) + str(uuid.uuid4()), b"new")
    assert checked(export).proved


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(
        [manifest.TAGMANIFEST, manifest.MANIFEST_SHA256, manifest.MANIFEST_MD5, manifest.FETCH]
    ),
    written=st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    b"00  data/x",
                    b"00  data/pictures/x",
                    b"00  ../../x",
                    b"0 0  x",
                    b"http://x/y 3 data/pictures/a/b/c",
                    b"%",
                ]
            ),
            max_size=4,
        ).map(b"\n".join),
    ),
)
def test_whatever_stands_in_a_tag_file_is_a_problem_and_no_crash(
    export: Export, file: str, written: bytes
) -> None:
    before = export.store.read(export.bag.blob(file))
    export.store.write(export.bag.blob(file), written)
    found = checked(export, deep=True)
    export.store.write(export.bag.blob(file), before)
    assert not found.proved
    assert checked(export).proved


PROJECT = str(uuid.UUID(int=1))


class LargeStore(ArchiveStore):
    """A bag of one project with many pictures that exist only while they are listed or read."""

    def __init__(self, bag: BagNames, pictures: int) -> None:
        self._bag = bag
        self._pictures = pictures
        self._small: dict[str, bytes] = {}
        self._tag_files: dict[str, str] = {}

    def list(self, prefix: str) -> Iterator[StoredBlob]:
        if prefix == self._bag.prefix:
            for path, sha256 in self._tag_files.items():
                yield stored(self._bag.blob(path), Digests(sha256, b"0" * 16, 1))
        else:
            for entry in self._entries():
                if (name := self._bag.resolve(entry.path)).startswith(prefix):
                    yield stored(name, digests(entry))

    def read_chunks(self, name: str, *, check: bool = True) -> Iterator[bytes]:  # noqa: ARG002 - as it is in the store
        path = name.removeprefix(self._bag.prefix)
        if path in self._small:
            yield self._small[path]
            return
        for entry in self._entries():
            if path == manifest.FETCH:
                yield manifest.fetch_line(
                    f"https://x/c/{self._bag.resolve(entry.path)}", entry.length, entry.path
                )
            else:
                digest = entry.md5 if path == manifest.MANIFEST_MD5 else entry.sha256
                yield manifest.digest_line(digest, entry.path)

    def seal(self) -> None:
        info = f"Payload-Oxum: {sum(entry.length for entry in self._entries())}.{self._pictures}\n".encode()
        self._small = {manifest.BAGIT: manifest.DECLARATION, manifest.BAG_INFO: info, manifest.EXPORT: b"{}"}
        streamed = (manifest.MANIFEST_SHA256, manifest.MANIFEST_MD5, manifest.FETCH)
        listed = {path: hashlib.sha256(data).hexdigest() for path, data in self._small.items()}
        for name in streamed:
            digest = hashlib.sha256()
            for chunk in self.read_chunks(self._bag.blob(name)):
                digest.update(chunk)
            listed[name] = digest.hexdigest()
        lines = [manifest.digest_line(digest, name) for name, digest in sorted(listed.items())]
        self._small[manifest.TAGMANIFEST] = b"".join(lines)
        self._tag_files = {**listed, manifest.TAGMANIFEST: Digests.of(b"".join(lines)).sha256}

    def _entries(self) -> Iterator[Entry]:
        for number in range(self._pictures):
            digest = f"{number:064x}"
            yield Entry(f"data/pictures/{PROJECT}/{uuid.UUID(int=number)}.png", digest, digest[-32:], number)


def digests(entry: Entry) -> Digests:
    return Digests(entry.sha256, bytes.fromhex(entry.md5), entry.length)


def stored(name: str, found: Digests) -> StoredBlob:
    return StoredBlob(name, found.length, found.md5, found.sha256, "image/png", "etag", "")


@pytest.mark.prove
def test_proving_100_000_pictures_takes_less_than_60_mb() -> None:
    few, many = peak_of_verifying(500), peak_of_verifying(5_500)
    assert few + (many - few) / 5_000 * 99_500 < 60_000_000


def peak_of_verifying(pictures: int) -> int:
    """Bytes that verification held at most; what the store's library holds of an answer is not in it."""
    bag = BagNames("default", "export-1")
    store = LargeStore(bag, pictures)
    store.seal()
    tracemalloc.start()
    try:
        found = verify(store, bag.account, bag.request)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.problems == []
    assert found.files == found.shared == pictures
    return peak
