"""What a read back proves to be gone is on record, also of a project that was to go whole and stays for something new in it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.erased import ErasedBefore, read_erased
from steward.erasure.names import ErasureNames
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT, Acting, acting, inventory

IMAGE = str(uuid4())


@pytest.fixture
def erasure(monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient) -> Acting:
    """Of a whole project; its own service still lists it."""
    found = acting(monkeypatch, azurite, container)
    found.act("begin_plan")
    found.plan(inventory([IMAGE]))
    return found


def recorded(erasure: Acting, *, gone: bool) -> ErasedBefore:
    """After a read back that found the image absent, and the project so only where it is said to be gone."""
    absent = {"images": [IMAGE], "projects": [PROJECT] if gone else []}
    findings: dict[str, Any] = {"asked": [{"present": 0}], "unsettled": [], "absent": absent, "gone": gone}
    store = erasure.home.store
    store.write(ErasureNames("default", erasure.request).findings(PROJECT), json.dumps(findings).encode())
    erasure.act("compare_account")
    return read_erased(store, "default", PROJECT)


def test_what_went_of_a_project_that_stays_is_on_record(erasure: Acting) -> None:
    found = recorded(erasure, gone=False)
    assert (set(found.images), found.project) == ({IMAGE}, "")


def test_of_a_project_that_is_said_to_be_gone_and_is_listed_nothing_is_believed(erasure: Acting) -> None:
    found = recorded(erasure, gone=True)
    assert (set(found.images), found.project) == (set(), "")
