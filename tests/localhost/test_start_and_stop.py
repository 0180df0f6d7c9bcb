"""What the host refuses, in which words, and how it stops."""

import json
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from localhost.host_json import read_host_json
from localhost.misconfigured import Misconfigured
from localhost.settings import load_settings
from tests.localhost.running_host import APPS, RunningHost, refuse, wait_until

HEAD = """
import azure.durable_functions as df
import azure.functions as func
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""


def write_app(folder: Path, code: str, host_json: object = None) -> Path:
    (folder / "function_app.py").write_text(HEAD + code)
    (folder / "host.json").write_text(json.dumps(host_json or {"extensions": {"http": {"routePrefix": ""}}}))
    return folder


INVALID_ANNOTATION = """
@app.activity_trigger(input_name="names")
def count(names: list[str] | None) -> dict: return {}
"""
SERVICE_BUS = """
@app.service_bus_queue_trigger(arg_name="message", queue_name="a", connection="X")
def react(message: func.ServiceBusMessage) -> None: ...
"""
BLOB_INPUT = """
@app.route(route="x")
@app.blob_input(arg_name="blob", path="a/b", connection="X")
def x(req: func.HttpRequest, blob: str) -> str: return ""
"""
SAME_ROUTE = """
@app.route(route="things/{id}", methods=["GET"])
def one(req: func.HttpRequest) -> str: return ""
@app.route(route="Things/{name}", methods=["POST", "GET"])
def two(req: func.HttpRequest) -> str: return ""
"""
CONSTRAINT = """
@app.route(route="things/{id:int}")
def one(req: func.HttpRequest) -> str: return ""
"""
RESERVED_ROUTE = """
@app.route(route="runtime/x")
def one(req: func.HttpRequest) -> str: return ""
"""
BAD_SCHEDULE = """
@app.timer_trigger(arg_name="timer", schedule="every day")
def daily(timer: func.TimerRequest) -> None: ...
"""
NO_SETTING = """
@app.timer_trigger(arg_name="timer", schedule="%NOT_SET%")
def daily(timer: func.TimerRequest) -> None: ...
"""
NO_CONNECTION = """
@app.queue_trigger(arg_name="message", queue_name="q", connection="Nowhere")
def take(message: func.QueueMessage) -> None: ...
"""
WRONG_CONNECTION = """
import os
os.environ["Somewhere"] = "AccountKey=secret"
@app.queue_trigger(arg_name="message", queue_name="q", connection="Somewhere")
def take(message: func.QueueMessage) -> None: ...
"""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (INVALID_ANNOTATION, ["function_app.py cannot be loaded", "count", "invalid non-type annotation"]),
        ("raise RuntimeError('set X')", ["cannot be loaded: RuntimeError: set X (function_app.py, line 5)"]),
        (
            "import not_there",
            ["cannot be loaded: ModuleNotFoundError", "not_there", "(function_app.py, line 5)"],
        ),
        ("def", ["cannot be loaded: SyntaxError", "(function_app.py, line 5)"]),
        (SERVICE_BUS, ["react", "serviceBusTrigger"]),
        (BLOB_INPUT, ["x", "type blob"]),
        (SAME_ROUTE, ["one and two", "GET /Things/{name}"]),
        (CONSTRAINT, ["one", "{id:int}"]),
        (RESERVED_ROUTE, ["one", "begins with runtime"]),
        (BAD_SCHEDULE, ["daily", "'every day'", "NCRONTAB"]),
        (NO_SETTING, ["daily", "NOT_SET", "not set"]),
        (NO_CONNECTION, ["take", "Nowhere", "AzureWebJobsNowhere"]),
        (WRONG_CONNECTION, ["Somewhere is not a storage connection string"]),
    ],
)
def test_app_that_cannot_run_is_refused_in_a_sentence(tmp_path: Path, code: str, words: list[str]) -> None:
    said = refuse(write_app(tmp_path, code))
    assert all(word in said for word in words), said
    assert "secret" not in said


def durable_task(**values: object) -> dict[str, Any]:
    return {"version": "2.0", "extensions": {"durableTask": values}}


@pytest.mark.parametrize(
    ("host_json", "words"),
    [
        (durable_task(hubName="no-dash"), ["hubName", "'no-dash'"]),
        (durable_task(hubName="%NO_HUB%"), ["hubName", "NO_HUB"]),
        (durable_task(maxConcurrentActivityFunctions=0), ["maxConcurrentActivityFunctions", "whole number"]),
        ({"extensions": {"queues": {"visibilityTimeout": 5}}}, ["visibilityTimeout", "hh:mm:ss"]),
        ({"logging": {"logLevel": {"default": "Loud"}}}, ["logging.logLevel.default", "Loud"]),
    ],
)
def test_host_json_with_a_mistake_is_refused(tmp_path: Path, host_json: object, words: list[str]) -> None:
    with pytest.raises(Misconfigured) as mistake:
        read_host_json(write_app(tmp_path, "", host_json))
    assert all(word in str(mistake.value) for word in words), mistake.value


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{", ["is not JSON"]),
        ('{"IsEncrypted": true}', ["IsEncrypted"]),
        ('{"Values": {"A": 1}}', ["Values.A", "text"]),
    ],
)
def test_settings_with_a_mistake_are_refused(tmp_path: Path, settings: str, words: list[str]) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(settings)
    with pytest.raises(Misconfigured) as mistake:
        load_settings(file, required=False)
    assert all(word in str(mistake.value) for word in words), mistake.value


def test_folder_that_is_no_app_is_refused(tmp_path: Path) -> None:
    assert "host.json" in refuse(tmp_path)
    (tmp_path / "host.json").write_text("{}")
    assert "function_app.py" in refuse(tmp_path)


def test_keys_file_with_a_mistake_is_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"hostKey": "x"}')
    assert "hostKey is not known" in refuse(write_app(tmp_path, ""), "--keys", str(keys))


def test_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert port in refuse(write_app(tmp_path, ""), "--port", port)


def test_environment_overrides_host_json() -> None:
    environment = {"AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions": "2"}
    host = RunningHost.start(APPS / "durable", environment=environment)
    host.run("fan_out", {"activity": "sleep", "count": 6, "seconds": 0.1})
    assert host.call("GET", "/api/calls/busy").json()["busiest"] == 2
    assert host.stop(signal.SIGINT) == 0


def test_stop_waits_for_running_activities_and_drops_the_rest() -> None:
    host = RunningHost.start(APPS / "durable")
    host.begin("fan_out", {"activity": "sleep", "count": 20, "seconds": 2, "key": "stopped"})
    host.begin("timer", {"seconds": 600})
    wait_until(lambda: host.call("GET", "/api/calls/stopped").json()["calls"] == 6)
    started = time.monotonic()
    assert host.stop() == 0
    # The six that run need 2 s; the fourteen that wait would need 6 s more.
    assert time.monotonic() - started < 4
    assert "stopped" in host.text()
    assert "Traceback" not in host.text()


def test_second_signal_does_not_wait() -> None:
    host = RunningHost.start(APPS / "durable")
    host.begin("fan_out", {"activity": "sleep", "seconds": 30, "key": "long"})
    wait_until(lambda: host.call("GET", "/api/calls/long").json()["calls"] == 1)
    host.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in host.text())
    started = time.monotonic()
    assert host.stop() == 128 + signal.SIGTERM
    assert time.monotonic() - started < 5
