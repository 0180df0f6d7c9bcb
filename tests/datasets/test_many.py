"""A bag of 100,000 images on its way to a data set: memory stays flat, progress is shown, and what was killed goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from tests.bag_pages.test_many import FEW, MANY, MORE, at_least, write_bag
from tests.conftest import Azurite


def start(
    azurite: Azurite, container: ContainerClient, request: str, target: Path, shown: Path
) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "steward", "datasets", request, str(target), "--format", "coco"]
    words += ["--container", str(container.container_name)]
    environment = {**os.environ, "ARCHIVE_STORAGE": azurite.connection_string}
    with shown.open("w") as stderr:
        return subprocess.Popen(words, env=environment, stderr=stderr, stdout=subprocess.DEVNULL)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_100_000_images_take_no_more_memory_than_2_000(
    azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> None:
    taken: dict[int, int] = {}
    for images in (FEW, MANY):
        bag = BagNames("default", f"export-{images}")
        write_bag(ArchiveStore(container), bag, images)
        target, shown = tmp_path / str(images), tmp_path / "shown"
        half = at_least(images // 2, target, "*/images/*.jpg")
        begun = start(azurite, container, bag.request, target, shown)
        while begun.poll() is None and not half():
            time.sleep(0.2)
        begun.kill()
        assert begun.wait() == -signal.SIGKILL
        assert not json.loads((target / "dataset.json").read_bytes())["finished"]
        there = {picture: picture.stat().st_ino for picture in target.glob("*/images/*.jpg")}

        process = start(azurite, container, bag.request, target, shown)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, shown.read_text()
        assert f"{images}/{images}" in shown.read_text()
        taken[images] = usage.ru_maxrss * 1024
        about = json.loads((target / "dataset.json").read_bytes())
        assert about["finished"]
        assert sum(about["projects"][0]["images"].values()) == images
        assert {picture: picture.stat().st_ino for picture in there} == there
    assert taken[MANY] - taken[FEW] < MORE, taken
