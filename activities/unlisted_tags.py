"""Tags that an image names and no list has: asked for one by one, so that no name behind an id is lost."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import fault_of, is_passing, outcome
from activities.payload_files import write_document
from activities.payloads import ProjectClosing, UnlistedTags
from steward.accounts import account
from steward.archive.documents import encode, gap
from steward.archive.names import BagNames, tags_path
from steward.archive.store import JSON
from steward.customvision.errors import CustomVisionError

bp = df.Blueprint()

type Tag = dict[str, Any]


def unlisted_blob(closing: ProjectClosing) -> str:
    """Where the ids stand between the two closings of a project."""
    return f"{BagNames(closing['account'], closing['request']).work}unlisted-tags/{closing['project']}.json"


def note_unlisted(closing: ProjectClosing, unlisted: Mapping[str, list[str]]) -> int:
    """Keep the ids, by iteration (empty: the workspace), for the activities below; how many there are."""
    account(closing["account"]).store.write(unlisted_blob(closing), encode(unlisted), media_type=JSON)
    return sum(len(ids) for ids in unlisted.values())


@bp.activity_trigger(input_name="closing")
@outcome
def export_unlisted_tags(closing: ProjectClosing) -> Mapping[str, Any]:
    """Add them to tags.json of the workspace or of the iteration whose images name them."""
    client, project = account(closing["account"]).client, closing["project"]

    def ask(tag: str, iteration: str) -> Tag:
        try:
            return {**client.get_tag(project, tag, iteration or None)}
        except CustomVisionError as error:
            if is_passing(error):
                raise
            return {"id": tag, **gap(**fault_of(error))}

    return {"tags": _add(closing, ask)}


@bp.activity_trigger(input_name="missing")
def record_unlisted_tags(missing: UnlistedTags) -> dict[str, int]:
    """Let those that could not be asked for stand in tags.json as an id and a gap."""
    return {"tags": _add(missing, lambda tag, _: {"id": tag, **gap(**missing["fault"])})}


def _add(closing: ProjectClosing, find: Callable[[str, str], Tag]) -> int:
    """Add what is not there yet; what was found before a fault came stays, and is not asked for again."""
    home, bag = account(closing["account"]), BagNames(closing["account"], closing["request"])
    unlisted: dict[str, list[str]] = json.loads(home.store.read(unlisted_blob(closing)))
    added = 0
    for iteration, ids in unlisted.items():
        path = tags_path(closing["project"], iteration)
        document: dict[str, list[Tag]] = json.loads(home.store.read(bag.blob(path)))
        if "tags" not in document:
            # A late twin has written that the list could not be had: a gap already.
            continue
        tags = document["tags"]
        known = {tag["id"] for tag in tags}
        found: list[Tag] = []
        try:
            found.extend(find(tag, iteration) for tag in ids if tag not in known)
        finally:
            if found:
                write_document(closing, path, {"tags": [*tags, *found]})
        added += len(found)
    return added
