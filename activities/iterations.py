"""Iterations: their details and their performance."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import outcome
from activities.payload_files import remove_payload_file, write_document
from activities.payloads import IterationDetails, IterationPart, IterationRef
from activities.scope import scoped_project
from activities.snapshots import was_trained
from steward.accounts import account
from steward.archive.names import iteration_path, performance_path

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def export_iteration_details(ref: IterationRef) -> Mapping[str, Any]:
    """Write iteration.json where the scope gives the iteration itself."""
    iteration = account(ref["account"]).client.get_iteration(ref["project"], ref["iteration"])
    selected = scoped_project(ref, ref["project"]).selects_iteration(iteration)
    path = iteration_path(ref["project"], ref["iteration"])
    if selected:
        write_document(ref, path, {"iteration": iteration})
    else:
        # An earlier run that was killed may have left a gap there, when it could not tell.
        remove_payload_file(ref, path)
    # A failed or running training has no performance and no model to ask for; a snapshot it may have.
    return IterationDetails(
        trained=was_trained(iteration), completed=iteration["status"] == "Completed", selected=selected
    )


@bp.activity_trigger(input_name="part")
@outcome
def export_performance(part: IterationPart) -> Mapping[str, Any]:
    """Write performance.json, at the service's own thresholds."""
    performance = account(part["account"]).client.get_iteration_performance(
        part["project"], part["iteration"]
    )
    write_document(part, performance_path(part["project"], part["iteration"]), {"performance": performance})
    return {"tags": len(performance["perTagPerformance"])}
