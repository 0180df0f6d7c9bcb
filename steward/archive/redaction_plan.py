"""Making a redaction: the tag files of the bag as it will be, from those that it has and from a look into its payload."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, cast

from steward.archive import manifest
from steward.archive.bag import Totals, bag_info, export_chunks
from steward.archive.contents import read_contents
from steward.archive.documents import encode
from steward.archive.erased import Erased
from steward.archive.errors import ArchiveError
from steward.archive.names import BagNames, is_shared
from steward.archive.redaction_lines import leaves
from steward.archive.redaction_look import FileCut, look
from steward.archive.redaction_orphans import with_orphans
from steward.archive.redaction_record import Change, Entry, Record, RedactionNames, Swap, stage
from steward.archive.redaction_summary import ProjectCut, cut_summaries, removed
from steward.archive.store import JSON, TEXT, ArchiveStore, Digests
from steward.archive.summaries import NamedGap, ProjectSummary


class NotRedacted(ArchiveError):  # noqa: N818 - it names what is found
    """The bag is damaged in a way that a redaction would hide, or that leaves nothing to go by; nothing was changed."""


def plan_redaction(
    store: ArchiveStore, bag: BagNames, old: str, erased: Sequence[Erased], *, erasure: str, at: str
) -> Record | None:
    """Stage the redaction of a bag whose tagmanifest has the SHA-256 `old`; None where it holds nothing of it.

    Changes nothing of the bag. Raises NotRedacted, BlobMissing, BlobDamaged.
    """
    files = {cut.path: cut for each in erased for cut in look(store, bag, each)}
    if not files:
        return None
    erased = with_orphans(store, bag, erased, erasure=erasure)
    tag_files = _read_tag_files(store, bag, old)
    staged = f"{RedactionNames(bag).folder(old)}{uuid.uuid4().hex}/"
    changes = [Change(path=cut.path, old=cut.old, new=_sha256(cut)) for cut in files.values()]
    stage(store, staged, erased, changes)
    making = _Making(store, bag, staged, {each.project: ProjectCut(each) for each in erased})
    new = making.make_manifests(files)
    entry = Entry(erasure=erasure, at=at, old=old, removed={})
    number = making.make_export(new, entry)
    lines = [
        manifest.digest_line(new[name].sha256 if name in new else sha256, name)
        for name, sha256 in sorted(tag_files.items())
    ]
    tagmanifest = store.write(staged + manifest.TAGMANIFEST, b"".join(lines), media_type=TEXT)
    swaps = {name: Swap(old=tag_files[name], new=digests.sha256) for name, digests in new.items()}
    return Record(entry=entry, number=number, new=tagmanifest.sha256, staged=staged, tagFiles=swaps)


def _sha256(cut: FileCut) -> str | None:
    return cut.new.sha256 if cut.new else None


def _read_tag_files(store: ArchiveStore, bag: BagNames, old: str) -> dict[str, str]:
    """SHA-256 of each tag file, by name; they must be there as the tagmanifest says, since the new ones are made of them."""
    data = store.read(bag.blob(manifest.TAGMANIFEST))
    if hashlib.sha256(data).hexdigest() != old:
        raise NotRedacted(f"{manifest.TAGMANIFEST}: has other bytes than those that were written")
    listed = dict(manifest.parse_digest_lines(manifest.TAGMANIFEST, iter(data.splitlines())))
    for name in (*manifest.PAYLOAD_LISTS, manifest.EXPORT, manifest.BAG_INFO):
        found = store.find(bag.blob(name))
        if found is None or found.damage or found.sha256 != listed.get(name):
            raise NotRedacted(f"{name}: is not the one that {manifest.TAGMANIFEST} lists")
    return listed


class _Making:
    """Tag files of the new bag, one after the other."""

    def __init__(
        self, store: ArchiveStore, bag: BagNames, staged: str, cuts: Mapping[str, ProjectCut]
    ) -> None:
        self._store = store
        self._bag = bag
        self._staged = staged
        self._cuts = cuts
        self._lost_files = 0
        self._lost_bytes = 0

    def make_manifests(self, files: Mapping[str, FileCut]) -> dict[str, Digests]:
        """Both manifests and fetch.txt, streamed."""
        names = manifest.PAYLOAD_LISTS
        with ExitStack() as stack:
            sha256, md5, fetch = [
                stack.enter_context(self._store.writer(self._staged + name, media_type=TEXT))
                for name in names
            ]
            for content in read_contents(self._store, self._bag):
                cut = files.get(content.path)
                if self._loses(content.path, content.length or 0, cut):
                    continue
                digests = (content.sha256, content.md5)
                # What was written over since the seal keeps its line: a redaction must not hide the damage.
                if cut and cut.new and cut.old == content.sha256:
                    digests = (cut.new.sha256, cut.new.md5.hex())
                sha256.write(manifest.digest_line(digests[0], content.path))
                md5.write(manifest.digest_line(digests[1], content.path))
                if is_shared(content.path):
                    fetch.write(manifest.fetch_line(content.url, content.length or 0, content.path))
        return dict(zip(names, (sha256.digests, md5.digests, fetch.digests), strict=True))

    def _loses(self, path: str, length: int, cut: FileCut | None) -> bool:
        """Whether a file goes whole; either way its loss is added up."""
        project = self._cuts.get(path.split("/")[2]) if path.count("/") > 2 else None
        if project is None:
            return False
        if cut:
            project.counts.update(cut.counts)
            if path.endswith(".jsonl") and cut.new:
                project.add_page(path, cut.page)
            self._lost_bytes += cut.old_length - (cut.new.length if cut.new else 0)
        if not leaves(path, project.erased):
            return False
        if is_shared(path):
            project.add_shared(path, length)
            self._lost_bytes += length
        self._lost_files += 1
        return True

    def make_export(self, new: dict[str, Digests], entry: Entry) -> int:
        """export.json and bag-info.txt, which go by the sums of the manifests; the redaction's number."""
        export = json.loads(self._store.read(self._bag.blob(manifest.EXPORT)))
        before = cast("list[ProjectSummary]", export["projects"])
        projects, gaps = cut_summaries(before, cast("list[NamedGap]", export["gaps"]), self._cuts)
        entry["removed"] = removed(before, projects)
        redactions = [*export.get("redactions", []), entry]
        totals = Totals(
            projects=len(projects),
            payloadFiles=export["totals"]["payloadFiles"] - self._lost_files,
            payloadBytes=export["totals"]["payloadBytes"] - self._lost_bytes,
            gaps=len(gaps),
        )
        head = {**export, "totals": totals, "projects": projects, "redactions": redactions}
        del head["gaps"]
        new[manifest.EXPORT] = self._write_export(head, gaps)
        info = manifest.parse_bag_info(self._store.read(self._bag.blob(manifest.BAG_INFO)))
        data = bag_info(self._bag, totals, info["Bagging-Date"])
        new[manifest.BAG_INFO] = self._store.write(self._staged + manifest.BAG_INFO, data, media_type=TEXT)
        return len(redactions)

    def _write_export(self, head: Mapping[str, Any], gaps: Iterable[NamedGap]) -> Digests:
        chunks = export_chunks(head, map(encode, gaps))
        return self._store.write_stream(self._staged + manifest.EXPORT, chunks, media_type=JSON)
