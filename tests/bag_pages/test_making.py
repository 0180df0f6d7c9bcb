"""Pages are made where they may be, go on where they were stopped, and are those of their bag."""

import json
import shutil
from pathlib import Path

import pytest

from steward.archive import manifest
from steward.archive.download import BagNotSealed, TargetOccupied
from steward.bag_pages.making import FIRST, make_pages, pages_beside


class Stopped(Exception):  # noqa: N818 - it is named for what happened
    """As if the process had been ended."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_pages_that_were_stopped_go_on_where_they_were_stopped(bag: Path, tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    make_pages(bag, tmp_path / "whole", lambda done, total: progress.append((done, total)))
    assert progress[-1][0] == progress[-1][1] > 0
    assert progress == sorted(progress)

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        make_pages(bag, tmp_path / "stopped", stop)
    assert not (tmp_path / "stopped" / FIRST).exists()
    (made,) = (tmp_path / "stopped").rglob("*.html")
    before = made.stat().st_ino
    assert make_pages(bag, tmp_path / "stopped") == tmp_path / "stopped" / FIRST
    assert made.stat().st_ino == before
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_pages_of_another_bag_are_made_anew_and_anything_else_is_left_alone(
    bag: Path, tmp_path: Path
) -> None:
    make_pages(bag, tmp_path / "pages")
    (tmp_path / "pages" / "letter.txt").write_text("mine")
    other = tmp_path / "other"
    shutil.copytree(bag, other)
    head = json.loads((other / manifest.EXPORT).read_bytes())
    head |= {"projects": [], "gaps": [], "totals": {**head["totals"], "projects": 0, "gaps": 0}}
    (other / manifest.EXPORT).write_text(json.dumps(head) + "\n")
    (other / manifest.TAGMANIFEST).write_bytes(b"another\n")
    make_pages(other, tmp_path / "pages")
    assert {name for name in contents(tmp_path / "pages") if not name.endswith(".json")} == {
        FIRST,
        "letter.txt",
    }

    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("mine")
    with pytest.raises(TargetOccupied, match="expected no such folder"):
        make_pages(bag, tmp_path / "letters")
    assert contents(tmp_path / "letters") == {"letter.txt": b"mine"}


def test_half_a_bag_has_no_pages(tmp_path: Path) -> None:
    with pytest.raises(BagNotSealed, match="no whole bag"):
        make_pages(tmp_path, tmp_path / "pages")
    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize(
    "path", ["../../letter.jpg", "/etc/hostname", "https://x.example/a.jpg", "data/pictures/../../../a.jpg"]
)
def test_no_path_in_a_bag_is_followed_out_of_it(bag: Path, tmp_path: Path, path: str) -> None:
    forged = tmp_path / "bag"
    shutil.copytree(bag, forged)
    (page,) = forged.glob("data/projects/*/images/tagged-00000.jsonl")
    line = json.loads(page.read_text().splitlines()[0])
    line["picture"]["path"] = path
    page.write_text(json.dumps(line) + "\n")
    (made,) = make_pages(forged, pages_beside(forged)).parent.glob("*/tagged-00001.html")
    assert line["image"]["id"] in made.read_text()
    assert path not in made.read_text()
