"""Sealing a bag: its tag files are written from listings and fragments, the tagmanifest last. Without it there is
no export. Every step writes what a second run would write again, so a crash or a twin costs nothing but time."""

# ruff: noqa: N818 - exceptions are named for what happened; the root says that they are errors.

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypedDict, cast

from steward.archive import manifest
from steward.archive.closing import close_project, fragment, read_files, read_fragment, read_summary
from steward.archive.documents import Gap, encode
from steward.archive.errors import ArchiveError, BlobDamaged, BlobExists, BlobMissing, PayloadInconsistent
from steward.archive.manifest import Entry
from steward.archive.names import (
    ACCOUNT_PATH,
    PROJECTS,
    SHARED,
    BagNames,
    is_shared,
    project_folder,
    word,
)
from steward.archive.store import JSON, TEXT, ArchiveStore, Digests
from steward.archive.summaries import NamedGap, ProjectSummary

# A late twin of an activity may write between adding up and sealing; it does so once.
CLOSINGS = 3
FORMAT = "https://custom-vision-steward.dev/export/v1"


class ProjectNotClosed(ArchiveError):
    """A project of the payload has not been closed, so nobody has added it up."""


class Totals(TypedDict):
    """`payloadFiles` and `payloadBytes` count shared files too, each once."""

    projects: int
    payloadFiles: int
    payloadBytes: int
    gaps: int


@dataclass(frozen=True, slots=True)
class SealedBag:
    """`tagmanifest` is the SHA-256 of the tagmanifest: it stands for every byte of the bag."""

    tagmanifest: str
    totals: Totals


def find_sealed(store: ArchiveStore, bag: BagNames) -> SealedBag | None:
    """The sealed bag; None while there is none."""
    if not (tagmanifest := store.find(bag.blob(manifest.TAGMANIFEST))):
        return None
    export = json.loads(store.read(bag.blob(manifest.EXPORT)))
    return SealedBag(tagmanifest.sha256 or "", cast("Totals", export["totals"]))


def all_bags(store: ArchiveStore, account: str) -> Iterator[BagNames]:
    """Every bag of an account, sealed or not."""
    for folder in store.children(f"{word(account)}/exports/"):
        if folder.endswith("/"):
            yield BagNames(account, folder.rstrip("/"))


def projects_in(store: ArchiveStore, bag: BagNames) -> set[str]:
    """Ids of the projects of which a bag has anything."""
    return {folder.rstrip("/") for folder in store.children(bag.blob(PROJECTS))}


def is_closed(store: ArchiveStore, bag: BagNames) -> bool:
    """Whether nothing more may be written into it: it is sealed, or an erasure has redacted what a failed export left."""
    return not {manifest.TAGMANIFEST, manifest.REDACTED}.isdisjoint(store.children(bag.prefix))


def seal(
    store: ArchiveStore,
    bag: BagNames,
    *,
    about: Mapping[str, Any],
    date: str,
    planned: Callable[[], Iterable[str]] = tuple,
) -> SealedBag:
    """Seal the bag whose projects have all been closed, and remove its work area.

    `planned` gives the ids of projects that the bag must have, asked only where it is not sealed yet. `about` stands in
    export.json as it is; it and `date` (YYYY-MM-DD) must be the same in every run for one bag, so take them from the
    request. Raises ProjectNotClosed, PayloadInconsistent, BlobDamaged.
    """
    sealed = find_sealed(store, bag)
    if not sealed:
        try:
            sealed = _seal(store, bag, about, date, planned())
        except (BlobMissing, BlobExists, ProjectNotClosed):
            # A twin that has sealed meanwhile takes the fragments away.
            sealed = find_sealed(store, bag)
            if not sealed:
                raise
    store.delete_under(bag.work)
    return sealed


def _seal(
    store: ArchiveStore, bag: BagNames, about: Mapping[str, Any], date: str, planned: Iterable[str]
) -> SealedBag:
    files = _closed_files(store, bag)
    if missing := set(planned).difference(_projects(files)):
        raise ProjectNotClosed(f"{bag.prefix}: nothing is there of {len(missing)} planned projects")
    summaries = [read_summary(store, bag, project) for project in _projects(files)]
    account_gaps = _account_gaps(store, bag, files)
    totals = Totals(
        projects=len(summaries),
        payloadFiles=len(files)
        + sum(shared["files"] for each in summaries for shared in each["shared"].values()),
        payloadBytes=sum(entry.length for entry in files.values())
        + sum(shared["bytes"] for each in summaries for shared in each["shared"].values()),
        gaps=len(account_gaps) + sum(each["gaps"] for each in summaries),
    )
    head = {
        "format": FORMAT,
        "request": bag.request,
        "account": bag.account,
        "about": about,
        "totals": totals,
    }
    tag_files = {
        manifest.EXPORT: _write_export(store, bag, {**head, "projects": summaries}, account_gaps, summaries),
        **_write_manifests(store, bag, _entries(store, bag, files, summaries)),
        manifest.BAG_INFO: _write(store, bag, manifest.BAG_INFO, bag_info(bag, totals, date)),
        manifest.BAGIT: _write(store, bag, manifest.BAGIT, manifest.DECLARATION),
    }
    lines = [manifest.digest_line(digests.sha256, name) for name, digests in sorted(tag_files.items())]
    # Only where there is none: a twin that comes much later would undo a redaction.
    tagmanifest = store.write(
        bag.blob(manifest.TAGMANIFEST), b"".join(lines), media_type=TEXT, if_none_match=True
    )
    return SealedBag(tagmanifest.sha256, totals)


def _closed_files(store: ArchiveStore, bag: BagNames) -> dict[str, Entry]:
    """The payload files, each as it was when its project was added up; a project that changed is added up again."""
    for _ in range(CLOSINGS):
        files = _own_files(store, bag)
        changed = [project for project in _projects(files) if _changed(store, bag, project, files)]
        if not changed:
            return files
        for project in changed:
            close_project(store, bag, project)
    raise PayloadInconsistent(f"{bag.prefix}: payload files are still being written")


def _changed(store: ArchiveStore, bag: BagNames, project: str, files: Mapping[str, Entry]) -> bool:
    try:
        closed = read_files(store, bag, project)
    except BlobMissing:
        raise ProjectNotClosed(f"{bag.prefix}: project {project} has not been closed") from None
    folder = project_folder(project)
    return closed != {path: entry.sha256 for path, entry in files.items() if path.startswith(folder)}


def _own_files(store: ArchiveStore, bag: BagNames) -> dict[str, Entry]:
    """The payload files that stand in the bag itself, by path, from one listing."""
    files: dict[str, Entry] = {}
    for blob in store.list(bag.blob("data/")):
        path = blob.name.removeprefix(bag.prefix)
        if blob.damage or blob.sha256 is None or blob.md5 is None:
            raise BlobDamaged(f"{blob.name}: {blob.damage}")
        files[path] = Entry(path, blob.sha256, blob.md5.hex(), blob.length)
    return files


def _projects(files: Mapping[str, Entry]) -> list[str]:
    return sorted({path.split("/")[2] for path in files if path.startswith(PROJECTS)})


def _account_gaps(store: ArchiveStore, bag: BagNames, files: Mapping[str, Entry]) -> list[NamedGap]:
    if ACCOUNT_PATH not in files:
        return []
    document = json.loads(store.read(bag.blob(ACCOUNT_PATH)))
    # The endpoint is text; each other part may be a gap of its own.
    parts = cast("list[dict[str, Any]]", [part for part in document.values() if isinstance(part, dict)])
    gaps = cast("list[Gap]", [part["gap"] for part in parts if "gap" in part])
    return [NamedGap(path=ACCOUNT_PATH, **gap) for gap in gaps]


def _entries(
    store: ArchiveStore, bag: BagNames, files: Mapping[str, Entry], summaries: list[ProjectSummary]
) -> Iterator[Entry]:
    """All payload files in the order of their paths: shared ones as the fragments have them, streamed."""
    shared = [read_fragment(store, bag, kind, summary["id"]) for kind in SHARED for summary in summaries]
    return heapq.merge(*shared, sorted(files.values(), key=attrgetter("path")), key=attrgetter("path"))


def _write_manifests(store: ArchiveStore, bag: BagNames, entries: Iterator[Entry]) -> dict[str, Digests]:
    names = manifest.PAYLOAD_LISTS
    with ExitStack() as stack:
        sha256, md5, fetch = [
            stack.enter_context(store.writer(bag.blob(name), media_type=TEXT)) for name in names
        ]
        for entry in entries:
            sha256.write(manifest.digest_line(entry.sha256, entry.path))
            md5.write(manifest.digest_line(entry.md5, entry.path))
            if is_shared(entry.path):
                fetch.write(manifest.fetch_line(store.url(bag.resolve(entry.path)), entry.length, entry.path))
    return dict(zip(names, (sha256.digests, md5.digests, fetch.digests), strict=True))


def _write_export(
    store: ArchiveStore,
    bag: BagNames,
    head: Mapping[str, Any],
    account_gaps: list[NamedGap],
    summaries: list[ProjectSummary],
) -> Digests:
    def gaps() -> Iterator[bytes]:
        yield from (encode(gap) for gap in account_gaps)
        for summary in summaries:
            yield from store.read_lines(fragment(bag, "gaps", summary["id"]))

    return store.write_stream(bag.blob(manifest.EXPORT), export_chunks(head, gaps()), media_type=JSON)


def export_chunks(head: Mapping[str, Any], gaps: Iterable[bytes]) -> Iterator[bytes]:
    """export.json: the head, then every gap, streamed, since a dead picture host makes one of each picture."""
    yield encode(head)[: -len(b"}\n")] + b',"gaps":['
    for number, line in enumerate(gaps):
        yield (b",\n" if number else b"\n") + line.rstrip(b"\n")
    yield b"]}\n"


def read_export(lines: Iterator[bytes]) -> tuple[dict[str, Any], Iterator[NamedGap]]:
    """export.json in the pieces that `export_chunks` made: the head, then gap by gap."""
    first = next(lines)
    if first.endswith(b"]}"):
        return json.loads(first), iter(())
    gaps = (json.loads(line.removesuffix(b",").removesuffix(b"]}")) for line in lines)
    return json.loads(first + b"]}"), gaps


def bag_info(bag: BagNames, totals: Totals, date: str) -> bytes:
    """bag-info.txt; `date`: YYYY-MM-DD."""
    labels = {
        "Bag-Software-Agent": "custom-vision-steward",
        "Bagging-Date": date,
        "External-Identifier": bag.request,
        "Internal-Sender-Identifier": bag.account,
        "Payload-Oxum": f"{totals['payloadBytes']}.{totals['payloadFiles']}",
    }
    return "".join(f"{label}: {value}\n" for label, value in labels.items()).encode()


def _write(store: ArchiveStore, bag: BagNames, name: str, data: bytes) -> Digests:
    return store.write(bag.blob(name), data, media_type=TEXT)
