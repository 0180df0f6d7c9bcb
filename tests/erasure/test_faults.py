"""A service that fails, and a host that dies, at any call of an erase: it ends complete by itself, and takes nothing beside."""

import contextlib
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.order import ORDER, broken_laws
from tests.erasure.planting import clear
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.export.exporting import ENDED, wait
from tests.export.record import Json, Record
from tests.export.service_side import training_client
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn, Recorded, honest

# Each test has one of its own, with its own turn and ledgers.
NAMES = [f"trial-{number}" for number in range(48)]
# That the service gets from the approval on, if nothing fails.
CALLS = 24
AT_ONCE = ("--train-seconds", "0", "--delete-seconds", "0.1")


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erasing]:
    folder = tmp_path_factory.mktemp("faults")
    with erasing(azurite, folder, *AT_ONCE, seed="none", accounts=NAMES) as running:
        yield running


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return iter(NAMES)


@dataclass
class Trial:
    """A project that is to be erased whole, and everything beside it as it was before."""

    app: Erasing
    name: str
    project: Wardrobe
    beside: list[Record] = field(default_factory=list[Record])

    def records_beside(self) -> list[Record]:
        return [each for each in self.app.emulator.service().records() if self.project.id not in each.key]

    def ask(self) -> Json:
        document = self.app.waiting(self.app.ask(self.project.whole, account=self.name, **WAIVED))
        assert document["state"] == "waiting-for-approval", document
        return document

    def assert_erased(self, document: Json, *lives: Sequence[Recorded]) -> None:
        """All of it, and nothing else; in the right order in each life of the host, since a new one begins anew."""
        assert document["state"] == "completed", document
        assert not self.project.there()
        assert self.records_beside() == self.beside
        ledger, plan = self.app.ledger(document), self.app.plan(document)
        for changes in lives or [self.app.service.changes]:
            assert broken_laws(changes, ledger, plan) == []
        rows = self.app.certificate(document)["counts"]
        erased = {row["entity"]: row["erased"] for row in rows if row["erased"]}
        assert erased == {
            "stored predictions": 3,
            "published iterations": 1,
            "images": 16,
            "image tags": 3,
            "iterations": 2,
            "projects": 1,
        }
        assert all(row["refused"] == row["left"] == row["residue"] == 0 for row in rows)


@pytest.fixture
def trial(app: Erasing, names: Iterator[str]) -> Iterator[Trial]:
    clear(training_client(app.emulator.endpoint, app.emulator.key))
    service, name = service_of(app.emulator), next(names)
    wardrobe(service)
    started = Trial(app, name, wardrobe(service))
    started.beside = started.records_beside()
    app.service.calls.clear()
    yield started
    app.service.behave = honest
    app.emulator.no_faults()
    app.emulator.options(retry_after=True)


def test_undisturbed(trial: Trial) -> None:
    """What the others are held against."""
    document = trial.ask()
    trial.app.service.calls.clear()
    trial.app.approve(document)
    trial.assert_erased(trial.app.host.wait(document["id"]))
    assert len(trial.app.service.calls) == CALLS


PASSING: dict[str, Json] = {
    "429 that says how long": {"kind": "status", "status": 429, "retryAfter": 1, "nth": [1, 2]},
    "429 that does not": {"kind": "status", "status": 429, "nth": [1, 2]},
    "a burst of 500": {"kind": "status", "status": 500, "nth": [1, 2, 3]},
    "reset before": {"kind": "reset-before", "nth": [1, 2]},
    "reset after": {"kind": "reset-after", "nth": [1]},
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_at_every_deleting_call(trial: Trial, fault: str) -> None:
    trial.app.emulator.options(retry_after=fault != "429 that does not")
    for operation in ORDER:
        trial.app.emulator.fault(**PASSING[fault], operation=operation)
    document = trial.ask()
    trial.app.approve(document)
    document = trial.app.host.wait(document["id"])
    assert [rule for rule in trial.app.emulator.faults() if not rule["fired"]] == []
    trial.app.emulator.no_faults()
    trial.assert_erased(document)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3, 4))])
@pytest.mark.timeout(300)
def test_a_storm_over_every_call(trial: Trial, seed: int) -> None:
    """From the plan to the read back, by chance: refusals, resets before and after the work, answers cut short."""
    for number, rule in enumerate(
        (
            {"kind": "status", "status": 429, "retryAfter": 1, "probability": 0.05},
            {"kind": "status", "status": 500, "probability": 0.05},
            {"kind": "reset-before", "probability": 0.04},
            {"kind": "reset-after", "probability": 0.04},
            {"kind": "truncated", "probability": 0.04},
        )
    ):
        trial.app.emulator.fault(**rule, seed=10 * seed + number)
    document = trial.ask()
    trial.app.approve(document)
    document = trial.app.host.wait(document["id"], 200)
    trial.app.emulator.no_faults()
    trial.assert_erased(document)


def test_what_the_service_refuses_for_good_is_named_and_its_parents_stay(trial: Trial) -> None:
    """With the service's code; what does not hang on it goes."""
    trial.app.emulator.fault(
        kind="status", status=403, operation="DeleteIteration", path=f"*{trial.project.first}"
    )
    document = trial.ask()
    trial.app.approve(document)
    document = trial.app.host.wait(document["id"])
    trial.app.emulator.no_faults()
    assert document["state"] == "incomplete", document
    assert trial.project.iterations() == {trial.project.first}
    assert trial.project.images() == set()
    assert trial.records_beside() == trial.beside
    read_back = trial.app.certificate(document)["readBack"]
    (refused,) = read_back["refused"]
    assert (refused["entity"], refused["count"]) == ("iterations", 1)
    assert "Forbidden" in refused["code"]
    (left,) = [each for each in read_back["left"] if each["entity"] == "projects"]
    assert left["code"] == "NotTried"
    trial.project.delete(f"/iterations/{trial.project.first}")
    trial.project.delete("")


# At each call between the approval and the end, before or after its work was done, and at one of the calls that the next
# host makes.
SOURCE = random.Random(11)
MOMENTS = [
    [(call, SOURCE.random() < 0.5), (SOURCE.randrange(CALLS), SOURCE.random() < 0.5)] for call in range(CALLS)
]


class Killer:
    """Kills the host at a call of the service, before it is passed on or when its work is done; once."""

    def __init__(self, trial: Trial, call: int, *, done: bool) -> None:
        self.killed = threading.Event()
        self._host = trial.app.host
        self._left = call
        self._done = done
        self._lock = threading.Lock()
        trial.app.service.behave = self.behave

    def behave(self, _: Call, pass_on: PassOn) -> Answered:
        with self._lock:
            self._left -= 1
            mine = self._left == -1
        if not mine:
            return pass_on()
        answered = pass_on() if self._done else Answered(503, {}, b"")
        self._host.program.kill()
        self.killed.set()
        return answered

    def strikes(self, request: str) -> bool:
        """Whether it kills the host before the request's end; waits for the one or the other."""

        def over() -> bool:
            with contextlib.suppress(requests.ConnectionError):
                return self._host.request(request)["state"] in ENDED
            return False

        wait(lambda: self.killed.is_set() or over(), bool, 90)
        return self.killed.is_set()


@pytest.mark.parametrize(
    "moment",
    [pytest.param(each, marks=[] if each in {5, 12} else pytest.mark.prove) for each in range(CALLS)],
)
def test_killed_twice_it_ends_by_itself(trial: Trial, moment: int) -> None:
    app, lives = trial.app, [0]
    document = trial.ask()
    for life, (call, done) in enumerate(MOMENTS[moment]):
        killer = Killer(trial, call, done=done)
        if life:
            app.host.start()
        else:
            # It may die before it has answered.
            with contextlib.suppress(requests.ConnectionError):
                app.approve(document)
        if not killer.strikes(document["id"]):
            break
        lives.append(len(app.service.changes))
    else:
        app.host.start()
    document = app.host.wait(document["id"])
    changes = app.service.changes
    trial.assert_erased(document, *(changes[first:end] for first, end in pairwise([*lives, len(changes)])))


# Ids of events, in their order; the approval is given when the request waits for it.
STEPS = (
    *("phase-plan", "plan", "guard-first", "waiting-for-approval"),
    *(
        "decision",
        "guard-last",
        "phase-erase",
        "phase-read-back",
        "phase-archives",
        "phase-certificate",
        "certified",
    ),
)


@pytest.mark.parametrize(
    "step",
    [pytest.param(each, marks=[] if each in {"plan", "certified"} else pytest.mark.prove) for each in STEPS],
)
def test_killed_at_a_step_of_its_ledger_it_ends_by_itself(trial: Trial, step: str) -> None:
    app, before = trial.app, STEPS.index(step) < STEPS.index("decision")
    request = app.ask(trial.project.whole, account=trial.name, **WAIVED)
    if not before:
        app.approve(app.waiting(request))
    where = {"account": trial.name, "id": request}
    wait(lambda: [event["id"] for event in app.ledger(where)], lambda ids: step in ids)
    app.host.program.kill()
    app.host.start()
    if before:
        app.approve(app.waiting(request))
    trial.assert_erased(app.host.wait(request), [])
    assert [event["type"] for event in app.ledger(where)].count("certified") == 1


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3))])
def test_every_activity_twice(azurite: Azurite, tmp_path: Path, seed: int) -> None:
    """Delivered twice, sometimes at the same time, and every orchestration replayed in full at each step."""
    with erasing(azurite, tmp_path, *AT_ONCE, seed="none", host_options=("--chaos", str(seed))) as app:
        service = service_of(app.emulator)
        wardrobe(service, "Beside")
        trial = Trial(app, "default", wardrobe(service, "Mine"))
        trial.beside = trial.records_beside()
        app.service.calls.clear()
        document = trial.ask()
        app.approve(document)
        document = app.host.wait(document["id"])
        trial.assert_erased(document, [])
        changes = app.service.changes
        laws = broken_laws(changes, app.ledger(document), app.plan(document))
        # A twin that comes late finds its children gone long ago.
        assert [each for each in laws if not each.endswith("had ended")] == []
