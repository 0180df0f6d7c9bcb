"""Lists that the service takes and gives in parts: batches of ids, pages, and what becomes of parts that are too long."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol
from uuid import UUID

from steward.customvision.errors import AnswerTooLarge, InvalidArgument, RequestTooLong

PAGE_LIMIT = 256
IMAGE_BATCH = 256
PREDICTION_BATCH = 64

type Deletion = Literal["done", "accepted", "gone"]
"""How a delete ended: done; accepted (202), so it goes on after the answer; gone, nothing was there any more."""


def checked_id(name: str, value: str) -> str:
    try:
        return str(UUID(value))
    except (ValueError, AttributeError):
        raise InvalidArgument(f"{name}: expected a UUID, found {value!r:.60}") from None


def checked_batch(ids: Sequence[str], maximum: int) -> list[str]:
    if not 1 <= len(ids) <= maximum:
        raise InvalidArgument(f"ids: expected 1 to {maximum}, found {len(ids)}")
    return [checked_id("ids", value) for value in ids]


def in_halves[T](ids: list[str], call: Callable[[list[str]], T]) -> Iterator[T]:
    """What `call` gives for all ids, in as many parts as the service needs."""
    try:
        result = call(ids)
    except (RequestTooLong, AnswerTooLarge):
        if len(ids) == 1:
            raise
        half = len(ids) // 2
        yield from in_halves(ids[:half], call)
        yield from in_halves(ids[half:], call)
    else:
        yield result


class Page[T](Protocol):
    """One page: at most `take` items after the first `skip`."""

    def __call__(self, *, skip: int, take: int) -> list[T]: ...


def all_pages[T](page: Page[T]) -> Iterator[T]:
    """Every item, until a page is empty; pages too large are asked for again at half the size."""
    skip, take = 0, PAGE_LIMIT
    while True:
        try:
            items = page(skip=skip, take=take)
        except AnswerTooLarge:
            if take == 1:
                raise
            take //= 2
            continue
        if not items:
            return
        yield from items
        skip += len(items)


def worst(results: Iterator[Deletion]) -> Deletion:
    """Of the parts of one batch: what the caller still has to wait for, then what was done."""
    found = set(results)
    return "accepted" if "accepted" in found else "done" if "done" in found else "gone"
