"""A host that is killed costs time only; a request that finds the account at work waits for its turn."""

import random
from collections.abc import Iterator

import pytest

from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Host, inventory, new_archive, settings, wait
from tests.export.record import Json

# Nine moments drawn over the work of a whole export, as fractions of the service's answers, one in each ninth of it; the
# tenth comes after the last answer, while the bag is made.
SOURCE = random.Random(7)
MOMENTS = [*((ninth + SOURCE.random()) / 9 for ninth in range(9)), 1.0]


@pytest.fixture(scope="module")
def hosted(
    emulator: Emulator, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Host, Archive]]:
    """Answers take their time, so that there is something to be killed in; every moment has an archive of its own."""
    names = ("undisturbed", "crowded", *(f"moment-{number}" for number in range(len(MOMENTS))))
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive, *names)) as host,
    ):
        emulator.options(latency_ms=30)
        yield host, archive
        emulator.options(latency_ms=0)


@pytest.fixture(scope="module")
def work(emulator: Emulator, hosted: tuple[Host, Archive]) -> int:
    """Answers of the service that a whole export takes."""
    before = answers(emulator)
    assert hosted[0].export(whole("undisturbed"))["state"] == "completed"
    return answers(emulator) - before


@pytest.mark.parametrize(
    "number",
    [pytest.param(number, marks=[] if number == 4 else pytest.mark.prove) for number in range(10)],
)
def test_killed_at_a_moment_it_ends_by_itself(
    emulator: Emulator, hosted: tuple[Host, Archive], work: int, number: int
) -> None:
    host, archive = hosted
    moment = answers(emulator) + int(MOMENTS[number] * work)
    name = host.ask(whole(f"moment-{number}"))
    wait(lambda: answers(emulator), lambda count: count >= moment)
    host.program.kill()
    # Killed at work, not after its end.
    bag = archive.bag({"account": f"moment-{number}", "id": name})
    assert number == 9 or not bag.exists()
    host.start()
    assert_whole(emulator, archive, host.wait(name))


def answers(emulator: Emulator) -> int:
    counters = emulator.counters()
    return counters["calls"] + counters["pictures"]


@pytest.mark.prove
def test_one_waits_for_the_other_and_both_survive(emulator: Emulator, hosted: tuple[Host, Archive]) -> None:
    """Killed while one runs and one is queued: the turn is still the first one's, and goes to the second at its end."""
    host, archive = hosted
    first, second = host.ask(whole("crowded")), host.ask(whole("crowded"))
    queued = wait(lambda: host.request(second), lambda document: document["state"] == "queued")
    assert queued["behind"] == first
    host.program.kill()
    host.start()
    documents = [host.wait(name) for name in (first, second)]
    for document in documents:
        assert_whole(emulator, archive, document)
    assert documents[0]["ended"] < documents[1]["ended"]
    assert host.export(whole("crowded"))["state"] == "completed"


def whole(account: str) -> Json:
    return {"account": account, "scope": "account"}


def assert_whole(emulator: Emulator, archive: Archive, document: Json) -> None:
    assert document["state"] == "completed", document
    checked = verify(ArchiveStore(archive.container), document["account"], document["id"], deep=True)
    assert checked.problems == []
    assert inventory(emulator, archive, document).differences == []
    # Nothing of the runs that were cut off is left beside the bag.
    work = archive.container.list_blob_names(name_starts_with=f"{document['account']}/work/")
    assert list(work) == []
