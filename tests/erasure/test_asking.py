"""Asking for planned iterations and tags by their ids: what the service gives is there, and only its own word says that it is not."""

import json
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from steward.erasure.names import ErasureNames
from tests.conftest import Azurite
from tests.erasure.acting import ITERATION, PROJECT, TAG, Acting, acting, inventory


@pytest.fixture
def erasure(monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient) -> Acting:
    found = acting(monkeypatch, azurite, container)
    found.plan(inventory())
    return found


def written(erasure: Acting, kind: str) -> Any:
    name = ErasureNames("default", erasure.request).asked(PROJECT, kind, 0)
    return json.loads(erasure.home.store.read(name))


def test_what_the_service_gives_by_its_id_is_there(erasure: Acting) -> None:
    erasure.service.by_id = {ITERATION, TAG}
    assert erasure.batch("ask_iterations", "iterations") == {"present": 1}
    assert written(erasure, "iterations") == {"present": {ITERATION: [""]}, "published": [ITERATION]}
    assert erasure.batch("ask_tags", "tags") == {"present": 1}
    assert written(erasure, "tags") == {"present": {TAG: [""]}, "published": []}


def test_what_the_service_itself_does_not_know_is_gone(erasure: Acting) -> None:
    assert erasure.batch("ask_iterations", "iterations") == {"present": 0}
    erasure.service.absent = "NotFoundTag"
    assert erasure.batch("ask_tags", "tags") == {"present": 0}
    assert written(erasure, "tags") == {"present": {}, "published": []}


def test_another_404_proves_nothing(erasure: Acting) -> None:
    erasure.service.absent = "404"
    for kind in ("iterations", "tags"):
        assert erasure.batch(f"ask_{kind}", kind)["fault"]["code"] == "NotFound"
