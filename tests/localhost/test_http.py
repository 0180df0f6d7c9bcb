"""HTTP triggers: what a function is given, and what its caller gets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localhost.running_host import APPS, RunningHost, wait_until

KEYS = {
    "masterKey": "the-master-key",
    "hostKeys": {"default": "the-host-key"},
    "functionKeys": {"guarded": {"partner": "the-function-key"}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    folder = tmp_path_factory.mktemp("settings")
    keys = folder / "keys.json"
    keys.write_text(json.dumps(KEYS))
    settings = folder / "settings.json"
    settings.write_text(
        json.dumps({"IsEncrypted": False, "Values": {"FROM_FILE": "file", "FROM_BOTH": "file"}})
    )
    host = RunningHost.start(
        APPS / "http",
        *("--settings", str(settings)),
        environment={
            "FROM_BOTH": "environment",
            "LOCALHOST_KEYS": str(keys),
            "FUNCTIONS_PORT": "0",
            "AzureWebJobs.disabled.Disabled": "true",
        },
    )
    yield host
    assert host.stop() == 0


def test_function_sees_the_request(host: RunningHost) -> None:
    answer = host.call(
        "POST",
        "/api/requests/a%20b/files/x.json?q=1&q=2&empty=&r=%C3%A9",
        data=b"\x00\x01\xff",
        headers={"X-Test": "yes", "X-Empty": ""},
    )
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "method": "POST",
        "url": host.url + "/api/requests/a%20b/files/x.json?q=1&q=2&empty=&r=%C3%A9",
        "params": {"q": "1,2", "r": "é"},
        "route": {"id": "a b", "name": "x.json"},
        "header": "yes",
        "empty": "",
        "body": [0, 1, 255],
    }


def test_literal_route_goes_before_a_parameter_in_any_case_of_letters(host: RunningHost) -> None:
    assert host.call("GET", "/api/requests/1/files/latest").text == "the literal route"
    assert host.call("GET", "/API/Requests/1/Files/LATEST").text == "the literal route"
    assert host.call("GET", "/api/rest/a/b/c").text == "a/b/c"


def test_headers_cookies_and_bytes_reach_the_caller(host: RunningHost) -> None:
    answer = host.call("GET", "/api/cookies")
    assert answer.content == b"\x00\xff"
    assert answer.headers["x-answer"] == "42"
    assert answer.headers["content-type"] == "image/x-test"
    assert sorted(answer.raw.headers.getlist("set-cookie")) == [
        "a=1; HttpOnly; Path=/",
        "b=2; Path=/; SameSite=Strict; Secure",
    ]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/guarded"), ("GET", "/api/nothing"), ("GET", "/guarded")]
)
def test_what_no_function_takes_is_not_found(host: RunningHost, method: str, path: str) -> None:
    assert host.call(method, path).status_code == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("guarded", None, 401),
        ("guarded", "wrong", 401),
        ("guarded", "the-host-key", 200),
        ("guarded", "the-function-key", 200),
        ("guarded", "the-master-key", 200),
        ("administered", "the-host-key", 401),
        ("administered", "the-function-key", 401),
        ("administered", "the-master-key", 200),
    ],
)
def test_keys_open_what_they_open_in_azure(
    host: RunningHost, path: str, key: str | None, status: int
) -> None:
    assert host.call("GET", f"/api/{path}", headers={"x-functions-key": key}).status_code == status
    assert host.call("GET", f"/api/{path}", headers={}, params={"code": key}).status_code == status


def test_line_that_says_ready_gives_the_keys_and_no_log_has_one(host: RunningHost) -> None:
    assert (host.key, host.master_key) == ("the-host-key", "the-master-key")
    host.call("GET", "/api/guarded", params={"code": host.key})
    wait_until(lambda: "GET /api/guarded: 200" in host.text())
    assert "the-host-key" not in host.text()
    assert "the-master-key" not in host.text()


def test_failure_is_500_and_one_line_of_the_log(host: RunningHost) -> None:
    answer = host.call("GET", "/api/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    wait_until(lambda: "function broken failed: RuntimeError: first line" in host.text())
    assert "Traceback" not in host.text()


def test_settings_of_the_file_fill_the_environment_which_wins(host: RunningHost) -> None:
    assert host.call("GET", "/api/setting/FROM_FILE").text == "file"
    assert host.call("GET", "/api/setting/FROM_BOTH").text == "environment"


def test_what_the_app_prints_and_logs_is_in_the_log(host: RunningHost) -> None:
    assert "printed while loading" in host.text()
    host.call("GET", "/api/setting/NONE")
    wait_until(lambda: "INFO     the app: asked for NONE" in host.text())


def test_disabled_function_is_not_there(host: RunningHost) -> None:
    assert host.call("GET", "/api/disabled").status_code == 404


def test_random_keys_differ_from_start_to_start(host: RunningHost, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    hosts = [RunningHost.start(APPS / "http"), RunningHost.start(APPS / "http", "--keys", str(keys))]
    given = {key for other in hosts for key in (other.key, other.master_key)}
    assert len(given) == 4
    assert [other.call("GET", "/api/guarded").status_code for other in hosts] == [200, 200]
    assert [other.stop() for other in hosts] == [0, 0]
