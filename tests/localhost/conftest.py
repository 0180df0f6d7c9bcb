"""One host process an app and a session: starting one takes two seconds."""

from collections.abc import Iterator

import pytest

from tests.localhost.running_host import APPS, RunningHost


@pytest.fixture(scope="session")
def durable() -> Iterator[RunningHost]:
    """The app `durable`; activities and turns are limited to 6 and 4 at once."""
    host = RunningHost.start(APPS / "durable")
    host.begin("child", {"seconds": 32}, id="long-child")
    yield host
    assert host.stop() == 0
