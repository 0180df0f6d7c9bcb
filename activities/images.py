"""Images, and the performance on each image, as an export takes them: a page of a list, its pictures first."""

import functools
from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from activities.moving import Wanted, move_pictures, picture_or_gap
from activities.outcome import outcome
from activities.pages import Line, PageReading
from activities.payload_files import without_addresses, write_lines
from activities.payloads import PAGE, PageRef
from activities.readings import work_of
from activities.selection import selected_images, selected_performances
from steward.accounts import account
from steward.archive import listings
from steward.archive.documents import encode
from steward.archive.names import page_path, picture_path, pictures_prefix
from steward.customvision.answers import Image, ImagePerformance

bp = df.Blueprint()


@bp.activity_trigger(input_name="page")
@outcome
def export_page(page: PageRef) -> Mapping[str, Any]:
    """Write one page of JSON lines into the bag, its pictures first."""
    lines = _performance_lines if page["kind"] == "image-performance" else _image_lines
    path = page_path(page["project"], page["iteration"], page["kind"], page["page"])
    reading = PageReading(page, lines)
    write_lines(page, path, reading.lines())
    if not page["whole"]:
        _note_listed(page, reading.ids[:PAGE])
    return reading.result()


def _note_listed(page: PageRef, ids: list[str]) -> None:
    home = account(page["account"])
    work = work_of(page, page["reading"])
    listings.note_listed(
        home.store, work, page["project"], page["iteration"], page["kind"], page["page"], ids
    )


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
    moved = move_pictures(home, project, prefix, wanted, listing, fresh_uris, last=page.get("last", False))
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
