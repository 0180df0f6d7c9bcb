"""Asking for images by their ids, in the workspace or in a snapshot."""

from steward.accounts import Account
from steward.customvision.answers import Image
from steward.customvision.errors import NotFound


def images_in(home: Account, project: str, ids: list[str], place: str) -> list[Image]:
    """Those of at most 256 ids that are in the workspace or in a snapshot now."""
    try:
        return home.client.list_images_by_ids(project, ids, place or None)
    except NotFound as error:
        # Perhaps the service answers so where one of several is not there (the emulator does by option): look in halves.
        if error.code == "NotFoundImage" and len(ids) > 1:
            half = len(ids) // 2
            return [
                *images_in(home, project, ids[:half], place),
                *images_in(home, project, ids[half:], place),
            ]
        if error.code in {"NotFoundImage", "NotFoundIteration", "NotFoundProject"}:
            return []
        raise
