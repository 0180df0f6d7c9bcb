"""An archive that lists are read into, and retries that do not take minutes."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.storage.blob import BlobServiceClient
from durabletask.task import RetryPolicy

from activities import images, pages, payload_files, readings, sealed
from orchestrator import retry
from tests.conftest import Azurite
from tests.orchestrator.listings import Archive


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with (
        service,
        service.get_container_client(f"listings-{uuid.uuid4().hex}") as client,
        pytest.MonkeyPatch.context() as patched,
    ):
        client.create_container()
        archive = Archive(client)
        for users in (images, pages, payload_files, readings, sealed):
            patched.setattr(users, "account", archive.of)
        # Looks each time whether the bag is sealed.
        patched.setattr(sealed, "_TRUSTED_SECONDS", 1e-9)
        yield archive


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as in the app, without its minutes."""
    moment = timedelta(milliseconds=10)
    for policy, attempts in ((retry.STEP, 2), (retry.END, retry.END.max_number_of_attempts)):
        shorter = RetryPolicy(
            first_retry_interval=moment,
            max_number_of_attempts=attempts,
            backoff_coefficient=1.0,
            max_retry_interval=moment,
            retry_timeout=timedelta(minutes=1),
        )
        monkeypatch.setattr(policy, "__dict__", vars(shorter))
