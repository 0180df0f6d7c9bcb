"""A played system for each test."""

from collections.abc import Iterator

import pytest

from tests.telling.played import Played, played


@pytest.fixture
def system() -> Iterator[Played]:
    with played() as running:
        yield running
