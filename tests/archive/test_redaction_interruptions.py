"""A redaction that is interrupted anywhere, or done twice at once, ends in the same valid bag, and in one redaction."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.storage.blob import ContainerClient

from steward.archive import manifest, writing
from steward.archive.bag import seal
from steward.archive.erased import Erased
from steward.archive.redaction import Redaction, redactions_of
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.evidence.bags import check_bag
from steward.evidence.keys import EvidenceSigner
from tests.archive.exports import ABOUT, DATE, Export, Project, child
from tests.archive.redacting import redact_bag, sealed, signer_in, unredacted
from tests.archive.test_interruptions import Interrupted, OvertakenTransport, dying_store
from tests.conftest import Azurite

# Small: each of its requests is interrupted in turn.
PROJECT = Project(tagged=[0, 1, 2], untagged=[], snapshots=[[5]], predictions=0, models=0)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> EvidenceSigner:
    return signer_in(tmp_path_factory.mktemp("keys"))


class Bag:
    """A sealed bag of which one image and the iteration are to go, and how it was before."""

    def __init__(self, store: ArchiveStore, signer: EvidenceSigner) -> None:
        self.store = store
        self.signer = signer
        self.export = Export(store)
        sealed(self.export, [PROJECT], signer)
        self.erased = [
            Erased(
                PROJECT.id,
                images=frozenset({child(PROJECT, "image", 1)}),
                iterations=frozenset({child(PROJECT, "iteration", 0)}),
            )
        ]
        self._before = {blob.name: store.read(blob.name) for blob in store.list("default/")}

    def restore(self) -> None:
        self.store.delete_many(
            [blob.name for blob in self.store.list("default/") if blob.name not in self._before]
        )
        there = {blob.name: blob.sha256 for blob in self.store.list("default/")}
        for name, data in self._before.items():
            if there.get(name) != writing.Digests.of(data).sha256:
                self.store.write(name, data)

    def redact(self, store: ArchiveStore | None = None, erasure: str = "erasure-1") -> Redaction | None:
        return redact_bag(store or self.store, self.export.bag, self.erased, self.signer, erasure)

    def prove(self, redaction: Redaction) -> None:
        bag = self.export.bag
        found = verify(self.store, bag.account, bag.request)
        assert found.problems == []
        assert found.tagmanifest == redaction.new
        assert redactions_of(self.store, bag) == [redaction]
        assert check_bag(self.store, bag, found.tagmanifest, [self.signer.public_key]) == ""
        assert not list(self.store.list("default/redactions/"))
        assert unredacted(self.store, "default", self.erased) == {}


@pytest.fixture
def bag(store: ArchiveStore, signer: EvidenceSigner, monkeypatch: pytest.MonkeyPatch) -> Bag:
    # Small blocks: manifests of many blocks, as those of large accounts.
    monkeypatch.setattr(writing, "BLOCK", 3000)
    return Bag(store, signer)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("heard", "every"),
    [
        (False, 9),
        pytest.param(False, 2, marks=pytest.mark.prove),
        pytest.param(True, 2, marks=pytest.mark.prove),
    ],
)
def test_a_redaction_that_ends_anywhere_is_finished_by_the_next_run(
    azurite: Azurite, container: ContainerClient, bag: Bag, *, heard: bool, every: int
) -> None:
    whole = bag.redact()
    assert whole
    bag.prove(whole)
    interrupted = 0
    # Half of the requests are lost before the store hears them, the other half after.
    for lives in range(heard, 1000, every):
        bag.restore()
        try:
            bag.redact(dying_store(azurite, container, lives, heard=heard))
        except Interrupted:
            interrupted += 1
        else:
            break
        assert bag.redact() == whole
        bag.prove(whole)
    assert interrupted > 50 / every


@pytest.mark.timeout(600)
@pytest.mark.prove
def test_a_redaction_that_is_interrupted_twice_is_finished_by_the_third_run(
    azurite: Azurite, container: ContainerClient, bag: Bag
) -> None:
    whole = bag.redact()
    assert whole
    for lives in range(20, 90, 23):
        for again in (5, 31):
            bag.restore()
            for each in (lives, again):
                with contextlib.suppress(Interrupted):
                    bag.redact(dying_store(azurite, container, each, heard=True))
            assert bag.redact() == whole
            bag.prove(whole)


def slow_store(
    azurite: Azurite, container: ContainerClient, moment: int, twin: Callable[[], object]
) -> tuple[ArchiveStore, OvertakenTransport]:
    transport = OvertakenTransport(moment, twin)
    client = ContainerClient.from_connection_string(
        azurite.connection_string, container.container_name, transport=transport
    )
    return ArchiveStore(client), transport


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_twins_end_in_the_same_bag_whenever_one_overtakes_the_other(
    azurite: Azurite, container: ContainerClient, bag: Bag
) -> None:
    whole = bag.redact()
    assert whole
    moment = 0
    for moment in range(0, 1000, 2):
        bag.restore()
        store, transport = slow_store(azurite, container, moment, bag.redact)
        assert bag.redact(store) == whole
        bag.prove(whole)
        if transport.sent <= moment:
            break
    assert moment > 50


@pytest.mark.prove
def test_many_at_once_end_in_the_same_bag(bag: Bag) -> None:
    whole = bag.redact()
    assert whole
    for _ in range(3):
        bag.restore()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(bag.redact, [None] * 4))
        assert found == [whole] * 4
        bag.prove(whole)


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_what_one_erasure_left_unfinished_another_finishes_first(
    azurite: Azurite, container: ContainerClient, bag: Bag
) -> None:
    first = bag.redact()
    assert first
    later = [Erased(PROJECT.id, images=frozenset({child(PROJECT, "image", 2)}))]
    kinds: set[int] = set()
    for lives in range(15, 95, 8):
        bag.restore()
        with contextlib.suppress(Interrupted):
            bag.redact(dying_store(azurite, container, lives, heard=True))
        second = redact_bag(bag.store, bag.export.bag, later, bag.signer, "erasure-2")
        line = redactions_of(bag.store, bag.export.bag)
        kinds.add(len(line))
        assert line[-1] == second
        assert line[:-1] in ([], [first])
        found = verify(bag.store, "default", bag.export.bag.request)
        assert found.problems == []
        assert check_bag(bag.store, bag.export.bag, found.tagmanifest, [bag.signer.public_key]) == ""
        assert not list(bag.store.list("default/redactions/"))
    assert kinds == {1, 2}


@pytest.mark.prove
def test_a_late_twin_of_the_sealing_takes_nothing_from_a_redaction(
    azurite: Azurite, container: ContainerClient, bag: Bag
) -> None:
    """It clears the export's work area, and would write the tag files that it began with."""
    whole = bag.redact()
    assert whole

    def seal_again() -> None:
        seal(bag.store, bag.export.bag, about=ABOUT, date=DATE)

    for moment in range(5, 90, 12):
        bag.restore()
        store, _ = slow_store(azurite, container, moment, seal_again)
        assert bag.redact(store) == whole
        bag.prove(whole)
    assert bag.store.find(bag.export.bag.blob(manifest.STATEMENT))
