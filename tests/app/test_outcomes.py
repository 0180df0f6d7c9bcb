"""What an activity answers when the service says no, and what it leaves to the engine's retries."""

from collections.abc import Mapping
from typing import Any

import pytest

from activities.outcome import outcome
from steward.customvision.errors import BudgetUnavailable, CustomVisionError, NotFound, Throttled, Unreachable


@outcome
def activity(error: CustomVisionError) -> Mapping[str, Any]:
    raise error


@pytest.mark.parametrize("passing", [Unreachable("no answer"), BudgetUnavailable("the store answered 503")])
def test_what_may_pass_is_tried_again_by_the_engine(passing: CustomVisionError) -> None:
    """An outage of the store that shares out the calls passes as one of the service does."""
    with pytest.raises(type(passing)):
        activity(passing)


def test_what_is_permanent_and_what_is_asked_for_is_data() -> None:
    gone = NotFound("GetProject", 404, "NotFoundProject", "gone")
    assert activity(gone) == {
        "fault": {"code": "NotFoundProject", "reason": "GetProject: 404 NotFoundProject: gone"}
    }
    assert activity(Throttled("GetProject", 429, "", "", retry_after=40)) == {"wait": 40}
    assert activity(Throttled("GetProject", 429, "", "", retry_after=float("inf"))) == {"wait": 900}
