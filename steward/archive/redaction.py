"""Redaction: what an erase took leaves a sealed bag, and the bag is valid again, under a new tagmanifest.

Everything that will change is worked out and recorded first. From then on each step changes one file from what it was into
what it will be, the tagmanifest last, so whoever comes after a crash goes on; a twin that comes late changes nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from steward.archive import manifest
from steward.archive.damage import UNREADABLE
from steward.archive.erased import Erased
from steward.archive.errors import BlobExists, BlobMissing
from steward.archive.names import BagNames
from steward.archive.redaction_leftovers import TAGMANIFEST_LOST, lost_tagmanifest, redact_leftovers
from steward.archive.redaction_look import each_of, rewrite
from steward.archive.redaction_plan import NotRedacted, plan_redaction
from steward.archive.redaction_record import (
    Change,
    Entry,
    Record,
    RedactionNames,
    Swap,
    clear_others,
    read_changes,
    read_erased_of,
    read_record,
    write_record,
)
from steward.archive.store import JSON, TEXT, ArchiveStore, StoredBlob

# A twin of the same redaction, or one that another erasure left unfinished, costs another beginning.
BEGINNINGS = 8


@dataclass(frozen=True, slots=True)
class Redaction:
    """One redaction of one bag. `request`: the export's; `old`, `new`: SHA-256 of the tagmanifest before and after, both
    empty for what a failed export left, which has none; `removed`: how many objects left, by entity."""

    request: str
    erasure: str
    at: str
    old: str
    new: str
    removed: dict[str, int]


type Sign = Callable[[Redaction, int], bytes]
"""Signs the statement that the bag with the old tagmanifest became the one with the new; given with the redaction's number."""
type MayFinish = Callable[[list[Erased]], bool]
"""Whether all that a redaction on record takes may go by now."""


def redact(
    store: ArchiveStore,
    bag: BagNames,
    erased: Sequence[Erased],
    *,
    erasure: str,
    at: str,
    sign: Sign,
    may_finish: MayFinish,
) -> Redaction | None:
    """Take what was erased out of a bag, or find that it has been taken out; None where it never held any of it.

    `erasure`: the request that erased it; `at`: ISO time. A redaction that this or another erasure began is finished first,
    if it may be. Raises NotRedacted for what a person must look at; any other ArchiveError is worth another try.
    """
    problem = ""
    for _ in range(BEGINNINGS):
        try:
            tagmanifest = store.find(bag.blob(manifest.TAGMANIFEST))
            if tagmanifest is None:
                return _redact_leftovers(store, bag, erased, erasure, at)
            old = tagmanifest.sha256 or ""
            if record := read_record(store, bag, old):
                if not may_finish([*_read_erased(store, bag, record).values()]):
                    raise NotRedacted(f"{bag.prefix}: a redaction that was begun may not be finished")
                _finish(store, bag, record, sign)
                continue
            clear_others(store, bag, old)
            if record := _plan(store, bag, old, erased, erasure, at):
                _begin(store, bag, record)
                _finish(store, bag, record, sign)
            else:
                # Of a run that ended before its redaction was on record: it holds ids, and nobody would come back for it.
                store.delete_under(RedactionNames(bag).folder(old))
            mine = [each for each in redactions_of(store, bag) if each.erasure == erasure]
            return mine[-1] if mine else None
        except (BlobExists, BlobMissing) as error:
            # A twin did it first, or has cleared away what this run was about to read.
            # Its text alone: with its traceback it would keep connections open until it is collected.
            problem = str(error)
    raise NotRedacted(f"{bag.prefix}: {BEGINNINGS} beginnings came to nothing: {problem}")


def redactions_of(store: ArchiveStore, bag: BagNames) -> list[Redaction]:
    """All redactions of a sealed bag, in their order; none while the first is under way."""
    tagmanifest = store.find(bag.blob(manifest.TAGMANIFEST))
    if tagmanifest is None:
        return []
    export = json.loads(store.read(bag.blob(manifest.EXPORT)))
    entries = cast("list[Entry]", export.get("redactions", []))
    digests = [*(entry["old"] for entry in entries[1:]), tagmanifest.sha256 or ""]
    return [
        Redaction(request=bag.request, new=new, **entry) for entry, new in zip(entries, digests, strict=False)
    ]


def _redact_leftovers(
    store: ArchiveStore, bag: BagNames, erased: Sequence[Erased], erasure: str, at: str
) -> Redaction | None:
    if lost_tagmanifest(store, bag):
        raise NotRedacted(f"{bag.prefix}: {TAGMANIFEST_LOST}")
    try:
        found = redact_leftovers(store, bag, erased, erasure=erasure, at=at)
    except UNREADABLE as error:
        raise NotRedacted(f"{bag.prefix}: {error}") from error
    return Redaction(bag.request, erasure, at, "", "", {}) if found else None


def _plan(
    store: ArchiveStore, bag: BagNames, old: str, erased: Sequence[Erased], erasure: str, at: str
) -> Record | None:
    try:
        return plan_redaction(store, bag, old, erased, erasure=erasure, at=at)
    except (NotRedacted, *UNREADABLE) as error:
        found = store.find(bag.blob(manifest.TAGMANIFEST))
        if found is None or found.sha256 != old or read_record(store, bag, old):
            raise BlobExists(f"{bag.prefix}: a twin redacts it while this run reads it") from error
        raise NotRedacted(f"{bag.prefix}: {error}") from error


def _begin(store: ArchiveStore, bag: BagNames, record: Record) -> None:
    try:
        write_record(store, bag, record)
    except BlobExists:
        store.delete_under(record["staged"])
        raise


def _finish(store: ArchiveStore, bag: BagNames, record: Record, sign: Sign) -> None:
    """Go through with a redaction that is on record, from wherever it stands."""
    entry = record["entry"]
    folder = RedactionNames(bag).folder(entry["old"])
    tagmanifest = store.find(bag.blob(manifest.TAGMANIFEST))
    if tagmanifest is None or tagmanifest.sha256 != entry["old"]:
        store.delete_under(folder)
        raise BlobExists(f"{bag.prefix}: this redaction has ended")
    _change_payload(store, bag, record)
    for name, swap in record["tagFiles"].items():
        _swap(store, bag.blob(name), swap, record["staged"] + name)
    redaction = Redaction(request=bag.request, new=record["new"], **entry)
    statement = bag.blob(manifest.redaction_statement(record["number"]))
    store.write(statement, sign(redaction, record["number"]), media_type=JSON)
    # Last: from here on the bag is what the statement says.
    new = store.read(record["staged"] + manifest.TAGMANIFEST)
    store.write(tagmanifest.name, new, media_type=TEXT, if_match=tagmanifest.etag)
    store.delete_under(folder)


def _change_payload(store: ArchiveStore, bag: BagNames, record: Record) -> None:
    erased = _read_erased(store, bag, record)

    def change(each: Change) -> None:
        rewrite(store, bag, each["path"], erased[each["path"].split("/")[2]], expected=each["new"] or "")

    rewritten = (each for each in read_changes(store, record) if each["new"] is not None)
    for _ in each_of(rewritten, change):
        pass
    store.delete_many(bag.blob(each["path"]) for each in read_changes(store, record) if each["new"] is None)


def _read_erased(store: ArchiveStore, bag: BagNames, record: Record) -> dict[str, Erased]:
    try:
        return read_erased_of(store, record)
    except BlobMissing:
        # Nothing has been changed by a redaction whose parts somebody has cleared away before it began.
        store.delete_under(RedactionNames(bag).record(record["entry"]["old"]))
        raise


def _swap(store: ArchiveStore, name: str, swap: Swap, staged: str) -> None:
    """Put a tag file in the place of the one that it was made from; raises BlobExists where that is another by now."""
    found: StoredBlob | None = store.find(name)
    if found is None or found.sha256 not in (swap["old"], swap["new"]):
        raise BlobExists(f"{name}: is not the one that this redaction was made from")
    if found.sha256 != swap["new"]:
        chunks = store.read_chunks(staged)
        store.write_stream(name, chunks, media_type=found.media_type, if_match=found.etag)
