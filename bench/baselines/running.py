"""Running a baseline in a process of its own, as the app runs in its own."""

import json
import subprocess
import sys

from bench.rig import KEY, Source
from stack.processes import ROOT


def run_sequential(source: Source, container: str, latency_ms: float) -> dict[str, float]:
    """What bench/baselines/sequential.py prints."""
    return _run("sequential", source, container, str(latency_ms))


def run_sequential_erase(source: Source, latency_ms: float) -> dict[str, float]:
    """What bench/baselines/sequential_erase.py prints; the account has nothing left then."""
    return _run("sequential_erase", source, str(latency_ms))


def run_bare_loop(source: Source, container: str, threads: int) -> dict[str, float]:
    """What bench/baselines/bare_loop.py prints."""
    return _run("bare_loop", source, container, str(threads))


def _run(name: str, source: Source, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", f"bench.baselines.{name}", source.endpoint, KEY, *arguments]
    done = subprocess.run(  # noqa: S603 - the project's own program
        command, input=source.storage, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
