"""What a sealed bag says that it holds: its two manifests and fetch.txt read side by side, streamed."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from steward.archive import manifest
from steward.archive.manifest import LineMalformed
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore

_COLUMNS = {manifest.MANIFEST_SHA256: "sha256", manifest.MANIFEST_MD5: "md5", manifest.FETCH: "fetch"}


@dataclass(frozen=True, slots=True)
class Content:
    """A payload file as the tag files have it; empty or None where one of them lacks it. `length` is fetch.txt's."""

    path: str
    sha256: str
    md5: str
    url: str
    length: int | None


def read_contents(store: ArchiveStore, bag: BagNames) -> Iterator[Content]:
    """Every path that any of the three names, in order; raises LineMalformed, BlobMissing, BlobDamaged."""
    streams = [_rows(store, bag, name) for name in _COLUMNS]
    for path, group in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        cells = {column: (value, length) for _, column, value, length in group}
        url, length = cells.get("fetch", ("", None))
        yield Content(path, cells.get("sha256", ("",))[0], cells.get("md5", ("",))[0], url, length)


def _rows(store: ArchiveStore, bag: BagNames, name: str) -> Iterator[tuple[str, str, str, int | None]]:
    column = _COLUMNS[name]
    previous = ""
    lines = store.read_lines(bag.blob(name))
    if column == "fetch":
        rows = ((path, url, length) for path, url, length in manifest.parse_fetch_lines(lines))
    else:
        rows = ((path, digest, None) for path, digest in manifest.parse_digest_lines(name, lines))
    for number, (path, value, length) in enumerate(rows, 1):
        if path <= previous:
            raise LineMalformed(f"{name}: line {number}: expected paths in order, each once")
        previous = path
        yield path, column, value, length
