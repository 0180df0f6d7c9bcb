"""Every orchestration of the app."""

from orchestrator import (
    erase_account,
    erase_batches,
    erase_project,
    export_account,
    export_iteration,
    export_project,
    inventory_project,
    read_back_project,
    read_listing,
    read_predictions,
    retain_account,
    tell_ticket,
    work_on_bags,
)

blueprints = (
    export_account.bp,
    export_project.bp,
    export_iteration.bp,
    erase_account.bp,
    erase_project.bp,
    erase_batches.bp,
    inventory_project.bp,
    read_back_project.bp,
    read_listing.bp,
    read_predictions.bp,
    retain_account.bp,
    tell_ticket.bp,
    work_on_bags.bp,
)
