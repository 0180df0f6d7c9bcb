"""What erasing a whole account must cost, computed from what it holds and from nothing else, as bench/formula.py does it.

It is that of an account whose batches of images have some of every snapshot, and none that only a snapshot has; deletes
are done when they are first looked at, and the export is waived.
"""

import math
from collections.abc import Sequence

from bench.formula import EVENT, PAGE, PREDICTION_PAGE, WORKSPACE_COUNTS, listing_calls, listing_requests
from bench.holdings import HeldProject

IMAGE_BATCH = 256
PREDICTION_BATCH = 64
TAG_BATCH = 20
ITERATION_BATCH = 5
# To choose the projects, and at the end to see which are there.
PROJECT_LISTS = 2
# Its details and its iterations.
DETAILS = 2
# A batch of images is read again in the workspace, and deleted; then it is looked for in each place.
READ_AND_DELETED = 2
# Before each batch of tags: whether any image has one, by their count and by their list.
LOOKED_FOR_CARRIERS = 2
# What may still be in a project: predictions, both lists and their counts, tags, iterations. Then it is deleted.
LOOKED_AND_DELETED = 8
# Of a project that is gone nothing more is asked.
READ_BACK = 1

# Whether a hold covers a batch, before it; of images once more, with the tags that they have when they are read again; of
# iterations, whether one on a tag stands. The guard asks for holds twice.
HOLDS = 1
HELD_NOW = 1
GUARD = 2
# An inventory: what is no list (written, read), how lists ended (three places); it is written, and its digest.
INVENTORY = 2 + 3 + 2
# The plan reads the digest.
PLAN = 1
# The comparison reads both inventories and the digest; findings and what is erased are written, these after a look at what
# other erases have left.
COMPARISON = 3 + 3
# Findings are read when the account's projects are listed, and again, with the digest, for the certificate.
CERTIFICATE = 1 + 2
# Results are listed before iterations are deleted, and to compare.
RESULT_READINGS = 2
# The projects, the plan, the turn, findings, the certificate, a look at whose bags there are, the emptied work area.
REQUEST = 25

# Of the ledger: before a batch it is read, whether somebody has cancelled; every tenth batch of a kind is an event.
CANCELLED = 1
PROGRESS_EVERY = 10
# accepted, started, six phases, plan, two of the guard, waiting, approved, running, certified, ended
EVENTS = 16
# It is made, with its details; the state is read between the phases.
LEDGER = 30


def api_calls(projects: Sequence[HeldProject]) -> int:
    """Calls of the Training API."""
    return PROJECT_LISTS + sum(_plan_calls(each) + _erase_calls(each) + READ_BACK for each in projects)


def storage_requests(projects: Sequence[HeldProject]) -> int:
    """Requests to the archive's storage, bar those of the ledger and of the shared budget of calls (at most one a call)."""
    return REQUEST + sum(_plan_requests(each) + _erase_requests(each) for each in projects)


def ledger_requests(projects: Sequence[HeldProject]) -> int:
    """Requests for the request's ledger and its details, where no two projects write at the same moment."""
    kinds = [batches for each in projects for batches in _kinds(each)]
    progress = sum(_batches(batches, PROGRESS_EVERY) for batches in kinds)
    return LEDGER + (EVENTS + progress) * EVENT + sum(kinds) * CANCELLED


def _plan_calls(project: HeldProject) -> int:
    """Tags of every place, models of what trained, every list; tags once more for the workspace's counts."""
    tags = 1 + len(project.iterations)
    models = sum(iteration.trained for iteration in project.iterations)
    images = listing_calls(project.images) + WORKSPACE_COUNTS
    snapshots = sum(listing_calls(iteration.images) for iteration in project.iterations)
    predictions = max(1, math.ceil(project.predictions / PREDICTION_PAGE))
    return DETAILS + tags + models + images + snapshots + predictions


def _erase_calls(project: HeldProject) -> int:
    looks = 1 + len(project.iterations)
    return (
        _predictions(project)
        + _published(project)
        + _images(project) * (READ_AND_DELETED + looks)
        + project.tags
        + _batches(project.tags, TAG_BATCH) * LOOKED_FOR_CARRIERS
        + len(project.iterations)
        + LOOKED_AND_DELETED
    )


def _plan_requests(project: HeldProject) -> int:
    lists = [*project.images, *(items for iteration in project.iterations for items in iteration.images)]
    return (
        sum(listing_requests(items, PAGE) for items in lists)
        + listing_requests(project.predictions, PREDICTION_PAGE)
        + _images(project)
        + _predictions(project)
        + INVENTORY
        + PLAN
    )


def _erase_requests(project: HeldProject) -> int:
    images = _images(project)
    return (
        sum(_kinds(project)) * HOLDS
        + GUARD
        + (images + _batches(len(project.iterations), ITERATION_BATCH)) * HELD_NOW
        # A batch's ids are read to delete it, and to compare.
        + (images + _predictions(project)) * 2
        # What became of a batch of images is written; then all of it is read.
        + images
        + RESULT_READINGS * (1 + images)
        + INVENTORY
        + COMPARISON
        + CERTIFICATE
    )


def _kinds(project: HeldProject) -> list[int]:
    """How many batches there are of each kind; the project itself is the last."""
    return [
        _predictions(project),
        _batches(_published(project), ITERATION_BATCH),
        _images(project),
        _batches(project.tags, TAG_BATCH),
        _batches(len(project.iterations), ITERATION_BATCH),
        1,
    ]


def _images(project: HeldProject) -> int:
    return _batches(sum(project.images), IMAGE_BATCH)


def _predictions(project: HeldProject) -> int:
    return _batches(project.predictions, PREDICTION_BATCH)


def _published(project: HeldProject) -> int:
    return sum(iteration.published for iteration in project.iterations)


def _batches(items: int, size: int) -> int:
    return math.ceil(items / size)
