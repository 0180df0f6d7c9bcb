"""What says which items stand on the pages of a list: kept with the list's record when it is read, and compared when the
payload is added up, so that a page which somebody wrote again with other items is noticed.

Of the items' ids only, since two readings of one item may differ in what names it: an address, a picture that came at last.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

NO_PAGES = ""


def page_digest(ids: Iterable[str]) -> str:
    """Of one page: the ids of its items in their order."""
    digest = hashlib.sha256()
    for each in ids:
        digest.update(UUID(each).bytes)
    return digest.hexdigest()


# Of a page that could not be had: another one than an empty page has, which a late twin may write in its place.
UNREAD = "unread"


def with_page(pages: str, page: str) -> str:
    """Of all pages up to this one, made of the digest of those before it and its own."""
    return hashlib.sha256(f"{pages} {page}".encode()).hexdigest()
