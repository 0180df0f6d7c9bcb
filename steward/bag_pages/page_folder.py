"""The folder of a bag's pages: of which bag they are, which are there already, and how a page gets there whole."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from steward import VERSION
from steward.archive.download import TargetOccupied
from steward.pages.templating import page_environment

# Of which bag the pages are, and by which version; those of another bag or version are made anew.
MARK = "made-of.json"


def check_free(folder: Path) -> None:
    """Raises TargetOccupied where something stands in the folder that is no pages of a bag."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file())):
        raise TargetOccupied(f"{folder}: expected no such folder, or one with pages of a bag")


class PageFolder:
    """Pages that stand beside the folder of their bag, and name it by its name."""

    def __init__(self, folder: Path, bag: Path, tagmanifest: str) -> None:
        check_free(folder)
        self._folder = folder
        self._bag = quote(bag.name)
        mark = json.dumps({"tagmanifest": tagmanifest, "version": VERSION}) + "\n"
        place = folder / MARK
        if place.is_file() and place.read_text() != mark:
            for page in folder.rglob("*.html"):
                page.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(mark)
        self._templates = page_environment(
            Path(__file__).parent / "templates", figure=_figure, moment=_moment, share=_share
        )

    def has(self, page: str) -> bool:
        """A page that is there is whole."""
        return (self._folder / page).is_file()

    def write(self, page: str, template: str, **values: Any) -> None:
        """Make a page: under another name first, so that one that is there is whole."""
        place = self._folder / page
        place.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * page.count("/")
        values |= {"root": root, "bag": f"{root}../{self._bag}/"}
        part = place.with_name(place.name + ".part")
        part.write_text(self._templates.get_template(template).render(values), encoding="utf-8")
        part.replace(place)


def _figure(count: int) -> str:
    return f"{count:,}"


def _share(value: Any) -> str:
    """A fraction as people read it."""
    return f"{value * 100:.1f} %" if isinstance(value, int | float) else ""


def _moment(written: str) -> Markup | str:
    """A time of the service, to the minute; as it stands where it is none."""
    try:
        return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M}</time>').format(
            written, datetime.fromisoformat(written)
        )
    except ValueError:
        return written
