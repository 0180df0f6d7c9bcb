"""Redactions for tests: what to erase of a described project, and what the project is without it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

from steward.archive.bag import SealedBag
from steward.archive.erased import Erased
from steward.archive.names import BagNames
from steward.archive.redaction import Redaction, redact
from steward.archive.redaction_search import bags_with, left_in
from steward.archive.store import ArchiveStore
from steward.evidence.bags import sign_bag
from steward.evidence.keys import EvidenceSigner, load_signer
from steward.evidence.redactions import signing
from tests.archive.exports import Export, Project, child, projects

ERASURE = "erasure-1"
AT = "2026-11-25T00:00:00+00:00"


@dataclass
class Selection:
    """What is erased of a project: images by number, and the last of its predictions, tags and iterations."""

    whole: bool = False
    images: set[int] = field(default_factory=set[int])
    predictions: int = 0
    tags: int = 0
    iterations: int = 0

    def erased(self, project: Project) -> Erased:
        def last(kind: str, count: int, gone: int) -> frozenset[str]:
            return frozenset(child(project, kind, number) for number in range(max(0, count - gone), count))

        return Erased(
            project.id,
            whole=self.whole,
            images=frozenset(child(project, "image", number) for number in self.images),
            predictions=last("prediction", project.predictions, self.predictions),
            tags=last("tag", len(project.tags), self.tags),
            iterations=last("iteration", len(project.snapshots), self.iterations),
        )

    def rest(self, project: Project) -> Project | None:
        """The project as if nothing of it had ever been there."""

        def without(numbers: list[int]) -> list[int]:
            return [number for number in numbers if number not in self.images]

        if self.whole:
            return None
        return replace(
            project,
            tags=project.tags[: max(0, len(project.tags) - self.tags)],
            tagged=without(project.tagged),
            untagged=without(project.untagged),
            snapshots=[
                without(numbers)
                for numbers in project.snapshots[: max(0, len(project.snapshots) - self.iterations)]
            ],
            predictions=max(0, project.predictions - self.predictions),
        )


@st.composite
def accounts(draw: st.DrawFn) -> list[tuple[Project, Selection]]:
    """Projects, each with what is erased of it."""
    selections = st.builds(
        Selection,
        whole=st.sampled_from([False, False, False, True]),
        images=st.sets(st.integers(0, 8), max_size=5),
        predictions=st.integers(0, 4),
        tags=st.integers(0, 2),
        iterations=st.integers(0, 2),
    )
    described = draw(projects())
    for project in described:
        # An image in both lists is a finding about the whole lists, which a redaction lets stand.
        project.untagged = [number for number in project.untagged if number not in project.tagged]
    return [(project, draw(selections)) for project in described]


def signer_in(folder: Path) -> EvidenceSigner:
    return load_signer(str(folder / "key.pem"))


def sealed(export: Export, described: Sequence[Project], signer: EvidenceSigner) -> SealedBag:
    """Written, sealed and signed."""
    export.write(described)
    bag = export.seal()
    sign_bag(export.store, export.bag, bag, signer, {})
    return bag


def redact_bag(
    store: ArchiveStore,
    bag: BagNames,
    erased: Sequence[Erased],
    signer: EvidenceSigner,
    erasure: str = ERASURE,
    may_finish: Callable[[list[Erased]], bool] = lambda _: True,
) -> Redaction | None:
    return redact(
        store, bag, erased, erasure=erasure, at=AT, sign=signing(bag, signer), may_finish=may_finish
    )


def unredacted(store: ArchiveStore, account: str, erased: Sequence[Erased]) -> dict[str, str]:
    """Why bags still are to be redacted or do not verify since, by request."""
    bags = bags_with(store, account, {each.project for each in erased})
    found = {bag: left_in(store, BagNames(account, bag), erased, erasure=ERASURE).reason for bag in bags}
    return {bag: reason for bag, reason in found.items() if reason}
