"""Image tags, of the workspace and of each iteration: a tag may be deleted and live on in a snapshot."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import outcome
from activities.payload_files import write_document
from activities.payloads import IterationPart
from activities.snapshots import unless_untrained
from steward.accounts import account
from steward.archive.names import tags_path

bp = df.Blueprint()


@bp.activity_trigger(input_name="part")
@outcome
def export_tags(part: IterationPart) -> Mapping[str, Any]:
    """Write tags.json of the workspace (no iteration) or of an iteration."""
    client = account(part["account"]).client
    tags = unless_untrained(lambda: client.list_tags(part["project"], part["iteration"] or None), [])
    write_document(part, tags_path(part["project"], part["iteration"]), {"tags": tags})
    return {"tags": len(tags)}
