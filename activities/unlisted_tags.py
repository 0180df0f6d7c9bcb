"""Tags that an image names and no list has: asked for one by one, so that no name behind an id is lost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from steward.accounts import Account
from steward.archive.documents import encode, gap
from steward.archive.names import BagNames, tags_path
from steward.archive.store import JSON
from steward.customvision.errors import CustomVisionError


def export_unlisted_tags(
    home: Account, bag: BagNames, project: str, unlisted: Mapping[str, Sequence[str]]
) -> None:
    """Add them to tags.json of the workspace (an empty iteration) or of the iterations whose images name them."""
    for iteration, ids in unlisted.items():
        blob = bag.blob(tags_path(project, iteration))
        document = json.loads(home.store.read(blob))
        known = {tag["id"] for tag in document["tags"]}
        found = [_tag(home, project, tag, iteration) for tag in ids if tag not in known]
        home.store.write(blob, encode({"tags": [*document["tags"], *found]}), media_type=JSON)


def _tag(home: Account, project: str, tag: str, iteration: str) -> dict[str, Any]:
    try:
        return {**home.client.get_tag(project, tag, iteration or None)}
    except CustomVisionError as error:
        if error.transient:
            raise
        return {"id": tag, **gap(type(error).__name__, str(error)[:300])}
