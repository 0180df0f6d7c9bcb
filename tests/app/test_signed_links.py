"""Links to one blob: they expire, and are signed by whatever the app reaches the store with."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient, ContainerClient

from stack.processes import ACCOUNT_NAME, ROOT, Program, start
from steward.archive.errors import ArchiveUnavailable
from steward.request_files.signed_links import LIFETIME, signed_link
from tests.azure.identities import STORAGE, bearer_token, make_certificate
from tests.conftest import Azurite

NAME = "default/exports/export-1/bagit.txt"


def said(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_a_link_expires(container: ContainerClient) -> None:
    container.upload_blob(NAME, b"BagIt")
    link = signed_link(container, NAME, saved_as="bagit.txt", lifetime=timedelta(seconds=2))
    assert requests.get(link, timeout=30).content == b"BagIt"
    time.sleep(3)
    assert requests.get(link, timeout=30).status_code == 403
    expiry = datetime.fromisoformat(said(signed_link(container, NAME, saved_as="bagit.txt"))["se"])
    assert timedelta() < expiry - datetime.now(UTC) <= LIFETIME <= timedelta(minutes=10)


def test_a_signature_makes_no_other_signature(azurite: Azurite, container: ContainerClient) -> None:
    name = str(container.container_name)
    url = f"http://127.0.0.1:{azurite.blob_port}/{ACCOUNT_NAME}/{name}?sv=2025-01-05&sig=c2VjcmV0"
    with ContainerClient.from_container_url(url) as limited, pytest.raises(ArchiveUnavailable) as refused:
        signed_link(limited, NAME, saved_as="bagit.txt")
    assert "AccountKey" in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)


class SignedIn:
    """An identity, as Azurite believes one: it reads a token's claims and no signature."""

    def get_token(self, *_scopes: str, **_: Any) -> AccessToken:
        return AccessToken(
            bearer_token(STORAGE, "a000000a-0000-4000-8000-00000000000a"), int(time.time()) + 600
        )


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an Azurite over https, which takes identities."""
    certificate, key = make_certificate(tmp_path)
    command = [
        *(ROOT / "node_modules" / ".bin" / "azurite-blob", "--silent", "--inMemoryPersistence"),
        *("--disableTelemetry", "--skipApiVersionCheck", "--blobPort", "0"),
        *("--oauth", "basic", "--cert", str(certificate), "--key", str(key)),
    ]

    def listening(text: str) -> dict[str, Any] | None:
        found = re.search(r"successfully listens on (https://127\.0\.0\.1:\d+)", text)
        return {"url": found[1]} if found else None

    program: Program = start("azurite-https", command, tmp_path, listening)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    yield f"{program.facts['url']}/{ACCOUNT_NAME}"
    program.stop()


def test_an_identity_signs_with_a_key_that_the_store_lends_it(secure: str) -> None:
    with BlobServiceClient(secure, SignedIn()) as service:
        container = service.create_container("archive")
        container.upload_blob(NAME, b"BagIt")
        container.upload_blob("other", b"other")
        link = signed_link(container, NAME, saved_as="bagit.txt")
    words = said(link)
    assert words["skoid"] == "0a000000-0000-4000-8000-000000000002"
    assert (words["sp"], words["sr"], words["spr"]) == ("r", "b", "https")
    got = requests.get(link, timeout=30)
    assert (got.status_code, got.content) == (200, b"BagIt")
    assert got.headers["Content-Disposition"] == 'attachment; filename="bagit.txt"'
    assert requests.put(link, b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=30).status_code == 403
    assert requests.get(link.replace(NAME, "other"), timeout=30).status_code == 403
