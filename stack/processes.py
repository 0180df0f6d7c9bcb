"""Start a program, wait until it says that it answers, stop it with SIGTERM."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
# Azurite's published development account, the same on every machine.
ACCOUNT_NAME = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class StartError(Exception):
    """A program did not come up; the text ends with the last lines it printed."""


@dataclass
class Program:
    """A running program; its output goes to a file, so that nothing is lost and no pipe fills up."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    def stop(self, grace: float = 30.0) -> int:
        """SIGTERM, and after `grace` seconds SIGKILL; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self) -> None:
        """SIGKILL, as a crash would have it."""
        self.process.kill()
        self.process.wait()


def start(
    name: str,
    command: Sequence[str | Path],
    folder: Path,
    answers: Callable[[str], dict[str, Any] | None],
    environment: Mapping[str, str] | None = None,
    timeout: float = 60.0,
    log: TextIO | None = None,
) -> Program:
    """Run a command until `answers` finds in its output that it is up; raises StartError.

    `log`: an open file that gets its standard error, which otherwise goes where the output goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{name}.log"
    with output.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - the project's own programs
            [str(part) for part in command],
            stdout=sink,
            stderr=log or subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            # Ctrl-C reaches the parent only, which stops its programs in the right order.
            start_new_session=True,
        )
    program = Program(name, process, output)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        facts = answers(output.read_text(errors="replace"))
        if facts is not None:
            program.facts = facts
            return program
        if process.poll() is not None:
            break
        time.sleep(0.05)
    program.stop(grace=2)
    last = "\n".join(output.read_text(errors="replace").splitlines()[-8:])
    raise StartError(f"{name} did not start:\n{last}")


def first_json_line(*keys: str) -> Callable[[str], dict[str, Any] | None]:
    """The first whole line of output that is a JSON object with these keys."""

    def find(text: str) -> dict[str, Any] | None:
        for line in text.splitlines():
            if line.startswith("{") and line.endswith("}"):
                try:
                    found = json.loads(line)
                except ValueError:
                    continue
                if all(key in found for key in keys):
                    return found
        return None

    return find


def start_azurite(
    folder: Path,
    blob_port: int = 0,
    queue_port: int = 0,
    *,
    in_memory: bool = True,
    certificate: tuple[Path, Path] | None = None,
) -> Program:
    """Azurite on 127.0.0.1; facts: `connectionString`, `blobPort`, `queuePort`.

    `certificate`, with its key: it answers over https, takes bearer tokens, and its output names every request.
    """
    scheme = "https" if certificate else "http"

    def listening(text: str) -> dict[str, Any] | None:
        ports = dict(
            re.findall(
                rf"Azurite (\w+) service is successfully listening at {scheme}://127\.0\.0\.1:(\d+)", text
            )
        )
        if not {"Blob", "Queue"} <= ports.keys():
            return None
        blob, queue = int(ports["Blob"]), int(ports["Queue"])
        found = connection_string(blob, queue, scheme)
        return {"connectionString": found, "blobPort": blob, "queuePort": queue}

    place = ["--inMemoryPersistence"] if in_memory else ["--location", str(folder / "azurite")]
    secure = ["--oauth", "basic", "--cert", certificate[0], "--key", certificate[1]] if certificate else []
    command = [
        *(ROOT / "node_modules" / ".bin" / "azurite", "--disableTelemetry", "--skipApiVersionCheck"),
        *(secure or ["--silent"]),
        *("--blobPort", str(blob_port), "--queuePort", str(queue_port), "--tablePort", "0", *place),
    ]
    return start("azurite", command, folder, listening)


def connection_string(blob_port: int, queue_port: int, scheme: str = "http") -> str:
    """The connection string of an Azurite on these ports."""
    return (
        f"DefaultEndpointsProtocol={scheme};AccountName={ACCOUNT_NAME};AccountKey={ACCOUNT_KEY};"
        f"BlobEndpoint={scheme}://127.0.0.1:{blob_port}/{ACCOUNT_NAME};"
        f"QueueEndpoint={scheme}://127.0.0.1:{queue_port}/{ACCOUNT_NAME};"
    )


def start_emulator(folder: Path, *options: str, port: int = 0, seed: str = "small", key: str = "") -> Program:
    """The Custom Vision emulator; facts: `endpoint`, `trainingKey`, `predictionKey`."""
    command = [sys.executable, "-m", "emulator", "--port", str(port), "--seed", seed, *options]
    if key:
        command += ["--training-key", key]
    return start("emulator", command, folder, first_json_line("endpoint", "trainingKey"))


# A run of a schedule would come between whatever the host is started for: who wants them says so.
_QUIET = {
    f"AzureWebJobs__{name}__Disabled": "true"
    for name in ("export_accounts", "forget_histories", "retain_accounts")
}


def start_host(
    folder: Path, settings: Mapping[str, str], *options: str, port: int = 0, log: TextIO | None = None
) -> Program:
    """The app on its local host; `settings` overrule the sample's; facts: `functionsUrl`, `functionKey`.

    Its nightly schedules are off, unless `settings` or the environment switch them on.
    """
    command = [
        *(sys.executable, "-m", "localhost", "--port", str(port)),
        *("--settings", str(ROOT / "local.settings.sample.json"), *options),
    ]
    quiet = {name: value for name, value in _QUIET.items() if name not in os.environ}
    return start(
        "host",
        command,
        folder,
        first_json_line("functionsUrl", "functionKey"),
        {**quiet, **settings},
        log=log,
    )
