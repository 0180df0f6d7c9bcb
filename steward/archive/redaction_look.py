"""Looking into payload files for what was erased: which of them change, and what they lose."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.names import BagNames, project_folder
from steward.archive.redaction_lines import PageCut, count_document, cut_document, cut_page, leaves
from steward.archive.store import ArchiveStore, Digests, StoredBlob

# Files are small, and reading one is mostly waiting for the store.
THREADS = 8
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class FileCut:
    """A payload file that changes. `old`: the SHA-256 recorded with it; `new`: what it will be, None where it goes whole."""

    path: str
    old: str
    old_length: int
    new: Digests | None
    page: PageCut = field(default_factory=PageCut)
    counts: Counter[str] = field(default_factory=Counter[str])


def look(store: ArchiveStore, bag: BagNames, erased: Erased) -> Iterator[FileCut]:
    """Every payload file of a project that holds any of it, in the order of the listing; raises BlobDamaged."""
    blobs = store.list(bag.blob(project_folder(erased.project)))
    return (found for found in each_of(blobs, lambda blob: _look(store, bag, blob, erased)) if found)


def rewrite(store: ArchiveStore, bag: BagNames, path: str, erased: Erased, *, expected: str = "") -> None:
    """Take out of a payload file what was erased, unless it has the SHA-256 that is `expected` then, or is gone.

    Whatever somebody has written there meanwhile loses it too. Raises BlobExists where somebody writes just now.
    """
    found = store.find(bag.blob(path))
    if found is None or found.sha256 == expected:
        return
    chunks = _without(store, bag, path, erased)
    store.write_stream(found.name, chunks, media_type=found.media_type, if_match=found.etag)


def _without(store: ArchiveStore, bag: BagNames, path: str, erased: Erased) -> Iterator[bytes]:
    name = bag.blob(path)
    if path.endswith(".jsonl"):
        yield from cut_page(store.read_lines(name), erased, PageCut())
    else:
        yield encode(cut_document(path, json.loads(store.read(name)), erased))


def each_of[Item, Found](items: Iterable[Item], do: Callable[[Item], Found]) -> Iterator[Found]:
    """In their order, on several threads, a bounded number ahead."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="redaction") as pool:
        for batch in batched(items, _AT_ONCE, strict=False):
            yield from pool.map(do, batch)


def _look(store: ArchiveStore, bag: BagNames, blob: StoredBlob, erased: Erased) -> FileCut | None:
    path = blob.name.removeprefix(bag.prefix)
    old = blob.sha256 or ""
    if leaves(path, erased):
        # Sums of a project that goes whole, and of lists that do, go with them.
        counted = not erased.whole and not path.endswith(".jsonl")
        counts = count_document(path, json.loads(store.read(blob.name))) if counted else Counter[str]()
        return FileCut(path, old, blob.length, None, counts=counts)
    if path.endswith(".jsonl"):
        return _look_into_page(store, path, blob, erased)
    document = json.loads(store.read(blob.name))
    kept = cut_document(path, document, erased)
    if kept == document:
        return None
    counts = count_document(path, document)
    counts.subtract(count_document(path, kept))
    return FileCut(path, old, blob.length, Digests.of(encode(kept)), counts=counts)


def _look_into_page(store: ArchiveStore, path: str, blob: StoredBlob, erased: Erased) -> FileCut | None:
    cut = PageCut()
    sha256, md5, length = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for line in cut_page(store.read_lines(blob.name), erased, cut):
        sha256.update(line)
        md5.update(line)
        length += len(line)
    if sha256.hexdigest() == blob.sha256:
        return None
    return FileCut(
        path, blob.sha256 or "", blob.length, Digests(sha256.hexdigest(), md5.digest(), length), cut
    )
