"""What a failed export left is redacted like a bag, and what the store keeps of it is told like that of a bag."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.names import page_path
from tests.archive.exports import Export
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT
from tests.erasure.archiving import DESCRIBED, archiving_in


def test_what_could_be_brought_back_of_leftovers_is_told(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> None:
    archiving = archiving_in(monkeypatch, azurite, container, tmp_path)
    failed = Export(archiving.store, request="export-9")
    failed.write([DESCRIBED])
    page = failed.bag.blob(page_path(PROJECT, "", "tagged", 0))
    container.get_blob_client(page).create_snapshot()
    found = archiving.all_of(archiving.erase(1))
    assert archiving.naming(1) == []
    assert [each["why"] for each in found["recoverable"]] == ["snapshots of blobs were taken"]
