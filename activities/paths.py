"""Where a page stands in a bag: orchestrations name it when it could not be had, activities when they write it."""

from activities.payloads import Listing, PageRef


def folder_of(project: str, iteration: str) -> str:
    """The payload folder of a project's workspace, or of an iteration."""
    return f"data/projects/{project}" + (f"/iterations/{iteration}" if iteration else "")


def listing_prefix(listing: Listing) -> str:
    """What the paths of all pages of a listing begin with."""
    folder = folder_of(listing["project"], listing["iteration"])
    return (
        f"{folder}/image-performance-"
        if listing["kind"] == "image-performance"
        else f"{folder}/images/{listing['kind']}-"
    )


def page_path(page: PageRef) -> str:
    """The payload file of one page."""
    return f"{listing_prefix(page)}{page['page']:05d}.jsonl"


def prediction_page_path(project: str, page: int) -> str:
    """The payload file of one page of stored predictions."""
    return f"data/projects/{project}/predictions/{page:05d}.jsonl"
