"""Which items of a page the scope gives: decided on our side, item by item."""

import functools
import json

from activities.payloads import PageRef
from activities.scope import scoped_project
from steward.accounts import account
from steward.archive.names import BagNames, listing_stem
from steward.customvision.answers import Image, ImagePerformance


def selected_images(page: PageRef, images: list[Image]) -> list[Image]:
    """All of a list that is given whole, otherwise the images that a selector chooses."""
    if page["whole"]:
        return images
    scoped = scoped_project(page, page["project"])
    return [image for image in images if scoped.selects_image(image)]


def selected_performances(page: PageRef, performances: list[ImagePerformance]) -> list[ImagePerformance]:
    """Performances on images that the snapshot's listing has given: a performance carries no metadata to select by."""
    if page["whole"]:
        return performances
    given = _images_given(page["account"], page["request"], page["project"], page["iteration"])
    return [each for each in performances if each["id"] in given]


@functools.lru_cache(maxsize=16)
def _images_given(account_name: str, request: str, project: str, iteration: str) -> frozenset[str]:
    store, bag = account(account_name).store, BagNames(account_name, request)
    return frozenset(
        json.loads(line)["image"]["id"]
        for kind in ("tagged", "untagged")
        for blob in store.list(bag.blob(listing_stem(project, iteration, kind)))
        for line in store.read_lines(blob.name)
        if b'"image"' in line
    )
