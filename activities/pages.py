"""One page of a list that the service gives in pages, read in as many answers as its size asks for."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, cast

from activities.payloads import PAGE, PageRef, PageResult
from activities.snapshots import unless_untrained
from steward.accounts import account
from steward.archive.page_digests import page_digest
from steward.customvision.answers import Image, ImagePerformance
from steward.customvision.errors import AnswerTooLarge

# A page of 256 images of 300 regions has 15 MB; parsed it would take ten times that, in twelve activities at a time.
ANSWER_LIMIT = 1024 * 1024
# An item that overlaps, and one more.
SMALLEST_PART = 2

type Line = tuple[str, bytes]
"""An item's id and its JSON line."""
type LinesOf = Callable[[PageRef, list[dict[str, Any]]], list[Line]]


class PageReading:
    """Reads the page and looks one item past its end; `ids` are those that were seen so far."""

    def __init__(self, page: PageRef, lines_of: LinesOf) -> None:
        self.ids: list[str] = []
        self._page = page
        self._lines_of = lines_of
        self._written: list[str] = []
        self._torn = False

    def lines(self) -> Iterator[bytes]:
        """The page's lines as they come; to be read once."""
        for part in _parts(self._page):
            # As pages do, each answer begins with the last item of the one before it.
            ids = [item["id"] for item in part]
            self._torn = self._torn or (bool(self.ids) and [self.ids[-1]] != ids[:1])
            new = part[1:] if self.ids else part
            own = new[: PAGE - len(self.ids)]
            self.ids.extend(item["id"] for item in new)
            for item, line in self._lines_of(self._page, own):
                self._written.append(item)
                yield line

    def result(self) -> PageResult:
        """What the orchestration is told, when all lines have been read."""
        return PageResult(
            listed=min(len(self.ids), PAGE),
            first=self.ids[0] if self.ids else "",
            next=self.ids[PAGE] if len(self.ids) > PAGE else "",
            torn=self._torn,
            digest=page_digest(self._written),
        )


def _parts(page: PageRef) -> Iterator[list[dict[str, Any]]]:
    """The page and one item more, in as many answers as their size asks for, each overlapping the next by one item."""
    read = _reader(page)
    place, end = page["page"] * PAGE, page["page"] * PAGE + PAGE + 1
    take = end - place
    while True:
        take = min(take, end - place)
        try:
            items = unless_untrained(functools.partial(read, place, take), [])
        except AnswerTooLarge:
            if take == SMALLEST_PART:
                raise
            take = max(SMALLEST_PART, take // 2 + 1)
            continue
        yield items
        if len(items) < take or place + take >= end:
            return
        place += take - 1


def _reader(page: PageRef) -> Callable[[int, int], list[dict[str, Any]]]:
    client, iteration = account(page["account"]).client, page["iteration"]

    def read(skip: int, take: int) -> list[dict[str, Any]]:
        # Two images alone may be larger than the limit; then they have the client's own.
        limit = ANSWER_LIMIT if take > SMALLEST_PART else None
        items: list[Image] | list[ImagePerformance]
        if page["kind"] == "image-performance":
            items = client.page_image_performances(
                page["project"], iteration, skip=skip, take=take, limit=limit
            )
        else:
            items = client.page_images(
                page["project"],
                tagged=page["kind"] == "tagged",
                iteration_id=iteration or None,
                skip=skip,
                take=take,
                limit=limit,
            )
        return cast(list[dict[str, Any]], items)

    return read
