"""A bag of 100,000 images on its way to disk and to its pages: memory stays bounded, and what was killed goes on."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.bag_pages.lists import PER_PAGE
from tests.archive.many_images import FEW, MANY, MORE, MeasuredCommand, at_least, write_bag
from tests.conftest import Azurite


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_100_000_images_take_bounded_memory_and_go_on_where_they_were_killed(
    azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> None:
    taken: dict[int, int] = {}
    for images in (FEW, MANY):
        bag = BagNames("default", f"export-{images}")
        write_bag(ArchiveStore(container), bag, images)
        target = tmp_path / str(images)
        pages = target.with_name(f"{images}-pages")
        run = MeasuredCommand(azurite, container, "download", bag.request, str(target))
        run.killed_when(at_least(images // 2, target, "data/pictures/*/*.jpg"))
        run.killed_when(at_least(images // 2 // PER_PAGE, pages, "*/tagged-*.html"))
        begun = {page.name: page.stat().st_ino for page in pages.glob("*/tagged-*.html")}
        assert not (pages / "index.html").exists()

        taken[images] = run.whole(tmp_path / "errors")
        shown = (tmp_path / "errors").read_text()
        assert "download" in shown
        assert "pages" in shown
        made = {page.name: page.stat().st_ino for page in pages.glob("*/tagged-*.html")}
        assert len(made) == -(-images // PER_PAGE)
        assert begun.items() <= made.items()
        assert (pages / "index.html").exists()
        assert pictured(pages) == images
    assert taken[MANY] - taken[FEW] < MORE, taken


def pictured(pages: Path) -> int:
    """How many pictures the pages show."""
    return sum(page.read_text().count("<img ") for page in pages.glob("*/tagged-*.html"))
