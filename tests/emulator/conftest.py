"""Emulators that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.emulator.service import Service, running


@pytest.fixture(scope="session")
def empty_emulator() -> Iterator[Service]:
    """An emulator that starts with nothing; tests make their own projects in it and share it."""
    quick = ("--train-seconds", "0.5", "--delete-seconds", "0.2")
    quick += ("--option", "export_seconds=0.3", "--option", "import_seconds=0.3")
    with running("--seed", "none", *quick) as service:
        yield service


@pytest.fixture(scope="session")
def small_emulator() -> Iterator[Service]:
    """An emulator with the small seed, for tests that only read."""
    with running("--seed", "small") as service:
        yield service
