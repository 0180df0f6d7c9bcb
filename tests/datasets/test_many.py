"""A bag of 100,000 images on its way to a data set: memory stays flat, progress is shown, and what was killed goes on."""

import json
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from tests.archive.many_images import FEW, MANY, MORE, MeasuredCommand, at_least, write_bag
from tests.conftest import Azurite


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
        words = ("datasets", bag.request, str(target), "--format", "coco")
        run = MeasuredCommand(azurite, container, *words)
        run.killed_when(at_least(images // 2, target, "*/images/*.jpg"))
        assert not json.loads((target / "dataset.json").read_bytes())["finished"]
        there = {picture: picture.stat().st_ino for picture in target.glob("*/images/*.jpg")}

        taken[images] = run.whole(shown)
        assert f"{images}/{images}" in shown.read_text()
        about = json.loads((target / "dataset.json").read_bytes())
        assert about["finished"]
        assert sum(about["projects"][0]["images"].values()) == images
        assert {picture: picture.stat().st_ino for picture in there} == there
    assert taken[MANY] - taken[FEW] < MORE, taken
