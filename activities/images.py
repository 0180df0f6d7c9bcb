"""Lists that the service gives in pages: images, tagged and untagged, and the performance on each image."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.moving import Wanted, move_pictures, picture_or_gap
from activities.outcome import outcome
from activities.payload_files import without_addresses, write_lines
from activities.payloads import PAGE, Count, Listing, ListingResult, PageRef, PageResult
from activities.sealed import refuse_when_sealed
from activities.selection import selected_images, selected_performances
from activities.snapshots import unless_untrained
from steward.accounts import account
from steward.archive import listings
from steward.archive.documents import encode
from steward.archive.names import BagNames, page_path, picture_path, pictures_prefix
from steward.archive.page_digests import page_digest
from steward.customvision.answers import Image, ImagePerformance
from steward.customvision.errors import AnswerTooLarge

bp = df.Blueprint()

# A page of 256 images of 300 regions has 15 MB; parsed it would take ten times that, in twelve activities at a time.
ANSWER_LIMIT = 1024 * 1024
# An item that overlaps, and one more.
SMALLEST_PART = 2


@bp.activity_trigger(input_name="listing")
@outcome
def count_listing(listing: Listing) -> Mapping[str, Any]:
    """How many items the service says the list has."""
    client, iteration = account(listing["account"]).client, listing["iteration"]
    if listing["kind"] == "image-performance":
        return Count(count=client.count_image_performances(listing["project"], iteration))
    tagged = listing["kind"] == "tagged"

    def count() -> int:
        return client.count_images(listing["project"], tagged=tagged, iteration_id=iteration or None)

    return Count(count=unless_untrained(count, 0))


@bp.activity_trigger(input_name="page")
@outcome
def export_page(page: PageRef) -> Mapping[str, Any]:
    """Write one page of JSON lines, its pictures first; looks one item past the page's end."""
    write = _performance_lines if page["kind"] == "image-performance" else _image_lines
    ids: list[str] = []
    written: list[str] = []
    torn = False

    def lines() -> Iterator[bytes]:
        nonlocal torn
        for part in _parts(page):
            # As pages do, each answer begins with the last item of the one before it.
            torn = torn or (bool(ids) and [ids[-1]] != [item["id"] for item in part[:1]])
            new = part[1:] if ids else part
            own = new[: PAGE - len(ids)]
            ids.extend(item["id"] for item in new)
            for item, line in write(page, own):
                written.append(item)
                yield line

    path = page_path(page["project"], page["iteration"], page["kind"], page["page"])
    write_lines(page, path, lines())
    if not page["whole"] and not page["iteration"]:
        _note_listed(page, ids[:PAGE])
    return PageResult(
        listed=min(len(ids), PAGE),
        first=ids[0] if ids else "",
        next=ids[PAGE] if len(ids) > PAGE else "",
        torn=torn,
        digest=page_digest(written),
    )


def _note_listed(page: PageRef, ids: list[str]) -> None:
    home, bag = account(page["account"]), BagNames(page["account"], page["request"])
    listings.note_listed(home.store, bag, page["project"], page["kind"], page["page"], ids)


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


type Line = tuple[str, bytes]
"""An item's id and its JSON line."""


def _image_lines(page: PageRef, items: list[dict[str, Any]]) -> list[Line]:
    home, project = account(page["account"]), page["project"]
    chosen = selected_images(page, cast(list[Image], items))
    wanted = [Wanted(each["id"], each["originalImageUri"], each["width"], each["height"]) for each in chosen]

    def fresh_uris(ids: list[str]) -> dict[str, str]:
        images = home.client.list_images_by_ids(project, ids, page["iteration"] or None)
        return {each["id"]: each["originalImageUri"] for each in images}

    # The workspace's pages trust a listing made before them, the snapshots' one made after: then all are stored.
    listing = f"{page['request']}/{'snapshots' if page['iteration'] else 'workspace'}"
    prefix = pictures_prefix(home.name, project)
    moved = move_pictures(home, project, prefix, wanted, listing, fresh_uris)
    return [
        (
            image["id"],
            encode(
                {
                    "image": without_addresses(image),
                    **picture_or_gap(
                        result, functools.partial(picture_path, project, image["id"]), prefix + image["id"]
                    ),
                }
            ),
        )
        for image, result in zip(chosen, moved, strict=True)
    ]


def _performance_lines(page: PageRef, items: list[dict[str, Any]]) -> list[Line]:
    chosen = selected_performances(page, cast(list[ImagePerformance], items))
    return [(each["id"], encode({"performance": without_addresses(each)})) for each in chosen]


@bp.activity_trigger(input_name="result")
def record_listing(result: ListingResult) -> dict[str, bool]:
    """Write down how the reading of a list ended, for the sum at the project's end."""
    refuse_when_sealed(result["account"], result["request"])
    listings.record_listing(
        account(result["account"]).store,
        BagNames(result["account"], result["request"]),
        result["project"],
        result["iteration"],
        result["kind"],
        recorded=result["recorded"],
        pages=result["pages"],
        digest=result["digest"],
        counted=result["count"] if result["count"] >= 0 else None,
        listed=result["listed"],
        settled=result["settled"],
    )
    return {"recorded": True}
