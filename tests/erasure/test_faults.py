"""A service that fails at any call of an erase: it ends complete by itself, or names what the service refused for good."""

from collections.abc import Iterator

import pytest

from tests.conftest import Azurite
from tests.erasure.order import ORDER
from tests.erasure.trials import CALLS, Trial, running_trials
from tests.export.record import Json


@pytest.fixture(scope="module")
def trials(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Trial]]:
    with running_trials(azurite, tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture
def trial(trials: Iterator[Trial]) -> Trial:
    return next(trials)


@pytest.mark.prove
def test_undisturbed(trial: Trial) -> None:
    """What the others are held against."""
    document = trial.ask()
    trial.app.service.calls.clear()
    trial.app.approve(document)
    trial.assert_erased(trial.app.host.wait(document["id"]))
    # How often a delete that goes on is looked at is a matter of time.
    assert abs(len(trial.app.service.calls) - CALLS) <= 4


PASSING: dict[str, Json] = {
    "429 that says how long": {"kind": "status", "status": 429, "retryAfter": 1, "nth": [1, 2]},
    "429 that does not": {"kind": "status", "status": 429, "nth": [1, 2]},
    "a burst of 500": {"kind": "status", "status": 500, "nth": [1, 2, 3]},
    "reset before": {"kind": "reset-before", "nth": [1, 2]},
    "reset after": {"kind": "reset-after", "nth": [1]},
}


@pytest.mark.parametrize(
    "fault",
    [pytest.param(each, marks=[] if each == "reset after" else pytest.mark.prove) for each in PASSING],
)
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


@pytest.mark.prove
@pytest.mark.timeout(400)
def test_pauses_that_are_longer_than_an_activity_waits(trial: Trial) -> None:
    """At every deleting call; a durable timer keeps them."""
    for operation in ORDER:
        trial.app.emulator.fault(kind="status", status=429, retryAfter=31, nth=1, operation=operation)
    document = trial.ask()
    trial.app.approve(document)
    document = trial.app.host.wait(document["id"], 350)
    assert [rule["fired"] for rule in trial.app.emulator.faults()] == [1] * len(ORDER)
    trial.app.emulator.no_faults()
    trial.assert_erased(document)


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
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
