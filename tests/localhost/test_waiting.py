"""The stock backend gives a child up after half a minute. Last of the files, so that the others run meanwhile."""

import pytest

from tests.localhost.running_host import RunningHost


@pytest.mark.prove
def test_child_may_take_longer_than_half_a_minute(durable: RunningHost) -> None:
    state = durable.end("long-child", seconds=45)
    assert state["output"]["waited"] >= 32
