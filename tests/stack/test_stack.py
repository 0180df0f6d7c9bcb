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
def errors(tmp_path: Path) -> Path:
    """What `make up` writes on standard error."""
    return tmp_path / "errors.txt"


@pytest.fixture
def up(errors: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **dict.fromkeys(PORTS, "0"), "SEED": "none"}
    with (
        errors.open("wb") as sink,
        subprocess.Popen(
            [sys.executable, "-m", "stack"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=sink
        ) as process,
    ):
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


@pytest.mark.prove
def test_up_shows_the_log_of_the_app_and_says_where_the_others_are(
    up: subprocess.Popen[bytes], errors: Path
) -> None:
    facts = json.loads(first_line(up))
    assert f"ready at {facts['functionsUrl']}" in errors.read_text()
    named = re.search(r"Output of Azurite and the emulator: (\S+)", errors.read_text())
    assert named
    assert {path.name for path in Path(named[1]).glob("*.log")} >= {"azurite.log", "emulator.log"}

    url, body = f"{facts['functionsUrl']}/api/exports", {"scope": "account"}
    answer = requests.post(url, json=body, headers={"x-functions-key": facts["functionKey"]}, timeout=30)
    assert answer.status_code == 202
    deadline = time.monotonic() + 30
    while "export_account" not in errors.read_text():
        assert time.monotonic() < deadline, errors.read_text()
        time.sleep(0.1)
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert not Path(named[1]).exists()


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


def demo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stack.demo", *arguments],
        cwd=ROOT, env={**os.environ, "COLUMNS": "80"}, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip


def demonstrated(target: Path, *arguments: str | Path) -> str:
    """What a demonstration printed that went well."""
    found = demo("--download", target, *arguments)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "bagit.py: valid" in found.stdout
    return found.stdout


def test_demo_counts_what_moved_and_shows_the_archive(tmp_path: Path) -> None:
    shown = demonstrated(tmp_path / "bag")
    assert "Pictures moved: first export 340, second export 1." in shown
    assert re.search(r"Models moved: first export [1-9]\d*, second export 0\.", shown)
    tree = [line.strip(" │├└─") for line in shown.splitlines() if re.search("[├└]── ", line)]
    # Down to the projects of the bag, with what was shared by all bags summed up.
    assert tree[0] == "default/"
    assert {"exports/", "data/", "projects/"} <= set(tree)
    assert sum(bool(re.fullmatch(r"[0-9a-f-]{36}/  \d+ files, .+", line)) for line in tree) == 3
    assert sum(bool(re.fullmatch(r"pictures/  \d+ files, .+", line)) for line in tree) == 1
    assert "turn.json" in tree
    assert len(tree) <= 40


@pytest.mark.prove
def test_demo_on_a_folder_of_pictures_replaces_the_earlier_download(tmp_path: Path) -> None:
    images, earlier = tmp_path / "images", tmp_path / "bag"
    for tag, colour in (("red", "#aa2222"), ("green", "#22aa22")):
        (images / tag).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (300 + number, 260), colour).save(images / tag / f"{number}.png")
    (earlier / "data").mkdir(parents=True)
    for name in ("tagmanifest-sha256.txt", "data/old.json"):
        (earlier / name).write_text("of an earlier export")
    shown = demonstrated(earlier, "--images", images)
    assert "Pictures moved: first export 6, second export 1." in shown
    assert not (earlier / "data" / "old.json").exists()
    assert len(list((earlier / "data" / "pictures").rglob("*.png"))) == 6


def test_demo_takes_no_folder_for_its_bag_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("not a bag")
    found = demo("--download", tmp_path)
    assert found.returncode == 2
    assert "expected a new or empty folder, or an earlier bag" in found.stderr
    assert (tmp_path / "mine.txt").exists()
