"""What is wrong is said in seconds, with the field or the setting that a person can mend, and leaves no bag."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.processes import StartError
from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Exported, Host, new_archive, settings

SECONDS = 20

# A body, and the JSON pointer to what is wrong in it.
WRONG_BODIES: list[tuple[Any, str]] = [
    ({}, "/scope"),
    ({"scope": "everything"}, "/scope"),
    ({"scope": {"projects": []}}, "/scope/projects"),
    ({"scope": {}}, "/scope"),
    ({"scope": {"projects": [{}]}}, "/scope/projects/0"),
    ({"scope": {"projects": [{"name": "Hats", "images": {}}]}}, "/scope/projects/0/images"),
    ({"scope": {"projects": [{"id": "Hats"}]}}, "/scope/projects/0/id"),
    ({"scope": "account", "account": "nobody"}, "/account"),
    ({"scope": "account", "purpose": "fun"}, "/purpose"),
    ({"scope": "account", "scopes": 1}, "/scopes"),
    ({"scope": "account", "options": {"models": "yes"}}, "/options/models"),
    ([], ""),
    ("account", ""),
    ({"scope": "account", "callback": "https://tickets.example/done"}, "/callback"),
]


@pytest.fixture(scope="module")
def faulty(
    emulator: Emulator, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Host, Archive]]:
    """A host with one right account, and one for each thing that can be wrong with the others."""
    with new_archive(azurite.connection_string) as archive, socket.socket() as closed:
        # Bound, and never listening: whoever connects is refused.
        closed.bind(("127.0.0.1", 0))
        values = settings(emulator, archive)
        right = json.loads(values["CUSTOM_VISION_ACCOUNTS"])["default"]
        accounts = {
            "default": right,
            "wrong-key": right | {"keySetting": "OTHER_KEY"},
            "unreachable": right | {"endpoint": f"http://127.0.0.1:{closed.getsockname()[1]}"},
            "no-container": right | {"archive": {"connection": "ARCHIVE_STORAGE", "container": "nowhere"}},
        }
        values |= {"CUSTOM_VISION_ACCOUNTS": json.dumps(accounts), "OTHER_KEY": "not-the-training-key"}
        with Host(tmp_path_factory.mktemp("host"), values) as host:
            yield host, archive


@pytest.mark.parametrize(
    ("body", "state", "named"),
    [
        ({"account": "wrong-key", "scope": "account"}, "failed", ["401", "OTHER_KEY"]),
        (
            {"account": "unreachable", "scope": "account"},
            "failed",
            ["CUSTOM_VISION_ACCOUNTS", "unreachable.endpoint"],
        ),
        (
            {"scope": {"projects": [{"name": "Hats"}, {"name": "hats"}]}},
            "refused",
            ["#/scope/projects/1"],
        ),
        (
            {"scope": {"projects": [{"id": "00000000-0000-4000-8000-000000000000"}]}},
            "refused",
            ["#/scope/projects/0"],
        ),
    ],
    ids=["wrong key", "unreachable endpoint", "unknown project", "unknown id"],
)
def test_an_export_that_cannot_begin(
    faulty: tuple[Host, Archive], body: dict[str, Any], state: str, named: list[str]
) -> None:
    host, archive = faulty
    began = time.monotonic()
    document = host.export({"account": "default", **body}, SECONDS)
    assert time.monotonic() - began < SECONDS
    assert document["state"] == state
    for word in named:
        assert word in document["reason"], document["reason"]
    assert "bag" not in document
    assert archive.bags() == []
    assert not any("/exports/" in name for name in archive.container.list_blob_names())
    # A failed request lets the next one in.
    assert host.request(document["id"])["state"] == state


def test_a_container_that_is_missing(faulty: tuple[Host, Archive]) -> None:
    host, _ = faulty
    answer = host.call("POST", "/api/exports", {"account": "no-container", "scope": "account"})
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "container" in answer.json()["detail"]
    assert "CUSTOM_VISION_ACCOUNTS" in answer.json()["detail"]


@pytest.mark.parametrize(("body", "pointer"), WRONG_BODIES)
def test_a_wrong_body_names_the_field(exported: Exported, body: Any, pointer: str) -> None:
    answer = exported.host.call("POST", "/api/exports", body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problems = answer.json()["errors"]
    assert all(problem["detail"] for problem in problems)
    assert pointer in {problem.get("pointer", "").lstrip("#") for problem in problems}, problems
    assert exported.archive.bags() == [exported.document["id"]]


def test_the_same_id_with_another_body_is_a_conflict(exported: Exported) -> None:
    """And the same body again is the same request."""
    ticket = {"system": "jira", "key": "PRIV-7"}
    wanted = {"scope": {"projects": [{"name": "no such project"}]}, "ticket": ticket}
    first = exported.host.export(wanted, SECONDS)
    assert exported.host.ask(wanted) == first["id"]
    other = exported.host.call("POST", "/api/exports", {"scope": "account", "ticket": ticket})
    assert other.status_code == 409
    assert exported.host.request(first["id"]) == first


def test_requests_that_are_not_there_and_callers_without_a_key(exported: Exported) -> None:
    assert exported.host.call("GET", "/api/requests/export-new-nothing").status_code == 404
    for method, path in (("POST", "/api/exports"), ("GET", "/api/requests")):
        answer = exported.host.call(method, path, {"scope": "account"}, **{"x-functions-key": "wrong"})
        assert answer.status_code == 401


def test_a_wrong_setting_stops_the_host_at_its_start(
    emulator: Emulator, archive: Archive, tmp_path: Path
) -> None:
    """Each is told by tests/app/test_settings.py; this is how a person meets it."""
    with pytest.raises(StartError) as caught:
        Host(tmp_path, settings(emulator, archive) | {"CUSTOM_VISION_TRAINING_KEY": ""})
    assert "CUSTOM_VISION_TRAINING_KEY: is not set" in str(caught.value)
    assert "Traceback" not in (tmp_path / "host.log").read_text()
    assert emulator.key not in (tmp_path / "host.log").read_text()
