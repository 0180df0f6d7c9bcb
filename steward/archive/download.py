"""A whole bag on disk: what fetch.txt names is brought in from the store, so that any BagIt tool can validate it."""

# ruff: noqa: N818 - exceptions are named for what happened; the root says that they are errors.

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from steward.archive import manifest
from steward.archive.contents import Content, read_contents
from steward.archive.errors import ArchiveError, BlobDamaged, BlobMissing
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore

type Progress = Callable[[int, int], None]
"""Bytes that are there, bytes in all."""


class BagNotSealed(ArchiveError):
    pass


class TargetOccupied(ArchiveError):
    """The folder holds something other than an unfinished download of this very bag."""


class PathRefused(ArchiveError):
    """A path of the bag leads, or could lead, out of the folder."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """`files` and `bytes` of the payload; `reused` were there already."""

    files: int
    bytes: int
    reused: int


def download(
    store: ArchiveStore, bag: BagNames, target: Path, *, threads: int = 8, progress: Progress | None = None
) -> Downloaded:
    """Bring a bag into `target`; run again it goes on where it was stopped. Every byte is checked as it is written.

    fetch.txt stays: RFC 8493 lets a complete bag keep it, and the signed tagmanifest covers it. No URL of the bag is
    ever called; files come from the store that the caller named.
    """
    tag_files = _begin(store, bag, target)
    _bring(
        store, bag.blob(manifest.BAG_INFO), _place(target, manifest.BAG_INFO), tag_files[manifest.BAG_INFO]
    )
    info = manifest.parse_bag_info((target / manifest.BAG_INFO).read_bytes())
    total = int(info.get("Payload-Oxum", "0").partition(".")[0])
    files = done = reused = 0
    for length, was_there in _payload(store, bag, target, threads):
        files += 1
        done += length
        reused += was_there
        if progress:
            progress(done, total)
    for name, sha256 in tag_files.items():
        if name != manifest.BAGIT:
            _bring(store, bag.blob(name), _place(target, name), sha256)
    for name in filter(manifest.is_statement, store.children(bag.prefix)):
        _write(target / name, iter([store.read(bag.blob(name))]), "")
    # Last: a folder without it is no bag yet.
    _bring(store, bag.blob(manifest.BAGIT), _place(target, manifest.BAGIT), tag_files[manifest.BAGIT])
    return Downloaded(files, done, reused)


def _begin(store: ArchiveStore, bag: BagNames, target: Path) -> dict[str, str]:
    """The tag files with their digests; the tagmanifest is written first, and says whose unfinished download this is."""
    try:
        data = store.read(bag.blob(manifest.TAGMANIFEST))
    except BlobMissing:
        raise BagNotSealed(
            f"{bag.prefix}: has no {manifest.TAGMANIFEST}, so there is no finished bag"
        ) from None
    mark = target / manifest.TAGMANIFEST
    if target.exists() and (not target.is_dir() or (any(target.iterdir()) and not _same(mark, data))):
        raise TargetOccupied(
            f"{target}: expected a new or empty folder, or an unfinished download of this bag"
        )
    tag_files = dict(manifest.parse_digest_lines(manifest.TAGMANIFEST, iter(data.splitlines())))
    if odd := next((name for name in tag_files if "/" in name), ""):
        raise PathRefused(f"{odd[:200]!r}: is no tag file of an export")
    for name in (manifest.BAG_INFO, manifest.BAGIT):
        if name not in tag_files:
            raise BlobDamaged(f"{bag.blob(manifest.TAGMANIFEST)}: does not list {name}")
    target.mkdir(parents=True, exist_ok=True)
    _write(mark, iter([data]), "")
    return tag_files


def _payload(store: ArchiveStore, bag: BagNames, target: Path, threads: int) -> Iterator[tuple[int, bool]]:
    """Length of each payload file, and whether it was there; a bounded number is under way at a time."""
    running: deque[Future[tuple[int, bool]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="download") as pool:
        try:
            for content in read_contents(store, bag):
                if not content.path.startswith("data/"):
                    raise PathRefused(f"{content.path[:200]!r}: is no payload path")
                place = _place(target, content.path)
                running.append(pool.submit(_bring, store, _blob(bag, content), place, content.sha256))
                while len(running) > 4 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def _blob(bag: BagNames, content: Content) -> str:
    try:
        return bag.resolve(content.path)
    except ValueError:
        raise PathRefused(f"{content.path[:200]!r}: is not a path of an export") from None


def _place(target: Path, path: str) -> Path:
    """Where a file of the bag belongs on disk; raises PathRefused."""
    parts = path.split("/")
    if (
        PurePosixPath(path).is_absolute()
        or any(part in ("", ".", "..") for part in parts)
        or set(path) & set("\\:\0")
    ):
        raise PathRefused(f"{path[:200]!r}: would leave the folder of the bag")
    place = target.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.parent.resolve().is_relative_to(target.resolve()):
        raise PathRefused(f"{path[:200]!r}: a link leads it out of the folder of the bag")
    return place


def _bring(store: ArchiveStore, name: str, place: Path, sha256: str) -> tuple[int, bool]:
    if place.is_file() and not place.is_symlink():
        with place.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                return place.stat().st_size, True
    return _write(place, store.read_chunks(name, check=False), sha256, name), False


def _write(place: Path, chunks: Iterator[bytes], sha256: str, name: str = "") -> int:
    """Write under another name, check, then rename: what has the right name has the right bytes."""
    digest = hashlib.sha256()
    part = place.with_name(place.name + ".part")
    with part.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        length = file.tell()
    if sha256 and digest.hexdigest() != sha256:
        part.unlink()
        raise BlobDamaged(f"{name}: does not have the bytes of the bag's manifest")
    part.replace(place)
    return length


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
