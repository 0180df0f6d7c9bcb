"""Every orchestration of the app."""

from orchestrator import (
    export_account,
    export_iteration,
    export_project,
    read_listing,
    read_predictions,
)

blueprints = (
    export_account.bp,
    export_project.bp,
    export_iteration.bp,
    read_listing.bp,
    read_predictions.bp,
)
