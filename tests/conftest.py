"""Parts that tests share: one Azurite a session, and a fresh container a test."""

import contextlib
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

ROOT = Path(__file__).resolve().parent.parent
# Azurite's published development account, the same on every machine.
ACCOUNT_NAME = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Azurite:
    """A running Azurite; the ports are on 127.0.0.1."""

    blob_port: int
    queue_port: int

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT_NAME};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{self.blob_port}/{ACCOUNT_NAME};"
            f"QueueEndpoint=http://127.0.0.1:{self.queue_port}/{ACCOUNT_NAME};"
        )


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    folder = tmp_path_factory.mktemp("azurite")
    output = folder / "output.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - the project's own Azurite
            [
                ROOT / "node_modules" / ".bin" / "azurite",
                *("--blobPort", "0", "--queuePort", "0", "--tablePort", "0"),
                *("--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"),
            ],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        yield _wait_until_listening(process, output)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()


def _wait_until_listening(process: subprocess.Popen[bytes], output: Path) -> Azurite:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = output.read_text()
        ports = dict(
            re.findall(r"Azurite (\w+) service is successfully listening at http://127\.0\.0\.1:(\d+)", text)
        )
        if {"Blob", "Queue"} <= ports.keys():
            return Azurite(int(ports["Blob"]), int(ports["Queue"]))
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"Azurite did not start: {output.read_text()}")


@pytest.fixture
def container(azurite: Azurite) -> Iterator[ContainerClient]:
    """A new, empty container."""
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client(f"test-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client
