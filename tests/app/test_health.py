"""`GET /api/health`: each part has its own result; what is wrong is named, and no secret with it."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import requests

from stack.processes import ROOT, first_json_line, start
from tests.export.exporting import Archive, Emulator, Host
from tests.store_proxy import REFUSED_SIGNATURE, TOLD_BY_THE_LIBRARY, StoreProxy

WRONG_KEY = "wrong-key-9f2c71b6"
NO_PEM = "no-pem-51c07d2e"


def values(emulator: Emulator, proxy: StoreProxy, archive: Archive) -> dict[str, str]:
    def account(key: str) -> dict[str, Any]:
        place = {"container": archive.container.container_name}
        return {"endpoint": emulator.endpoint, "keySetting": key, "archive": place}

    accounts = {
        "default": account("CUSTOM_VISION_TRAINING_KEY"),
        "locked": account("OTHER_KEY"),
        "lost": account("CUSTOM_VISION_TRAINING_KEY"),
    }
    return {
        "AzureWebJobsStorage": archive.connection_string,
        "ARCHIVE_STORAGE": proxy.connection_string,
        "CUSTOM_VISION_TRAINING_KEY": emulator.key,
        "OTHER_KEY": emulator.key,
        "CUSTOM_VISION_ACCOUNTS": json.dumps(accounts),
    }


def results(answer: requests.Response, status: int) -> dict[str, dict[str, Any]]:
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document["ok"] is (status == 200)
    assert all(each["detail"] for each in document["checks"])
    return {each["name"]: each for each in document["checks"]}


def test_what_works_is_told_and_what_does_not_is_named(
    emulator: Emulator, proxy: StoreProxy, archive: Archive, tmp_path: Path
) -> None:
    settings = values(emulator, proxy, archive) | {"OTHER_KEY": WRONG_KEY}
    parts = {"settings", "evidence key", "task hub"} | {
        f"{part} {name}" for part in ("store", "service") for name in ("default", "locked", "lost")
    }
    signatures: set[str] = set()

    def refuse(seen: Any) -> Any:
        if "prefix=lost" not in seen.target and "/lost/" not in seen.target:
            return None
        signatures.add(seen.authorization.rpartition(":")[2])
        return REFUSED_SIGNATURE

    with Host(tmp_path, settings) as host:
        url = host.program.facts["functionsUrl"] + "/api/health"
        assert requests.get(url, timeout=10).status_code == 401
        proxy.fault = refuse
        try:
            began = time.monotonic()
            answer = host.call("GET", "/api/health")
            assert time.monotonic() - began < 12
        finally:
            proxy.fault = lambda _: None
        log = host.program.output.read_text()
    found = results(answer, 503)
    assert found.keys() == parts
    wrong = {name for name, each in found.items() if not each["ok"]}
    # Calls of that account are shared out by its store.
    assert wrong == {"service locked", "store lost", "service lost"}
    assert "OTHER_KEY" in found["service locked"]["detail"]
    assert "401" in found["service locked"]["detail"]
    assert "AuthenticationFailed" in found["store lost"]["detail"]
    key = proxy.connection_string.partition("AccountKey=")[2].partition(";")[0]
    assert signatures
    for text in (answer.text, log):
        assert [word for word in (key, WRONG_KEY, *signatures, *TOLD_BY_THE_LIBRARY) if word in text] == []


def test_a_service_that_never_answers_and_a_hub_that_is_away_are_told_in_time(
    emulator: Emulator, proxy: StoreProxy, archive: Archive, tmp_path: Path
) -> None:
    sample = str(ROOT / "local.settings.sample.json")
    command = [sys.executable, "-m", "tests.app.host_without_engine", "--port", "0", "--settings", sample]
    ready = first_json_line("functionsUrl", "functionKey")
    key_file = tmp_path / "signing-key.pem"
    key_file.write_text(NO_PEM)
    settings = values(emulator, proxy, archive) | {"EVIDENCE_KEY": str(key_file)}
    program = start("host-without-engine", command, tmp_path, ready, settings)
    emulator.fault(kind="slow", operation="GetDomains", seconds=14)
    try:
        began = time.monotonic()
        key = {"x-functions-key": program.facts["functionKey"]}
        answer = requests.get(program.facts["functionsUrl"] + "/api/health", headers=key, timeout=30)
        took = time.monotonic() - began
    finally:
        emulator.no_faults()
        program.kill()
    found = results(answer, 503)
    assert took < 15
    assert {name for name, each in found.items() if each["ok"]} == {
        *("settings", "store default", "store locked", "store lost")
    }
    assert "UNAVAILABLE" in found["task hub"]["detail"]
    assert "seconds" in found["service default"]["detail"]
    assert "EVIDENCE_KEY" in found["evidence key"]["detail"]
    assert NO_PEM not in answer.text
