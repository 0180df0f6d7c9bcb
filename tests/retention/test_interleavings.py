"""Retention while exports and erases run, and fail, and begin again: no bag that should verify ever loses a picture."""

import contextlib
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steward.archive.erased import Erased
from steward.archive.errors import ArchiveError
from steward.archive.names import BagNames
from steward.archive.redaction_copies import delete_shared
from steward.archive.redaction_due import note_leaving
from steward.archive.redaction_plan import NotRedacted
from steward.archive.redaction_search import bags_with
from steward.archive.store import ArchiveStore
from steward.retention.rules import Rules
from tests.archive.exports import Project, child
from tests.archive.redacting import redact_bag
from tests.archive.test_interruptions import Interrupted, dying_store
from tests.conftest import Azurite
from tests.retention.retaining import DAYS, OFF, Retaining, retaining

type Rival = Literal["done", "failed"]
type Of = Literal["requests", "listings of copies"]
PROJECTS = 2
IMAGES = st.sets(st.integers(0, 3), max_size=4)


@dataclass(frozen=True)
class Exporting:
    """`sees`: by project, the images that the service gives; a failed one leaves its payload."""

    days_ago: int
    fails: bool
    subject: bool
    sees: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Erasing:
    """`bags`: after how many it fails; many for one that comes to its end."""

    project: int
    images: frozenset[int]
    bags: int


@dataclass(frozen=True)
class Keeping:
    """A retention. `lives`: requests until its process dies, and it is started again; `overtaken`: before which request another
    run of it ends it, whole or as failed, and an export of the account comes and is sealed."""

    rules: Rules
    lives: int | None
    overtaken: tuple[int, Of, Rival] | None


type Step = Exporting | Erasing | Keeping

exporting = st.builds(
    Exporting,
    days_ago=st.sampled_from([0, 1, 9, 40]),
    fails=st.sampled_from([False, False, True]),
    subject=st.sampled_from([False, False, True]),
    sees=st.tuples(*[IMAGES.map(frozenset)] * PROJECTS),
)
erasing = st.builds(
    Erasing,
    project=st.integers(0, PROJECTS - 1),
    images=IMAGES.map(frozenset),
    bags=st.sampled_from([0, 1, 99]),
)
keeping = st.builds(
    Keeping,
    rules=st.sampled_from([DAYS, OFF, replace(OFF, runs=1), replace(DAYS, runs=2)]),
    lives=st.none() | st.integers(0, 120),
    overtaken=st.none()
    | st.tuples(st.integers(0, 120), st.just("requests"), st.sampled_from(["done", "failed"]))
    # Each project's copies are listed to be looked at, and to be deleted.
    | st.tuples(st.integers(0, 8), st.just("listings of copies"), st.sampled_from(["done", "failed"])),
)
histories = st.tuples(
    st.lists(exporting, min_size=1, max_size=3),
    st.lists(exporting | erasing | keeping, max_size=3),
    keeping,
).map(lambda parts: [*parts[0], *parts[1], parts[2]])


class RivalTransport(RequestsTransport):
    """Before one of its requests a rival works; never between the last look at the ledger and the deletion, which no store could
    do in one."""

    def __init__(self, moment: int, of: Of, rival: Callable[[], None]) -> None:
        super().__init__()
        self._sent = 0
        self._moment = moment
        self._counted = "prefix=default%2Fpictures%2F" if of == "listings of copies" else ""
        self._rival: Callable[[], None] | None = rival

    def send(self, request: Any, **kwargs: Any) -> Any:
        self._sent += self._counted in request.url
        if self._rival and self._sent > self._moment and "comp=batch" not in request.url:
            rival, self._rival = self._rival, None
            rival()
        return cast("object", super().send(request, **kwargs))


@dataclass
class World:
    account: Retaining
    azurite: Azurite
    projects: list[Project] = field(
        default_factory=lambda: [
            Project(tagged=[], untagged=[], snapshots=[], predictions=0) for _ in range(PROJECTS)
        ]
    )
    erased: list[set[int]] = field(default_factory=lambda: [set[int]() for _ in range(PROJECTS)])
    named: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    count: int = 0

    def take(self, step: Step) -> None:
        match step:
            case Exporting():
                self.export(step)
            case Erasing():
                self.erase(step)
            case Keeping():
                self.keep(step)
        assert self.account.unproved() == {}, step

    def export(self, step: Exporting) -> None:
        self.count += 1
        request = f"export-{self.count:03d}"
        seen = [
            replace(project, tagged=sorted(images - gone))
            for project, images, gone in zip(self.projects, step.sees, self.erased, strict=True)
        ]
        self.account.export(
            request,
            seen,
            days_ago=step.days_ago,
            purpose="data-subject" if step.subject else "backup",
            state="failed" if step.fails else "completed",
            sealed=not step.fails,
        )
        self.named[request] = {child(each, "image", number) for each in seen for number in each.tagged}

    def erase(self, step: Erasing) -> None:
        """What it redacts, it redacts whole; what an earlier one left undone it takes up."""
        self.count += 1
        store, project = self.account.store, self.projects[step.project]
        self.erased[step.project] |= step.images
        images = frozenset(child(project, "image", number) for number in self.erased[step.project])
        erased = [Erased(project.id, images=images)]
        note_leaving(store, "default", f"erasure-{self.count}", erased[0])
        for place, bag in enumerate(bags_with(store, "default", {project.id})):
            if place == step.bags:
                return
            # Of what a retention that failed has half deleted nothing is left to redact; the next one deletes the rest.
            with contextlib.suppress(NotRedacted):
                redact_bag(
                    store, BagNames("default", bag), erased, self.account.signer, f"erasure-{self.count}"
                )
                self.named[bag] -= images
        delete_shared(store, "default", erased, erasure=f"erasure-{self.count}")

    def keep(self, step: Keeping) -> None:
        request = self.account.begin(step.rules)
        if step.lives is not None:
            with contextlib.suppress(Interrupted):
                dying = dying_store(
                    self.azurite, self.account.container, step.lives, heard=bool(step.lives % 2)
                )
                self.account.work(request, self.account.dying(dying))
        if step.overtaken:
            self._overtaken(request, *step.overtaken)
        if not self.account.ledger(request).has_ended():
            self.account.work(request)
            self._nothing_is_left_over()

    def _overtaken(self, request: str, moment: int, of: Of, rival: Rival) -> None:
        def work() -> None:
            if self.account.ledger(request).has_ended():
                return
            if rival == "done":
                self.account.work(request)
            else:
                self.account.ledger(request).end("failed", reason="was terminated")
            self.export(Exporting(0, fails=False, subject=False, sees=(frozenset({0, 1, 2, 3}),) * PROJECTS))

        overtaken = ContainerClient.from_connection_string(
            self.azurite.connection_string,
            self.account.container.container_name,
            transport=RivalTransport(moment, of, work),
            retry_total=0,
        )
        # Its work area may be gone meanwhile.
        with overtaken, contextlib.suppress(ArchiveError):
            self.account.work(request, self.account.dying(ArchiveStore(overtaken)))

    def _nothing_is_left_over(self) -> None:
        """Pictures that no bag names and no erasure is to delete are gone."""
        wanted = set[str]().union(*(self.named[bag] for bag in self.account.bags()))
        noted = {
            child(project, "image", number)
            for project, numbers in zip(self.projects, self.erased, strict=True)
            for number in numbers
        }
        assert self.account.copies() - noted <= wanted


def check(azurite: Azurite, folder: Path, steps: Sequence[Step]) -> None:
    with new_container(azurite) as container:
        world = World(retaining(azurite, container, folder), azurite)
        for step in steps:
            world.take(step)


@contextlib.contextmanager
def new_container(azurite: Azurite) -> Generator[ContainerClient]:
    name = f"test-{uuid.uuid4().hex}"
    with ContainerClient.from_connection_string(azurite.connection_string, name) as container:
        container.create_container()
        yield container


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=4, deadline=None, suppress_health_check=SLOW, database=None)
@given(steps=histories)
def test_no_bag_loses_a_picture(
    azurite: Azurite, tmp_path_factory: pytest.TempPathFactory, steps: Sequence[Step]
) -> None:
    check(azurite, tmp_path_factory.mktemp("keys"), steps)


@pytest.mark.prove
@pytest.mark.timeout(3600)
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, database=None)
@given(steps=histories)
def test_no_bag_ever_loses_a_picture(
    azurite: Azurite, tmp_path_factory: pytest.TempPathFactory, steps: Sequence[Step]
) -> None:
    check(azurite, tmp_path_factory.mktemp("keys"), steps)
