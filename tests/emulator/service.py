"""Starts emulators for tests and talks to them as any HTTP client would."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from emulator.drawing import Drawing, draw

ROOT = Path(__file__).resolve().parents[2]


class Service:
    """One running emulator. `call` speaks the Training API, with the training key."""

    def __init__(self, endpoint: str, training_key: str, prediction_key: str) -> None:
        self.endpoint = endpoint
        self.training_key = training_key
        self.prediction_key = prediction_key
        self.http = requests.Session()
        self.http.trust_env = False

    def call(self, method: str, path: str, *, version: str = "v3.3", **arguments: Any) -> requests.Response:
        """One call of the Training API; `path` starts after `/training`, `arguments` are those of requests."""
        url = f"{self.endpoint}/customvision/{version}/training{path}"
        return self.http.request(
            method, url, headers={"Training-Key": self.training_key}, timeout=30, **arguments
        )

    def answer(self, method: str, path: str, *, version: str = "v3.3", **arguments: Any) -> Any:
        """The JSON of a call that must succeed with 200."""
        response = self.call(method, path, version=version, **arguments)
        assert response.status_code == requests.codes.ok, (
            f"{method} {path}: {response.status_code} {response.text}"
        )
        return response.json()

    def project(self, name: str, *, version: str = "v3.3", **query: str) -> str:
        """Id of a new project."""
        return self.answer("POST", "/projects", version=version, params={"name": name, **query})["id"]

    def tag(self, project: str, name: str, **query: str) -> str:
        """Id of a new tag."""
        return self.answer("POST", f"/projects/{project}/tags", params={"name": name, **query})["id"]

    def upload(self, project: str, images: Sequence[bytes], tags: Sequence[str] = ()) -> list[Any]:
        """The images made of these pictures, one call; as the service answers them."""
        parts = [("images", (f"{number}.jpg", content)) for number, content in enumerate(images)]
        params = {"tagIds": ",".join(tags)} if tags else {}
        answer = self.answer("POST", f"/projects/{project}/images", files=parts, params=params)
        return [entry["image"] for entry in answer["images"]]

    def trained(self, project: str, *, version: str = "v3.3") -> Any:
        """A new iteration, when its training has ended."""
        iteration = self.answer("POST", f"/projects/{project}/train", version=version)
        path = f"/projects/{project}/iterations/{iteration['id']}"
        return wait(lambda: self.answer("GET", path, version=version), lambda it: it["status"] == "Completed")


def wait[T](read: Callable[[], T], done: Callable[[T], bool], seconds: float = 30) -> T:
    """What `read` gives as soon as it is `done`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done(value := read()):
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(0.02)
    return value


def next_millisecond() -> None:
    """Let the clock move on by what the service's dates can tell apart."""
    time.sleep(0.002)


def pictures(count: int, *, start: int = 0, width: int = 320, height: int = 256) -> list[bytes]:
    """Different small JPEGs."""
    return [draw(Drawing(start + number, width, height)) for number in range(count)]


@contextmanager
def running(*options: str, environment: Mapping[str, str] | None = None) -> Generator[Service]:
    """An emulator in a process of its own on a free port; stopped in the end, which must be clean."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the emulator ended with {process.wait()}"
        ready = json.loads(line)
        service = Service(ready["endpoint"], ready["trainingKey"], ready["predictionKey"])
        with service.http:
            yield service
        process.terminate()
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
