"""Iterations that were never trained: of their snapshot and their performance the service may have some, or refuse to say."""

from collections.abc import Callable

from steward.customvision.answers import Iteration
from steward.customvision.errors import BadRequest, NotFound

UNTRAINED = frozenset({"BadRequestIterationIsNotTrained", "NotFoundIterationPerformance"})
"""The service's codes that say that there is nothing, since the iteration is not trained."""


def was_trained(iteration: Iteration) -> bool:
    """`status` is an open word, and may be another one for an iteration that was trained once."""
    return iteration["status"] == "Completed" or bool(iteration.get("trainedAt"))


def in_training(iteration: Iteration) -> bool:
    """Whether it may be trained yet: of a `status` that nobody knows too. One that has failed stays as it is."""
    return not was_trained(iteration) and iteration["status"] != "Failed"


def unless_untrained[Found](ask: Callable[[], Found], nothing: Found) -> Found:
    """What the service answers; `nothing` where it says that there is none since the iteration is not trained."""
    try:
        return ask()
    except (BadRequest, NotFound) as error:
        if error.code not in UNTRAINED:
            raise
        return nothing
