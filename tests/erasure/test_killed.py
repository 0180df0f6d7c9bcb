"""A host that dies at any call of an erase, twice, or runs everything twice: it ends complete by itself, and takes nothing beside."""

import contextlib
import random
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED
from tests.erasure.order import broken_laws
from tests.erasure.trials import CALLS, Trial, running_trials
from tests.export.exporting import ENDED, wait
from tests.proxy import Answered
from tests.service_proxy import Call, PassOn

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


@pytest.fixture(scope="module")
def trials(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Trial]]:
    with running_trials(azurite, tmp_path_factory.mktemp("killed")) as running:
        yield running


@pytest.fixture
def trial(trials: Iterator[Trial]) -> Trial:
    return next(trials)


@pytest.mark.parametrize(
    "moment",
    [pytest.param(each, marks=[] if each == 5 else pytest.mark.prove) for each in range(CALLS)],
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
    [pytest.param(each, marks=[] if each == "certified" else pytest.mark.prove) for each in STEPS],
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


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_activity_twice(azurite: Azurite, tmp_path: Path, seed: int) -> None:
    """Delivered twice, sometimes at the same time, and every orchestration replayed in full at each step."""
    with running_trials(azurite, tmp_path, "--chaos", str(seed)) as trials:
        trial = next(trials)
        document = trial.ask()
        trial.app.approve(document)
        document = trial.app.host.wait(document["id"])
        trial.assert_erased(document, [])
        changes = trial.app.service.changes
        laws = broken_laws(changes, trial.app.ledger(document), trial.app.plan(document))
        # A twin that comes late finds its children gone long ago.
        assert [each for each in laws if not each.endswith("had ended")] == []
