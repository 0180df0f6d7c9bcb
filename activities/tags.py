"""Image tags, of the workspace and of each iteration: a tag may be deleted and live on in a snapshot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import azure.durable_functions as df

from activities.outcome import outcome
from activities.payload_files import write_document
from activities.payloads import IterationPart, TagCounts
from activities.snapshots import unless_untrained
from steward.accounts import account
from steward.archive.names import tags_path
from steward.customvision.answers import Tag

bp = df.Blueprint()


@bp.activity_trigger(input_name="part")
@outcome
def export_tags(part: IterationPart) -> Mapping[str, Any]:
    """Write tags.json of the workspace (no iteration) or of an iteration."""
    client = account(part["account"]).client
    tags = unless_untrained(lambda: client.list_tags(part["project"], part["iteration"] or None), [])
    write_document(part, tags_path(part["project"], part["iteration"]), {"tags": tags})
    return TagCounts(counts=tag_counts(tags))


@bp.activity_trigger(input_name="part")
@outcome
def count_tags(part: IterationPart) -> Mapping[str, Any]:
    """How many images each tag has now, to see that no image got or lost one."""
    return TagCounts(counts=tag_counts(account(part["account"]).client.list_tags(part["project"])))


def tag_counts(tags: Sequence[Tag]) -> str:
    """How many images each tag has, as a digest: equal where the counts are."""
    found = sorted((tag["id"], tag.get("imageCount")) for tag in tags)
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()
