"""HTTP while something under the app fails: each answer is a problem document that says whose it is, and no secret."""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.blob import ContainerClient

from stack.processes import ROOT, first_json_line, start
from steward.ledger.details import Details
from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Host
from tests.store_proxy import REFUSED_SIGNATURE, TOLD_BY_THE_LIBRARY, StoreProxy

ACCOUNTS = ("broken", "default")


def values(emulator: Emulator, connection_string: str, archive: Archive) -> dict[str, str]:
    account = {
        "endpoint": emulator.endpoint,
        "keySetting": "CUSTOM_VISION_TRAINING_KEY",
        "archive": {"container": archive.container.container_name},
    }
    return {
        "AzureWebJobsStorage": archive.connection_string,
        "ARCHIVE_STORAGE": connection_string,
        # Not the emulator's, so that every request ends at once, as failed.
        "CUSTOM_VISION_TRAINING_KEY": "not-the-training-key",
        "CUSTOM_VISION_ACCOUNTS": json.dumps(dict.fromkeys(ACCOUNTS, account)),
    }


@pytest.fixture(scope="module")
def host(
    emulator: Emulator, proxy: StoreProxy, archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    with Host(tmp_path_factory.mktemp("host"), values(emulator, proxy.connection_string, archive)) as running:
        yield running


def wanted(account: str = "default") -> dict[str, Any]:
    """A request with an id of its own that a repetition finds again."""
    ticket = {"system": "jira", "key": uuid.uuid4().hex}
    return {"account": account, "scope": "account", "ticket": ticket}


def detail_of(answer: requests.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    return problem["detail"]


def forge_a_line(container: ContainerClient, folder: str) -> None:
    container.get_blob_client(f"{folder}/ledger.jsonl").append_block(b'{"id": "forged"}\n')


def alter_details(container: ContainerClient, folder: str) -> None:
    blob = container.get_blob_client(f"{folder}/details.json")
    document = json.loads(blob.download_blob().readall())["request"]
    blob.upload_blob(Details("00" * 32, document).to_bytes(), overwrite=True)


def spoil_details(container: ContainerClient, folder: str) -> None:
    container.get_blob_client(f"{folder}/details.json").upload_blob(b'{"salt": "sand"}', overwrite=True)


@pytest.mark.parametrize("deed", [forge_a_line, alter_details, spoil_details])
def test_a_record_that_cannot_be_believed_is_named(host: Host, archive: Archive, deed: Any) -> None:
    body = wanted()
    request = host.wait(host.ask(body))["id"]
    folder = f"default/requests/{request}"
    deed(archive.container, folder)
    before = archive.container.download_blob(f"{folder}/ledger.jsonl").readall()

    answers = [host.call("POST", "/api/exports", body)]
    if deed is forge_a_line:
        answers.append(host.call("GET", f"/api/requests/{request}"))
    for answer in answers:
        detail = detail_of(answer, 500)
        assert request in detail
        assert "docs/requests.md" in detail
    # Nothing is mended on the quiet, and the others are told as ever.
    assert archive.container.download_blob(f"{folder}/ledger.jsonl").readall() == before
    listed = {each["id"]: each["state"] for each in host.call("GET", "/api/requests").json()["requests"]}
    assert listed[request] == ("unreadable" if deed is forge_a_line else "failed")
    assert host.wait(host.ask(wanted()))["state"] == "failed"


def test_holds_that_cannot_be_believed_are_named_and_none_is_set_or_lifted(
    host: Host, archive: Archive
) -> None:
    """Those of another account are there as ever."""
    wanted = [{"account": name, "covers": "account", "reason": "case 7"} for name in ACCOUNTS]
    answers = [host.call("POST", "/api/holds", each) for each in wanted]
    assert [answer.status_code for answer in answers] == [201, 201]
    place, other = (answer.headers["Location"] for answer in answers)
    log = f"{ACCOUNTS[0]}/holds"
    forge_a_line(archive.container, log)
    before = archive.container.download_blob(f"{log}/ledger.jsonl").readall()
    for answer in (
        host.call("GET", "/api/holds"),
        host.call("GET", place),
        host.call("POST", "/api/holds", wanted[0]),
        host.call("POST", f"{place}/lift", {"reason": "closed"}),
    ):
        detail = detail_of(answer, 500)
        assert f"holds of account {ACCOUNTS[0]}" in detail
        assert "nothing is erased" in detail
        assert "docs/requests.md" in detail
    assert archive.container.download_blob(f"{log}/ledger.jsonl").readall() == before
    assert host.call("GET", other).status_code == 200
    assert "lifted" in host.call("POST", f"{other}/lift", {"reason": "closed"}).json()


def test_a_store_that_refuses_names_its_account(host: Host, proxy: StoreProxy) -> None:
    request = host.wait(host.ask(wanted()))["id"]
    key = proxy.connection_string.partition("AccountKey=")[2].partition(";")[0]
    signatures: set[str] = set()

    def refuse(seen: Any) -> Any:
        if "/broken/" not in seen.target and "prefix=broken" not in seen.target:
            return None
        signatures.add(seen.authorization.rpartition(":")[2])
        return REFUSED_SIGNATURE

    proxy.fault = refuse
    try:
        answers = [
            host.call("POST", "/api/exports", wanted("broken")),
            host.call("GET", "/api/requests"),
            host.call("GET", "/api/requests/export-ticket-unknown"),
        ]
        # An account that answers is not kept from its requests by another one.
        assert host.request(request)["state"] == "failed"
    finally:
        proxy.fault = lambda _: None
    assert len(signatures) >= 3
    log = host.program.output.read_text()
    for answer in answers:
        detail = detail_of(answer, 503)
        assert "account broken" in detail
        assert "AuthenticationFailed" in detail
        assert "CUSTOM_VISION_ACCOUNTS" in detail
    assert "AuthenticationFailed" in log
    for text in (log, *(answer.text for answer in answers)):
        assert [word for word in (key, *signatures, *TOLD_BY_THE_LIBRARY) if word in text] == []


def test_an_engine_that_cannot_be_reached_is_told_and_loses_nothing(
    emulator: Emulator, azurite: Azurite, archive: Archive, tmp_path: Path
) -> None:
    settings = values(emulator, azurite.connection_string, archive)
    sample = str(ROOT / "local.settings.sample.json")
    command = [sys.executable, "-m", "tests.app.host_without_engine", "--port", "0", "--settings", sample]
    ready = first_json_line("functionsUrl", "functionKey")
    program = start("host-without-engine", command, tmp_path, ready, settings)
    try:
        key = {"x-functions-key": program.facts["functionKey"]}
        url = program.facts["functionsUrl"] + "/api"
        body = wanted()
        asked = detail_of(requests.post(f"{url}/exports", json=body, headers=key, timeout=30), 503)
        (request,) = [
            each["id"]
            for each in requests.get(f"{url}/requests", headers=key, timeout=30).json()["requests"]
            if each["id"] in asked
        ]
        looked = detail_of(requests.get(f"{url}/requests/{request}", headers=key, timeout=30), 503)
    finally:
        assert program.stop() == 0
    for detail in (asked, looked):
        assert "engine" in detail
        assert "UNAVAILABLE" in detail
    # As the answer promised: it is on record, and starts with the engine.
    with Host(tmp_path, settings) as host:
        assert host.wait(request)["state"] == "failed"
        again = host.call("POST", "/api/exports", body)
    assert (again.status_code, again.json()["id"]) == (202, request)
    # There is nothing to wait for.
    assert "Retry-After" not in again.headers
