"""What modules of trials share: the app on an account for each trial, and a wardrobe in it."""

from collections.abc import Iterator
from typing import cast

import pytest

from tests.conftest import Azurite
from tests.erasure.erasing import Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.service_proxy import honest

# More than any module has trials.
NAMES = [f"trial-{number}" for number in range(24)]


@pytest.fixture(scope="module")
def app(
    request: pytest.FixtureRequest, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Erasing]:
    """Its accounts have bags, holds, ledgers and turns of their own, and are one account of the service's.

    A module may say more of the emulator's options, as EMULATOR.
    """
    more = cast("tuple[str, ...]", getattr(request.module, "EMULATOR", ()))  # pyright: ignore[reportUnknownArgumentType] - pytest does not say that it is a module
    options = ("--train-seconds", "0", *more)
    with erasing(azurite, tmp_path_factory.mktemp("app"), *options, seed="none", accounts=NAMES) as running:
        yield running


@pytest.fixture(scope="module")
def names() -> Iterator[str]:
    return iter(NAMES)


@pytest.fixture
def name(app: Erasing, names: Iterator[str]) -> Iterator[str]:
    """An account of the app's for this test alone; afterwards the service behaves again."""
    yield next(names)
    app.service.behave = honest
    app.emulator.options(latency_ms=0)


@pytest.fixture
def project(app: Erasing, name: str) -> Wardrobe:
    return wardrobe(service_of(app.emulator), f"Wardrobe of {name}")
