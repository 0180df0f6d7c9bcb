"""Closing a project: its payload is read once more, added up, and its shared files listed for the manifests."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from steward.archive.documents import encode
from steward.archive.erased import read_erased
from steward.archive.erased_back import ErasedBack
from steward.archive.listings import read_notes
from steward.archive.manifest import Entry
from steward.archive.names import SHARED, BagNames, canonical_id, project_folder
from steward.archive.reading import ProjectReading
from steward.archive.store import JSON, JSON_LINES, ArchiveStore
from steward.archive.summaries import ProjectSummary


@dataclass(frozen=True, slots=True)
class Closing:
    """`unlisted_tags`: by iteration (empty: the workspace), ids that images name and that no list of tags has."""

    summary: ProjectSummary
    unlisted_tags: dict[str, list[str]]


def close_project(store: ArchiveStore, bag: BagNames, project: str) -> Closing:
    """Add up one project of the bag and leave its fragments in the work area; may be run again, and then ends the same.

    Reads every payload file of the project once. Raises PayloadInconsistent.
    """
    project = canonical_id(project)
    # Listed before they are read: what is written meanwhile has another digest here than in the seal's own listing.
    files = {
        blob.name.removeprefix(bag.prefix): blob.sha256
        for blob in store.list(bag.blob(project_folder(project)))
    }
    notes = read_notes(store, bag.work, project)
    back = ErasedBack(read_erased(store, bag.account, project))
    beyond = list(filter(notes.is_beyond, files))
    store.delete_many(map(bag.blob, beyond))
    for path in beyond:
        del files[path]
    with store.writer(fragment(bag, "gaps", project), media_type=JSON_LINES) as gaps:
        reading = ProjectReading(bag, project, notes, gaps, back)
        for path in sorted(files):
            reading.read(store, path)
        reading.finish()
    store.write(fragment(bag, "files", project), encode(files), media_type=JSON)
    for kind in SHARED:
        store.write_stream(
            fragment(bag, kind, project), map(encode, reading.files[kind].pointers()), media_type=JSON_LINES
        )
    # Last: its presence says that the others are there.
    store.write(fragment(bag, "summaries", project), encode(reading.summary), media_type=JSON)
    return Closing(reading.summary, reading.unlisted_tags())


def fragment(bag: BagNames, kind: str, project: str) -> str:
    """The blob of a part of the bag's tag files that one project contributes."""
    return f"{bag.work}fragments/{kind}/{project}.jsonl"


def read_fragment(store: ArchiveStore, bag: BagNames, kind: str, project: str) -> Iterator[Entry]:
    """Shared files of one project, sorted by path."""
    for line in store.read_lines(fragment(bag, kind, project)):
        yield Entry(**json.loads(line))


def read_files(store: ArchiveStore, bag: BagNames, project: str) -> dict[str, str]:
    """The SHA-256 of each payload file that `close_project` added up; raises BlobMissing where it has not been run."""
    return cast("dict[str, str]", json.loads(store.read(fragment(bag, "files", project))))


def read_summary(store: ArchiveStore, bag: BagNames, project: str) -> ProjectSummary:
    """What `close_project` found; raises BlobMissing where it has not been run."""
    return cast("ProjectSummary", json.loads(store.read(fragment(bag, "summaries", project))))
