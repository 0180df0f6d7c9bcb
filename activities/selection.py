"""Which items of a page the scope gives: decided on our side, item by item."""

import functools
import json

from activities.payloads import PageRef
from activities.scope import scoped_project
from steward.accounts import account
from steward.archive.names import BagNames, iteration_path, listing_stem
from steward.customvision.answers import Image, ImagePerformance


def selected_images(page: PageRef, images: list[Image]) -> list[Image]:
    """Images that a selector chooses, or that belong to the snapshot of a chosen iteration."""
    scoped = scoped_project(page, page["project"])
    if scoped.whole or _iteration_is_given(page):
        return images
    return [image for image in images if scoped.selects_image(image)]


def selected_performances(page: PageRef, performances: list[ImagePerformance]) -> list[ImagePerformance]:
    """Performances on images that the snapshot's listing has given: a performance carries no metadata to select by."""
    if scoped_project(page, page["project"]).whole or _iteration_is_given(page):
        return performances
    given = _images_given(page["account"], page["request"], page["project"], page["iteration"])
    return [each for each in performances if each["id"] in given]


def _iteration_is_given(page: PageRef) -> bool:
    """Its details stand in the bag exactly when the scope gives the iteration itself."""
    iteration = page["iteration"]
    return bool(iteration) and _is_in_bag(
        page["account"], page["request"], iteration_path(page["project"], iteration)
    )


@functools.lru_cache(maxsize=256)
def _is_in_bag(account_name: str, request: str, path: str) -> bool:
    return account(account_name).store.find(BagNames(account_name, request).blob(path)) is not None


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
