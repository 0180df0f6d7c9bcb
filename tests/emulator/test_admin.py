"""The emulator's own side: command line, call log, options, faults, clock."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import typer
from typer.testing import CliRunner

from emulator.__main__ import serve
from tests.emulator.rules import admin, fault, options
from tests.emulator.service import ROOT, Service, running


@pytest.fixture(scope="module")
def emulator() -> Iterator[Service]:
    with running("--seed", "small") as service:
        yield service


def images(service: Service) -> list[Any]:
    project = service.answer("GET", "/projects")[-1]["id"]
    return service.answer("GET", f"/projects/{project}/images", params={"take": "10"})


def test_calls_are_logged_without_their_secrets(emulator: Service) -> None:
    admin(emulator, "DELETE", "calls")
    url = images(emulator)[0]["originalImageUri"]
    size = len(requests.get(url, timeout=30).content)
    emulator.call("GET", "/nowhere")
    calls = admin(emulator, "GET", "calls").json()
    assert [(call["operation"], call["status"]) for call in calls] == [
        ("GetProjects", 200),
        ("GetImages", 200),
        ("GetBlob", 200),
        ("Unknown", 404),
    ]
    assert calls[1]["path"] == "/customvision/{version}/training/projects/{projectId}/images"
    assert calls[2]["bytes_out"] == size
    assert all(abs(call["started"] - time.time()) < 60 and call["milliseconds"] > 0 for call in calls)
    text = admin(emulator, "GET", "calls").text
    assert "sig=" not in text
    assert emulator.training_key not in text
    assert [call["operation"] for call in admin(emulator, "GET", "calls?operation=GetBlob").json()] == [
        "GetBlob"
    ]
    counters = admin(emulator, "GET", "counters").json()
    assert counters["operations"] == {"GetBlob": 1, "GetImages": 1, "GetProjects": 1, "Unknown": 1}
    assert (counters["calls"], counters["pictures"], counters["throttled"]) == (3, 1, 0)
    assert counters["bytesOut"] == sum(call["bytes_out"] for call in calls)


def test_a_reset_empties_log_and_counters(emulator: Service) -> None:
    images(emulator)
    assert admin(emulator, "DELETE", "calls").status_code == 204
    assert admin(emulator, "GET", "calls").json() == []
    assert admin(emulator, "GET", "counters").json()["operations"] == {}


def test_throttled_calls_are_counted(emulator: Service) -> None:
    admin(emulator, "DELETE", "calls")
    with options(emulator, rate_limit="1/1"):
        statuses = [emulator.call("GET", "/domains").status_code for _ in range(4)]
    assert admin(emulator, "GET", "counters").json()["throttled"] == statuses.count(429) > 0


@pytest.mark.parametrize(
    ("change", "field"),
    [({"rate_limit": "fast"}, "rate_limit"), ({"latency_ms": -1}, "latency_ms"), ({"no_such": 1}, "no_such")],
)
def test_a_wrong_option_is_named_and_changes_nothing(
    emulator: Service, change: dict[str, Any], field: str
) -> None:
    before = admin(emulator, "GET", "options").json()
    refused = admin(emulator, "PUT", "options", json=change | {"private": True})
    assert refused.status_code == 400
    assert [problem["field"] for problem in refused.json()["errors"]] == [field]
    assert admin(emulator, "GET", "options").json() == before


def test_latency_is_waited_by_calls_and_pictures(emulator: Service) -> None:
    url = images(emulator)[0]["originalImageUri"]
    with options(emulator, latency_ms=150):
        for wait in (lambda: emulator.call("GET", "/domains"), lambda: requests.get(url, timeout=30)):
            begun = time.monotonic()
            assert wait().status_code == 200
            assert time.monotonic() - begun >= 0.15


def test_a_status_takes_the_place_of_the_work(emulator: Service) -> None:
    with fault(emulator, kind="status", operation="CreateProject", status=503, retryAfter=7):
        refused = emulator.call("POST", "/projects", params={"name": "never made"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
        assert refused.json()["error"]["code"] == "503"
    assert "never made" not in {project["name"] for project in emulator.answer("GET", "/projects")}


def test_a_reset_comes_before_or_after_the_work(emulator: Service) -> None:
    for kind, made in (("reset-before", False), ("reset-after", True)):
        with fault(emulator, kind=kind, operation="CreateProject"), pytest.raises(requests.ConnectionError):
            emulator.call("POST", "/projects", params={"name": kind})
        names = {project["name"] for project in emulator.answer("GET", "/projects")}
        assert (kind in names) is made
        last = admin(emulator, "GET", "calls?operation=CreateProject").json()[-1]
        assert (last["status"], last["fault"]) == (0, kind)


def test_a_body_is_cut_short(emulator: Service) -> None:
    url = images(emulator)[0]["originalImageUri"]
    whole = requests.get(url, timeout=30).content
    with fault(emulator, kind="truncated", operation="GetBlob"):
        with requests.get(url, timeout=30, stream=True) as response:
            assert int(response.headers["Content-Length"]) == len(whole)
            with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
                _ = response.content
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            requests.get(url, timeout=30)
    assert requests.get(url, timeout=30).content == whole


def test_wrong_bytes_keep_length_and_md5_header(emulator: Service) -> None:
    url = images(emulator)[0]["originalImageUri"]
    right = requests.get(url, timeout=30)
    with fault(emulator, kind="wrong-bytes", operation="GetBlob"):
        wrong = requests.get(url, timeout=30)
    assert wrong.content != right.content
    assert len(wrong.content) == len(right.content)
    assert wrong.headers["Content-MD5"] == right.headers["Content-MD5"]


def test_a_slow_answer_waits(emulator: Service) -> None:
    with fault(emulator, kind="slow", operation="GetDomains", seconds=0.3):
        begun = time.monotonic()
        assert emulator.call("GET", "/domains").status_code == 200
        assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"nth": 2}, [200, 503, 200, 200, 200, 200]),
        ({"nth": [1, 4]}, [503, 200, 200, 503, 200, 200]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"method": "POST"}, [200] * 6),
        ({"path": "*/domains"}, [503] * 6),
        ({"operation": "GetDomain"}, [200] * 6),
        ({"probability": 0}, [200] * 6),
    ],
)
def test_a_rule_strikes_the_calls_that_it_names(
    emulator: Service, rule: dict[str, Any], expected: list[int]
) -> None:
    with fault(emulator, kind="status", **rule):
        assert [emulator.call("GET", "/domains").status_code for _ in range(6)] == expected
        (listed,) = admin(emulator, "GET", "faults").json()
        assert listed == {"kind": "status", "fired": expected.count(503)} | rule


def test_chance_is_the_same_in_every_run(emulator: Service) -> None:
    runs: list[list[int]] = []
    for seed in (3, 3, 4):
        with fault(emulator, kind="status", probability=0.5, seed=seed, operation="GetDomains"):
            runs.append([emulator.call("GET", "/domains").status_code for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("rule", "field"), [({"kind": "explode"}, "kind"), ({"kind": "slow", "who": 1}, "who"), ({}, "kind")]
)
def test_a_wrong_rule_is_named(emulator: Service, rule: dict[str, Any], field: str) -> None:
    refused = admin(emulator, "POST", "faults", json=rule)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == field
    assert admin(emulator, "GET", "faults").json() == []


def test_a_broken_body_of_an_admin_call_is_refused(emulator: Service) -> None:
    for path in ("options", "faults", "clock"):
        method = "PUT" if path == "options" else "POST"
        assert admin(emulator, method, path, data=b"{").status_code == 400
    assert admin(emulator, "GET", "nothing").status_code == 404


def test_environment_variables_stand_in_for_arguments() -> None:
    environment = os.environ | {
        "EMULATOR_SEED": "small",
        "EMULATOR_TRAINING_KEY": "from-the-environment",
        "EMULATOR_LATENCY_MS": "1",
    }
    rule = '{"kind": "status", "operation": "GetDomains", "status": 500}'
    with running("--fault", rule, "--option", "tier=F0", environment=environment) as service:
        assert service.training_key == "from-the-environment"
        assert len(service.answer("GET", "/projects")) == 3
        assert service.call("GET", "/domains").status_code == 500
        shown = admin(service, "GET", "options").json()
        assert (shown["tier"], shown["latency_ms"]) == ("F0", 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--option", "colour=red"], "colour"),
        (["--option", "private"], "NAME=VALUE"),
        (["--rate-limit", "fast"], "rate_limit"),
        (["--fault", '{"kind": "explode"}'], "kind"),
        (["--training-key", "key:write-only"], "read-only"),
        (["--seed", "huge"], "huge"),
        (["--images", "/no/such/folder"], "folder"),
    ],
)
def test_a_wrong_argument_ends_with_a_sentence(arguments: list[str], named: str) -> None:
    app = typer.Typer()
    app.command()(serve)
    ended = CliRunner().invoke(app, ["--port", "0", *arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert ended.exit_code == 2
    assert named in ended.output
    assert not isinstance(ended.exception, Exception)


def test_an_interrupt_is_no_failure() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready.keys() == {"endpoint", "trainingKey", "predictionKey"}
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, "")
    finally:
        process.kill()


def test_account_info_answers_in_its_own_version_or_not_at_all(emulator: Service) -> None:
    url = f"{emulator.endpoint}/customvision/v1.2/Training/account"
    headers = {"Training-Key": emulator.training_key}
    told = requests.get(url, headers=headers, timeout=30).json()
    assert told["Keys"]["TrainingKeys"]["PrimaryKey"] == emulator.training_key
    assert told["Quotas"]["Projects"] == {"Total": 100, "Used": len(emulator.answer("GET", "/projects"))}
    assert {quota["ProjectId"] for quota in told["Quotas"]["PerProject"]} == {
        project["id"] for project in emulator.answer("GET", "/projects")
    }
    with options(emulator, account_info=False):
        assert requests.get(url, headers=headers, timeout=30).status_code == 404
    assert emulator.call("GET", "/account").status_code == 404
