"""Projects and their details."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import outcome
from activities.payload_files import write_document
from activities.payloads import ProjectDetails, ProjectRef
from activities.readings import work_of
from activities.scope import scoped_project
from steward.accounts import account
from steward.archive.listings import note_iterations
from steward.archive.names import iterations_path, project_path

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def export_project_details(ref: ProjectRef) -> Mapping[str, Any]:
    """Write project.json and iterations.json as far as the scope gives them; say what else is to be read."""
    client = account(ref["account"]).client
    scoped, options = scoped_project(ref, ref["project"]), ref["options"]
    write_document(ref, project_path(ref["project"]), {"project": client.get_project(ref["project"])})
    iterations = client.list_iterations(ref["project"]) if options["iterations"] else []
    if scoped.whole and options["iterations"]:
        write_document(ref, iterations_path(ref["project"]), {"iterations": iterations})
    # An image that the workspace has lost may still stand in a snapshot, so a selector of images reads them all.
    read = [each["id"] for each in iterations if scoped.gives_images or scoped.selects_iteration(each)]
    note_iterations(account(ref["account"]).store, work_of(ref, "export"), ref["project"], read)
    return ProjectDetails(
        whole=scoped.whole,
        with_images=scoped.gives_images,
        with_predictions=scoped.gives_predictions and options["predictions"],
        iterations=read,
    )
