"""A local host in a process of its own, and the calls that tests make to it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).resolve().parent / "apps"
START_SECONDS = 30


def start_process(
    app: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """`python -m localhost` on a free port, with the repository importable from any folder."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AzureWebJobs", "AzureFunctionsJobHost", "FUNCTIONS_", "LOCALHOST_"))
    }
    variables |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environment or {})}
    port = () if "--port" in arguments or "FUNCTIONS_PORT" in variables else ("--port", "0")
    return subprocess.Popen(
        [sys.executable, "-m", "localhost", "--app", str(app), *port, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        cwd=app,
    )


def refuse(app: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Start a host that must refuse its app; returns its last line, without the program's name."""
    process = start_process(app, *arguments, environment=environment)
    output, errors = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1, errors
    assert output == ""
    assert "Traceback" not in errors
    return errors.splitlines()[-1].removeprefix("localhost: ")


@dataclass
class RunningHost:
    """A started host; `log` grows while it runs."""

    process: subprocess.Popen[str]
    url: str = ""
    key: str = ""
    master_key: str = ""
    log: list[str] = field(default_factory=list[str])

    @classmethod
    def start(cls, app: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Self:
        host = cls(start_process(app, *arguments, environment=environment))
        lines: queue.Queue[str] = queue.Queue()
        assert host.process.stdout
        assert host.process.stderr
        for stream, take in ((host.process.stdout, lines.put), (host.process.stderr, host.log.append)):
            threading.Thread(target=_read, args=(stream, take), daemon=True).start()
        line = lines.get(timeout=START_SECONDS)
        if not line.startswith("{"):
            host.process.kill()
            raise RuntimeError(line + host.text())
        ready = json.loads(line)
        host.url, host.key, host.master_key = ready["functionsUrl"], ready["functionKey"], ready["masterKey"]
        return host

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def text(self) -> str:
        return "".join(self.log)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request with the default host key, which `headers` may replace."""
        headers = options.pop("headers", {"x-functions-key": self.key})
        return requests.request(method, self.url + path, headers=headers, timeout=60, **options)

    def manage(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request to the Durable management routes, with the master key."""
        return self.call(
            method,
            f"/runtime/webhooks/durabletask/{path}",
            headers={"x-functions-key": self.master_key},
            **options,
        )

    def begin(self, orchestration: str, payload: Any = None, **query: str) -> str:
        """Start an orchestration; returns its instance id."""
        answer = self.call("POST", f"/api/start/{orchestration}", json=payload or {}, params=query)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def state(self, instance_id: str) -> dict[str, Any]:
        return self.manage("GET", f"instances/{instance_id}").json()

    def end(self, instance_id: str, seconds: float = 30) -> dict[str, Any]:
        """The state of an instance once it has ended."""
        ended = {"Completed", "Failed", "Terminated"}
        wait_until(lambda: self.state(instance_id)["runtimeStatus"] in ended, seconds)
        return self.state(instance_id)

    def run(self, orchestration: str, payload: Any = None, seconds: float = 30, **query: str) -> Any:
        """Run an orchestration to its end; returns its output."""
        state = self.end(self.begin(orchestration, payload, **query), seconds)
        assert state["runtimeStatus"] == "Completed", state
        return state["output"]


def _read(stream: Any, take: Callable[[str], None]) -> None:
    with stream:
        for line in stream:
            take(line)
    take("")


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until something holds; fails after a deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
