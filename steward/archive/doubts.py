"""What speaks against a list, once all of its pages have been read again: something may be missing that no page names."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from steward.archive.documents import Gap
from steward.archive.listings import ListingRecord
from steward.archive.page_digests import NO_PAGES
from steward.archive.summaries import ListingSummary


@dataclass(slots=True)
class ReadList:
    """A list that is being read; its pages stand beside each other in the order of names. `seen`: ids on its lines."""

    stem: str
    summary: ListingSummary
    pages: int = 0
    digest: str = NO_PAGES
    seen: set[bytes] = field(default_factory=set[bytes])


def doubts(listing: ReadList, record: ListingRecord | None, noted: AbstractSet[bytes]) -> Iterator[Gap]:
    """`noted`: where selectors choose from the list, all ids that the service listed."""
    if gap := _not_sure_of(listing, record):
        yield gap
    repeated = listing.summary["duplicates"]
    if record and noted:
        # What stands twice may not be among the chosen ones, and what it hides may.
        repeated = max(repeated, record["listed"] - len(noted))
    if repeated:
        reason = f"the service gave {repeated} items twice, and perhaps others not at all: export again"
        yield Gap(code="ItemsRepeated", reason=reason)


def _not_sure_of(listing: ReadList, record: ListingRecord | None) -> Gap | None:
    """Why a list may lack something; None where it held still and stands as it was read."""
    if record is None:
        return Gap(code="ListNotEnded", reason="the list was not read to its end")
    if record["digest"] != listing.digest:
        reason = "a page was written again after the list had been read, with other items: export again"
        return Gap(code="PageOverwritten", reason=reason)
    if record["settled"]:
        return None
    here = f"{record['listed']} were listed; {listing.summary['exported']} are exported"
    if uncounted := record.get("uncounted"):
        return Gap(code="ListNotCounted", reason=f"{uncounted}; {here}")
    counted = "no count" if record["counted"] is None else str(record["counted"])
    reason = f"it did not hold still while it was read: the service counts {counted}, {here}"
    return Gap(code="ListMoved", reason=reason)
