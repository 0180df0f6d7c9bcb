"""Snapshots of iterations that were never trained: the service may have one, or refuse to say."""

from collections.abc import Callable

from steward.customvision.errors import BadRequest


def unless_untrained[Found](ask: Callable[[], Found], nothing: Found) -> Found:
    """What the service answers; `nothing` where it says that there is no snapshot since the iteration is not trained."""
    try:
        return ask()
    except BadRequest as error:
        if error.code != "BadRequestIterationIsNotTrained":
            raise
        return nothing
