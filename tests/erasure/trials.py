"""One erase after the other of a whole small project, each held against everything that was beside it before."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.order import broken_laws
from tests.erasure.planting import clear
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.export.record import Json, Record
from tests.export.service_side import training_client
from tests.service_proxy import Recorded, honest

# About as many as the service gets from the approval on, if nothing fails.
CALLS = 24
# Each trial has an account of its own, with its own turn and ledgers.
_NAMES = [f"trial-{number}" for number in range(48)]
_AT_ONCE = ("--train-seconds", "0", "--delete-seconds", "0.1")


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


@contextmanager
def running_trials(azurite: Azurite, folder: Path, *host_options: str) -> Generator[Iterator[Trial]]:
    """Each next trial begins anew, with a service that behaves."""
    with erasing(azurite, folder, *_AT_ONCE, seed="none", accounts=_NAMES, host_options=host_options) as app:
        yield (_new_trial(app, name) for name in _NAMES)


def _new_trial(app: Erasing, name: str) -> Trial:
    app.service.behave = honest
    app.emulator.no_faults()
    app.emulator.options(retry_after=True)
    clear(training_client(app.emulator.endpoint, app.emulator.key))
    service = service_of(app.emulator)
    wardrobe(service)
    trial = Trial(app, name, wardrobe(service))
    trial.beside = trial.records_beside()
    app.service.calls.clear()
    return trial
