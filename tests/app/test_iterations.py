"""Iterations by what the service says of them: its word for a trained one is not the only sign."""

from typing import Any

import pytest

from activities import iterations

DETAILS: Any = iterations.export_iteration_details
ID = "11111111-1111-4111-8111-111111111111"
REF = {"request": "r", "account": "a", "project": ID, "iteration": ID}


class Played:
    """The account, its client and the scope in one; nothing is written."""

    def __init__(self, iteration: dict[str, Any]) -> None:
        self.client = self
        self.iteration = iteration

    def of(self, *_: object) -> "Played":
        return self

    def get_iteration(self, *_: object) -> dict[str, Any]:
        return self.iteration

    def selects_iteration(self, _: object) -> bool:
        return True

    def write(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("iteration", "trained", "completed"),
    [
        ({"status": "Completed"}, True, True),
        ({"status": "Deprecated", "trainedAt": "2026-01-01T00:00:00"}, True, False),
        ({"status": "Failed", "trainedAt": None}, False, False),
        ({"status": "Training"}, False, False),
    ],
)
def test_an_iteration_that_was_trained_is_asked_for_its_performance(
    monkeypatch: pytest.MonkeyPatch, iteration: dict[str, Any], trained: bool, completed: bool
) -> None:
    """`status` is an open word."""
    played = Played(iteration)
    monkeypatch.setattr(iterations, "account", played.of)
    monkeypatch.setattr(iterations, "scoped_project", played.of)
    monkeypatch.setattr(iterations, "write_document", played.write)
    found = DETAILS._function.get_user_function()(REF)
    assert found == {"trained": trained, "completed": completed, "selected": True}
