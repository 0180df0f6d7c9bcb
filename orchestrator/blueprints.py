"""Every orchestration of the app."""

from orchestrator import export_account, export_iteration, export_listing, export_predictions, export_project

blueprints = (
    export_account.bp,
    export_project.bp,
    export_iteration.bp,
    export_listing.bp,
    export_predictions.bp,
)
