"""Proving a bag where it stands: from listings alone, or, deep, from every byte."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from steward.archive import manifest
from steward.archive.contents import Content, read_contents
from steward.archive.expiring import read_expired
from steward.archive.manifest import LineMalformed
from steward.archive.names import BagNames, is_shared
from steward.archive.pictures import PictureInventory
from steward.archive.store import ArchiveStore, BlobDamaged, BlobMissing, StoredBlob

# A bag that lost its container's pictures has one problem a picture; the first say enough.
NAMED = 1000
_SEALED = (
    manifest.BAG_INFO,
    manifest.BAGIT,
    manifest.EXPORT,
    manifest.FETCH,
    manifest.MANIFEST_MD5,
    manifest.MANIFEST_SHA256,
)


@dataclass(slots=True)
class Verification:
    """What was found. `files` and `bytes` are of the payload, shared files among them; `tagmanifest` is its SHA-256.

    `problems` are sentences that begin with the path or blob they are about, the first 1,000 of `found`.
    """

    files: int = 0
    bytes: int = 0
    shared: int = 0
    tagmanifest: str = ""
    found: int = 0
    problems: list[str] = field(default_factory=list[str])

    @property
    def proved(self) -> bool:
        return not self.found

    def add(self, problem: str) -> None:
        self.found += 1
        if len(self.problems) < NAMED:
            self.problems.append(problem)


def verify(
    store: ArchiveStore, account: str, request_id: str, *, deep: bool = False, threads: int = 8
) -> Verification:
    """Check a bag against its own tag files, and these against the tagmanifest.

    A listing shows each blob's length, the store's own MD5 and the recorded SHA-256; deep reads and hashes all bytes.
    That the tagmanifest is the one that was sealed is what the signed statement proves.
    """
    bag = BagNames(account, request_id)
    result = Verification()
    own = {blob.name.removeprefix(bag.prefix): blob for blob in store.list(bag.prefix)}
    if manifest.TAGMANIFEST not in own:
        expired = read_expired(store, bag)
        why = f"its time had come at {expired['at']}" if expired else "so this bag was never sealed"
        result.add(f"{bag.blob(manifest.TAGMANIFEST)}: is not there, {why}")
        return result
    try:
        _check_tag_files(store, own, result)
        with _Reader(store, threads if deep else 0, result.add) as reader:
            _check_payload(store, bag, own, result, reader)
    except (LineMalformed, BlobMissing, BlobDamaged) as error:
        result.add(str(error))
    return result


def _check_tag_files(store: ArchiveStore, own: dict[str, StoredBlob], result: Verification) -> None:
    """Tag files against the tagmanifest; what has been checked leaves `own`."""
    tagmanifest = own.pop(manifest.TAGMANIFEST)
    data = b"".join(store.read_chunks(tagmanifest.name, check=False))
    result.tagmanifest = hashlib.sha256(data).hexdigest()
    if tagmanifest.damage or result.tagmanifest != tagmanifest.sha256:
        result.add(
            f"{manifest.TAGMANIFEST}: {tagmanifest.damage or 'has other bytes than those that were written'}"
        )
    listed = dict(manifest.parse_digest_lines(manifest.TAGMANIFEST, iter(data.splitlines())))
    for path in sorted({*listed, *_SEALED}):
        blob = own.pop(path, None)
        if path not in listed:
            result.add(f"{path}: is not in {manifest.TAGMANIFEST}")
        elif blob is None:
            result.add(f"{path}: is missing")
        elif blob.damage:
            result.add(f"{path}: {blob.damage}")
        elif {blob.sha256, _hash(store, blob.name).sha256} != {listed[path]}:
            result.add(f"{path}: its bytes do not have the SHA-256 of {manifest.TAGMANIFEST}")
    # Signed after the tagmanifest, whose digest they carry: they are proved by their signatures.
    for path in filter(manifest.is_statement, list(own)):
        del own[path]


def _check_payload(
    store: ArchiveStore, bag: BagNames, own: dict[str, StoredBlob], result: Verification, reader: "_Reader"
) -> None:
    shared = _SharedFiles(store, bag)
    for content in read_contents(store, bag):
        path, blob = content.path, _blob_of(bag, content.path)
        if is_shared(path):
            found = shared.find(blob) if blob else None
            result.shared += 1
        else:
            found = _as_found(own.pop(path, None))
        if problem := _problem(content, found, blob):
            result.add(f"{path}: {problem}")
        else:
            reader.check(blob, content)
        result.files += 1
        result.bytes += found.length if found else 0
    for path in sorted(own):
        result.add(f"{path}: is in the bag but in no manifest")
    info = manifest.parse_bag_info(store.read(bag.blob(manifest.BAG_INFO)))
    expected = f"{result.bytes}.{result.files}"
    if info.get("Payload-Oxum") != expected:
        oxum = info.get("Payload-Oxum", "nothing")
        result.add(f"{manifest.BAG_INFO}: Payload-Oxum: expected {expected}, found {oxum}")


class _Found(NamedTuple):
    """A blob as its listing shows it; digests hexadecimal."""

    sha256: str
    md5: str
    length: int
    damage: str


def _as_found(blob: StoredBlob | None) -> _Found | None:
    if blob is None:
        return None
    return _Found(blob.sha256 or "", (blob.md5 or b"").hex(), blob.length, blob.damage)


def _blob_of(bag: BagNames, path: str) -> str:
    """Where a payload file stands; empty for a path that no export can have."""
    try:
        return bag.resolve(path) if path.startswith("data/") else ""
    except ValueError:
        return ""


def _problem(content: Content, found: _Found | None, blob: str) -> str:
    """What speaks against a payload file; empty when nothing does."""
    if problem := _misplaced(content, blob):
        return problem
    if found is None or found.damage:
        return f"{blob} {found.damage if found else 'is missing'}"
    differences = {
        "length": content.length not in (None, found.length),
        "MD5": content.md5 != found.md5,
        "SHA-256": content.sha256 != found.sha256,
    }
    wrong = [name for name, differs in differences.items() if differs]
    return f"{blob} has another {', '.join(wrong)}" if wrong else ""


def _misplaced(content: Content, blob: str) -> str:
    """What is wrong with the lines of the tag files alone."""
    if not content.sha256 or not content.md5:
        return "is not in both manifests"
    if not blob:
        return "is no payload path of an export"
    if is_shared(content.path) != bool(content.url):
        return (
            f"is missing in {manifest.FETCH}" if not content.url else f"does not belong in {manifest.FETCH}"
        )
    if content.url and not content.url.endswith("/" + blob):
        return f"{manifest.FETCH} names another blob for it"
    return ""


class _SharedFiles:
    """Shared files as listings show them: one project of one kind in memory at a time, since manifests are sorted."""

    def __init__(self, store: ArchiveStore, bag: BagNames) -> None:
        self._store = store
        self._bag = bag
        self._prefix = ""
        self._pictures = PictureInventory.of(())
        self._models: dict[str, StoredBlob] = {}

    def find(self, name: str) -> _Found | None:
        kind, project = name.split("/")[1:3]
        prefix = f"{self._bag.account}/{kind}/{project}/"
        if prefix != self._prefix:
            self._prefix = prefix
            models = kind == "models"
            self._models = {blob.name: blob for blob in self._store.list(prefix)} if models else {}
            self._pictures = PictureInventory.of(() if models else self._store.list(prefix))
        if kind == "models":
            return _as_found(self._models.get(name))
        picture = name.rpartition("/")[2]
        if self._pictures.is_damaged(picture):
            return _as_found(self._store.find(name))
        stored = self._pictures.get(picture)
        return _Found(stored.sha256, stored.md5.hex(), stored.length, "") if stored else None


class _Reader:
    """Hashes blobs on several threads, a bounded number ahead; does nothing with no threads."""

    def __init__(self, store: ArchiveStore, threads: int, report: Callable[[str], None]) -> None:
        self._store = store
        self._threads = threads
        self._report = report
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="verify")
        self._running: deque[Future[str]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for problem in self._drain(0):
            self._report(problem)
        self._pool.shutdown()

    def check(self, name: str, content: Content) -> None:
        """Read the blob and report it if its bytes are not what the manifests say."""
        if not self._threads:
            return
        self._running.append(self._pool.submit(self._compare, name, content))
        for problem in self._drain(4 * self._threads):
            self._report(problem)

    def _drain(self, allowed: int) -> Iterator[str]:
        while len(self._running) > allowed:
            if problem := self._running.popleft().result():
                yield problem

    def _compare(self, name: str, content: Content) -> str:
        try:
            found = _hash(self._store, name)
        except BlobMissing:
            return f"{content.path}: {name} is missing"
        if (found.sha256, found.md5) == (content.sha256, content.md5):
            return ""
        return f"{content.path}: {name} does not have the bytes of the manifests, {found.length} of them read"


def _hash(store: ArchiveStore, name: str) -> _Found:
    sha256, md5, length = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for chunk in store.read_chunks(name, check=False):
        sha256.update(chunk)
        md5.update(chunk)
        length += len(chunk)
    return _Found(sha256.hexdigest(), md5.hexdigest(), length, "")
