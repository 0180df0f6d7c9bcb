"""A scripted server and a client of it whose retries take no time."""

from collections.abc import Iterator

import pytest

from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.retry import retry_policy
from tests.customvision.scripted import Server, serve

KEY = "0123456789abcdef0123456789abcdef"
ATTEMPTS = 4


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as found:
        yield found


@pytest.fixture
def client(server: Server) -> Iterator[CustomVisionClient]:
    policy = retry_policy(attempts=ATTEMPTS, first_wait=0.01, longest_wait=0.02)
    with CustomVisionClient(server.url, TrainingKey(KEY), retrying=policy) as found:
        yield found
