"""What each selector of the request chose of a project: one that chose nothing is a gap, not a silence."""

import json
from collections.abc import Iterator
from typing import Any

import azure.durable_functions as df

from activities.payload_files import write_document
from activities.payloads import ProjectClosing
from activities.scope import scoped_project
from steward.accounts import account
from steward.archive.documents import gap
from steward.archive.listings import read_notes
from steward.archive.names import BagNames, project_folder, selection_path
from steward.requests_api.scope import ScopedProject
from steward.requests_api.tally import SelectorTally

bp = df.Blueprint()

_IMAGES = ("/images/tagged-", "/images/untagged-")


@bp.activity_trigger(input_name="closing")
def export_selection(closing: ProjectClosing) -> dict[str, int]:
    """Write selection.json, from what the bag has of the project; one that is given whole needs none.

    Selectors stand in it by their place in the request: their words may be a person's, and stay with the request.
    """
    scoped = scoped_project(closing, closing["project"])
    if scoped.whole:
        return {"selectors": 0}
    tally = SelectorTally(scoped)
    for document in _documents(closing, scoped):
        if image := document.get("image"):
            tally.take_image(image)
        elif iteration := document.get("iteration"):
            tally.take_iteration(iteration)
        elif prediction := document.get("prediction"):
            tally.take_prediction(prediction)
    selectors = [_selector(place, matched) for place, matched in tally.matched()]
    write_document(closing, selection_path(closing["project"]), {"selectors": selectors})
    return {"selectors": len(selectors)}


def _selector(place: str, matched: int) -> dict[str, Any]:
    found = {"selector": place, "matched": matched}
    return found if matched else {**found, **gap("NothingSelected", f"nothing that was read fits {place}")}


def _documents(closing: ProjectClosing, scoped: ScopedProject) -> Iterator[dict[str, Any]]:
    """Documents and lines of the payload that a selector may have chosen."""
    store, bag = account(closing["account"]).store, BagNames(closing["account"], closing["request"])
    folder = bag.blob(project_folder(closing["project"]))
    notes = read_notes(store, bag.work, closing["project"])
    for blob in store.list(folder):
        if notes.is_beyond(blob.name.removeprefix(bag.prefix)):
            # Closing removes it.
            continue
        path = "/" + blob.name.removeprefix(folder)
        images = scoped.gives_images and any(place in path for place in _IMAGES)
        predictions = scoped.gives_predictions and path.startswith("/predictions/")
        if images or predictions or path.endswith("/iteration.json"):
            yield from map(json.loads, store.read_lines(blob.name))
