"""`make up` and `make demo`, as a person runs them."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from azure.storage.blob import ContainerClient
from PIL import Image

from stack.processes import ROOT

PORTS = ("FUNCTIONS_PORT", "EMULATOR_PORT", "AZURITE_BLOB_PORT", "AZURITE_QUEUE_PORT")


@pytest.fixture
def up() -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **dict.fromkeys(PORTS, "0"), "SEED": "none"}
    with subprocess.Popen(
        [sys.executable, "-m", "stack"], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.send_signal(signal.SIGINT)
        process.wait(30)


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "nothing was printed within a minute"
    return process.stdout.readline().decode()


def test_up_prints_one_line_of_what_answers_and_stops_everything(up: subprocess.Popen[bytes]) -> None:
    facts = json.loads(first_line(up))
    assert list(facts) == [
        "functionsUrl",
        "functionKey",
        "customVisionEndpoint",
        "trainingKey",
        "storageConnectionString",
        "archiveContainer",
    ]
    headers = {"x-functions-key": facts["functionKey"]}
    answer = requests.get(f"{facts['functionsUrl']}/api/requests", headers=headers, timeout=10)
    assert answer.json() == {"requests": []}
    projects = f"{facts['customVisionEndpoint']}/customvision/v3.3/training/projects"
    assert requests.get(projects, headers={"Training-Key": facts["trainingKey"]}, timeout=10).json() == []
    with ContainerClient.from_connection_string(
        facts["storageConnectionString"], facts["archiveContainer"]
    ) as container:
        assert container.exists()

    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert up.stdout
    assert up.stdout.read() == b""
    for url in (facts["functionsUrl"], facts["customVisionEndpoint"]):
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)


def test_the_sample_settings_fit_what_up_starts() -> None:
    """Ports, key and container of local.settings.sample.json are those that `make up` has when nothing is set."""
    values = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    account = json.loads(values["CUSTOM_VISION_ACCOUNTS"])["default"]
    started = (ROOT / "stack" / "__main__.py").read_text()
    defaults = {name: int(port) for name, port in re.findall(r'_port\("(\w+)", (\d+)\)', started)}
    assert account["endpoint"] == f"http://127.0.0.1:{defaults['EMULATOR_PORT']}"
    assert values["ARCHIVE_STORAGE"] == values["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
    # The ports that this connection string means.
    assert (defaults["AZURITE_BLOB_PORT"], defaults["AZURITE_QUEUE_PORT"]) == (10000, 10001)
    assert account["archive"]["container"] == "archive"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("SEED", "huge", "none, small, medium, large"), ("EMULATOR_PORT", "x", "a port")],
)
def test_up_names_a_wrong_setting(name: str, value: str, expected: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "stack"], cwd=ROOT, env={**os.environ, name: value}, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert found.stderr.startswith(f"{name}: expected ")
    assert expected in found.stderr
    assert found.stdout == ""


def test_demo_on_a_folder_of_pictures_ends_well(tmp_path: Path) -> None:
    for tag, colour in (("red", "#aa2222"), ("green", "#22aa22")):
        (tmp_path / tag).mkdir()
        for number in range(3):
            Image.new("RGB", (300 + number, 260), colour).save(tmp_path / tag / f"{number}.png")
    started = time.monotonic()
    found = subprocess.run(
        [sys.executable, "-m", "stack.demo", "--images", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert "bagit.py: valid" in found.stdout
    assert "first export 6, second export 0" in found.stdout
    assert time.monotonic() - started < 60
