"""The pages of a bag, opened from disk in Chromium."""

import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from steward.bag_pages.lists import PER_PAGE
from steward.bag_pages.making import make_pages, pages_beside
from tests.bag_pages.browser import Browser, running_browser
from tests.bag_pages.photographs import BEYOND, GONE, NAME, PICTURES, truth

SEEN = NAME.replace("\u202e", "\\u202e").replace("\ud800", "\\ud800")
# Where each picture and its box are on the screen, and the picture's own size.
DRAWN = """[...document.querySelectorAll('.picture')].map(each => {
  const image = each.querySelector('img'), box = each.querySelector('.box').getBoundingClientRect();
  const place = image.getBoundingClientRect();
  return {file: image.src, size: [image.naturalWidth, image.naturalHeight],
          shown: [place.width, place.height],
          edges: [box.left - place.left, box.top - place.top, box.right - place.left, box.bottom - place.top]};
})"""


@pytest.fixture(scope="module")
def begin(bag: Path) -> Path:
    """The first page."""
    return make_pages(bag, pages_beside(bag))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


# Of one project and one iteration.
EXPORT, GAPS, PROJECT = "index", "gaps-00001", "*/index"
PICTURED, PICTURED_LAST = "*/tagged-00001", "*/tagged-00002"
ITERATION, SNAPSHOT = "*/iterations/*/index", "*/iterations/*/tagged-00001"


def one_of(begin: Path, kind: str) -> Path:
    (page,) = begin.parent.glob(f"{kind}.html")
    return page


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (768, "light"), (1280, "dark")])
def test_boxes_are_where_the_browser_shows_what_is_in_them(
    browser: Browser, begin: Path, width: int, scheme: str
) -> None:
    drawn = browser.open(one_of(begin, PICTURED), width=width, scheme=scheme).find(DRAWN)
    assert len(drawn) == PER_PAGE - 1
    for each in drawn:
        size, mark = truth(Path(urllib.parse.unquote(each["file"].removeprefix("file://"))))
        assert tuple(each["size"]) == size
        scale = each["shown"][0] / size[0], each["shown"][1] / size[1]
        assert each["edges"] == pytest.approx([edge * scale[n % 2] for n, edge in enumerate(mark)], abs=1.5)


def test_a_region_that_reaches_beyond_the_picture_ends_at_its_edge(browser: Browser, begin: Path) -> None:
    last = browser.open(one_of(begin, PICTURED_LAST)).find(DRAWN)[BEYOND % PER_PAGE]
    width, height = last["shown"]
    assert last["edges"] == pytest.approx([0, height / 2, width, height], abs=1)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", [EXPORT, GAPS, PROJECT, PICTURED, ITERATION, SNAPSHOT])
def test_names_stay_text_and_nothing_leaves_the_disk(
    browser: Browser, begin: Path, kind: str, width: int
) -> None:
    browser.asked.clear()
    browser.said.clear()
    page = browser.open(one_of(begin, kind), width=width)
    found = page.find(
        "({text: document.documentElement.textContent, title: document.title, wide: document.documentElement.scrollWidth,"
        " active: document.querySelectorAll('script, [onerror], img[src=x]').length,"
        " links: [...document.links].map(a => a.href)})"
    )
    assert SEEN in found["text"]
    assert (found["active"], found["wide"], browser.said) == (0, width, [])
    assert "ran" not in found["title"].replace(SEEN, "").split()
    assert [each for each in browser.asked + found["links"] if not each.startswith("file:")] == []


def test_everything_can_be_reached_by_keyboard(browser: Browser, begin: Path) -> None:
    browser.open(begin)
    assert follow(browser, SEEN).endswith("/index.html")
    assert follow(browser, "Tagged pictures").endswith("/tagged-00001.html")
    small = browser.find("document.images[0].clientWidth")
    assert follow(browser, "Picture 1: " + SEEN).endswith("#p1")
    assert browser.find("document.querySelector(':target img').clientWidth") > small
    follow(browser, "Show small")
    assert browser.find("document.images[0].clientWidth") == small
    focus(browser, "drawn")
    assert browser.press("Space").find("document.querySelector('.box').checkVisibility()") is False
    assert follow(browser, "Next").endswith("/tagged-00002.html")
    assert f"{PER_PAGE + 1} to {PICTURES} of {PICTURES}" in browser.find("document.body.innerText")


def follow(browser: Browser, name: str) -> str:
    """Go by keyboard to the link of this name, and along; where that leads."""
    focus(browser, name)
    return browser.enter().find("location.href")


def focus(browser: Browser, name: str) -> None:
    """By name or id; what has the focus must be seen to have it."""
    named = "(document.activeElement.querySelector('img')?.alt ?? document.activeElement.textContent.trim())"
    for _ in range(200):
        at = browser.press("Tab").find(
            f"[document.activeElement.id || {named}, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if at[0] == name:
            assert at[1] != "none"
            return
    raise AssertionError(f"the Tab key never came to {name}")


class Page(HTMLParser):
    """What a page names, and by which ids it can be named."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as it is in the parser
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.names.append(value)
            elif name == "id" and value:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_link_leads_to_a_file_of_the_bag_or_of_its_pages(begin: Path) -> None:
    pages = {file.resolve(): Page(file) for file in begin.parent.rglob("*.html")}
    seen: set[Path] = set()
    for file, page in pages.items():
        assert len(set(page.ids)) == len(page.ids)
        for name in page.names:
            path, _, fragment = name.partition("#")
            target = (file.parent / urllib.parse.unquote(path)).resolve() if path else file
            assert target.exists(), name
            assert target.is_relative_to(begin.parent.parent)
            assert not fragment or fragment in pages[target].ids
            seen.add(target)
    assert set(pages) <= seen | {begin.resolve()}


def test_what_is_missing_is_said_where_it_is_missing(begin: Path) -> None:
    pictures, gaps = (Page(one_of(begin, kind)).text for kind in (PICTURED, GAPS))
    assert "Could not be had: PictureGone: " + SEEN in " ".join(pictures.split())
    assert f"Picture {GONE + 1}" in pictures
    assert "PictureGone" in gaps


def test_an_iteration_shows_its_performance(browser: Browser, begin: Path) -> None:
    browser.open(one_of(begin, ITERATION))
    rows: Any = browser.find(
        "[...document.querySelectorAll('tr')].map(r => [...r.cells].map(c => c.innerText))"
    )
    assert rows[1:3] == [["all tags", "90.0 %", "87.5 %", ""], [SEEN, "50.0 %", "25.0 %", ""]]
