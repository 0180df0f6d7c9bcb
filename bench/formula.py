"""What an export of a quiet account must cost, computed from what the account holds and from nothing else.

One line a reason: where a change of the app makes a figure miss its formula, the line to think about is here.
"""

import math
from collections.abc import Sequence

from bench.holdings import HeldIteration, HeldProject

# A page has 255 items; one more is looked at, to see that pages join (orchestrator/read_listing.py).
PAGE = 255
PREDICTION_PAGE = 256
# Listed once to answer a mistake in seconds, once more when the account's turn is held.
PROJECT_LISTS = 2
ACCOUNT_INFORMATION = 1
# Before and after the pages, to see that the list held still.
COUNTS = 2
# An image that is tagged leaves one list for the other: both are counted again, and the images of each tag
# (orchestrator/read_workspace.py).
WORKSPACE_COUNTS = 3

# The ledger: read, append, index.
EVENT = 3
# A file of the payload: written, and read once more when the project is closed.
FILE = 2
# Files whose reading costs a request more when they are empty: the storage library begins with a range.
EMPTY = 1
# How a list ended: the record is written, and read when the project is closed.
RECORD = 2
# Which iterations are read: written, and read when the project is closed.
ITERATIONS = 2
FRAGMENTS = ("files", "gaps", "models", "pictures", "predictions", "summaries")
# accepted, started, running, sealed, ended
EVENTS = 5
# Its ledger and details, the turn, the plan, account.json, seven tag files, their proof, the signed statement; at its end
# what a late twin left in the work area is looked for.
REQUEST = 51
# Stored models of an iteration that trained are listed before its own are asked for.
MODELS = 1


def api_calls(projects: Sequence[HeldProject]) -> int:
    """Calls of the Training API."""
    return ACCOUNT_INFORMATION + PROJECT_LISTS + sum(_project_calls(project) for project in projects)


def storage_requests(projects: Sequence[HeldProject], pictures: int) -> int:
    """Requests to the archive's storage, bar those of the shared budget of calls (at most one a call)."""
    return pictures + REQUEST + EVENTS * EVENT + sum(_project_requests(project) for project in projects)


def _project_calls(project: HeldProject) -> int:
    """Its details, its iterations, its tags; images; iterations; predictions, whose pages lead to each other."""
    predictions = _pages(project.predictions, PREDICTION_PAGE)
    images = listing_calls(project.images) + WORKSPACE_COUNTS
    return 3 + images + predictions + sum(map(_iteration_calls, project.iterations))


def _iteration_calls(iteration: HeldIteration) -> int:
    """Its details, its tags, its snapshot; where it trained, its performance and exports, and each image's."""
    trained = 2 + listing_calls([iteration.performances]) if iteration.trained else 0
    return 2 + listing_calls(iteration.images) + trained


def listing_calls(listings: Sequence[int]) -> int:
    """Of lists of so many items."""
    return sum(COUNTS + _pages(items, PAGE) for items in listings)


def _project_requests(project: HeldProject) -> int:
    models = sum(iteration.models for iteration in project.iterations)
    shared = (models, sum(project.images), project.predictions)
    return (
        3 * FILE
        + sum(listing_requests(items, PAGE) for items in project.images)
        + sum(_iteration_requests(iteration) for iteration in project.iterations)
        + listing_requests(project.predictions, PREDICTION_PAGE)
        # Listings of what is stored: before the workspace, before the snapshots, before predictions.
        + (3 if project.iterations else 2)
        # Closing: the records, what selectors chose from, what was erased before, and the files are listed; each fragment
        # is written, and read when the bag is sealed.
        + 4
        + ITERATIONS
        + len(FRAGMENTS) * FILE
        + EMPTY
        + sum(EMPTY for files in shared if not files)
        + EVENT
        # Verifying: what is stored is listed again.
        + sum(1 for files in shared if files)
    )


def _iteration_requests(iteration: HeldIteration) -> int:
    performances = listing_requests(iteration.performances, PAGE)
    trained = 2 * FILE + performances + MODELS if iteration.trained else 0
    snapshot = sum(listing_requests(items, PAGE) for items in iteration.images)
    return 2 * FILE + snapshot + trained + iteration.models


def listing_requests(items: int, page: int) -> int:
    """Of a list of so many items: its pages, and how it ended."""
    return RECORD + _pages(items, page) * FILE + (0 if items else EMPTY)


def _pages(items: int, page: int) -> int:
    return max(1, math.ceil(items / page))
