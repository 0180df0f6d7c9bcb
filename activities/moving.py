"""Moving pictures into the archive: a bounded number of threads for the whole process, each picture a result or a gap."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from activities.outcome import is_passing
from activities.payloads import Fault
from steward.accounts import Account
from steward.archive.pictures import InventoryCache, PictureConflict, StoredPicture, store_picture
from steward.customvision.errors import (
    BudgetUnavailable,
    CustomVisionError,
    PictureDamaged,
    PictureLinkExpired,
    Throttled,
)
from steward.settings import current_settings

# A new address is tried at once; a picture host that was away longer than the client's own retries, after a while.
PAUSES = (0.0, 20.0)

# Three listings a project: before and after its workspace was read, and of its predictions. 89 bytes a picture.
_INVENTORIES = InventoryCache(size=64)

type Moved = StoredPicture | Fault


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to have; width and height in pixels where the service names them."""

    id: str
    uri: str
    width: int | None = None
    height: int | None = None


@functools.cache
def picture_threads() -> ThreadPoolExecutor:
    """All threads of the process that speak to picture hosts."""
    return ThreadPoolExecutor(current_settings().picture_threads, thread_name_prefix="picture")


def move_pictures(
    account: Account,
    project: str,
    prefix: str,
    wanted: Sequence[Wanted],
    listing: str,
    fresh_uris: Callable[[list[str]], Mapping[str, str]],
    *,
    last: bool,
) -> list[Moved]:
    """Each picture where the archive has it, in the order asked for; what is stored already is not moved.

    Raises Throttled where the pictures' source asks for a pause, and BudgetUnavailable: whoever waits, and calls again, finds
    the others stored. `last`: nobody calls again, so these are gaps as well.

    `prefix`: where their blobs stand. `listing` names the listing of stored pictures to trust (made once a process for each name);
    `fresh_uris` reads new addresses for ids whose links have expired.
    """
    inventory = _INVENTORIES.get(account.store, prefix, listing)

    def move(picture: Wanted) -> StoredPicture | CustomVisionError | PictureConflict:
        if stored := inventory.get(picture.id):
            return stored
        try:
            found = account.pictures.fetch(picture.uri, project, width=picture.width, height=picture.height)
            stored = store_picture(account.store, prefix + picture.id, found)
        except (CustomVisionError, PictureConflict) as error:
            return error
        inventory.add(picture.id, stored)
        return stored

    results = list(picture_threads().map(move, wanted))
    for pause in PAUSES:
        again = [place for place, result in enumerate(results) if _worth_another_try(result, pause)]
        if not again:
            continue
        time.sleep(pause)
        expired = [wanted[place].id for place in again if isinstance(results[place], PictureLinkExpired)]
        uris: Mapping[str, str] = fresh_uris(expired) if expired else {}
        retried = [
            Wanted(each.id, uris.get(each.id, each.uri), each.width, each.height)
            for each in (wanted[place] for place in again)
        ]
        for place, result in zip(again, picture_threads().map(move, retried), strict=True):
            results[place] = result
    if not last:
        _raise_what_asks_to_wait(results)
    return [_as_gap(result) for result in results]


def _worth_another_try(result: object, pause: float) -> bool:
    """Other bytes than promised have been asked for several times by now: waiting changes a host, not a file."""
    if isinstance(result, PictureLinkExpired):
        return True
    if isinstance(result, PictureDamaged) or not isinstance(result, CustomVisionError):
        return False
    if isinstance(result, Throttled) and result.retry_after > pause:
        return False
    return pause > 0 and is_passing(result)


def _raise_what_asks_to_wait(results: Sequence[object]) -> None:
    """The longest pause that is asked for: threads would sleep through it, an orchestration's timer costs nothing."""
    if throttled := [each for each in results if isinstance(each, Throttled)]:
        raise max(throttled, key=lambda error: error.retry_after)
    for each in results:
        if isinstance(each, BudgetUnavailable):
            raise each


def _as_gap(result: StoredPicture | CustomVisionError | PictureConflict) -> Moved:
    if isinstance(result, StoredPicture):
        return result
    return Fault(code=type(result).__name__, reason=str(result)[:300])


def picture_or_gap(moved: Moved, path: Callable[[str], str], blob: str) -> dict[str, Any]:
    """The part of a line that says where the picture is, or why it is not; `path` makes it of the file's extension."""
    if isinstance(moved, StoredPicture):
        return {"picture": moved.pointer(path(moved.extension), blob)}
    return {"gap": moved}
