"""What an activity answers when the service says no, and what it leaves to the engine's retries."""

from collections.abc import Mapping
from typing import Any

import pytest

from activities.outcome import MayPass, outcome
from orchestrator.calls import fault_of
from steward.customvision.errors import (
    BudgetUnavailable,
    CustomVisionError,
    NotFound,
    ServiceFault,
    Throttled,
    Unreachable,
)


@outcome
def activity(error: CustomVisionError) -> Mapping[str, Any]:
    raise error


@pytest.mark.parametrize("passing", [Unreachable("no answer"), BudgetUnavailable("the store answered 503")])
def test_what_may_pass_is_tried_again_by_the_engine(passing: CustomVisionError) -> None:
    """An outage of the store that shares out the calls passes as one of the service does."""
    with pytest.raises(MayPass, match=type(passing).__name__):
        activity(passing)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("Away", {"code": "Away", "reason": "GetTags: 503 Away: try later"}),
        ("503", {"code": "ServiceFault", "reason": "GetTags: 503: try later"}),
        ("", {"code": "ServiceFault", "reason": "GetTags: 503: try later"}),
    ],
)
@pytest.mark.parametrize("module", ["activities.outcome.", ""], ids=["with its module", "without"])
def test_what_has_not_passed_keeps_the_code_of_the_service(module: str, code: str, fault: object) -> None:
    """The engine keeps a type's name and one line; a bag's reader knows neither our modules nor our types."""
    with pytest.raises(MayPass) as raised:
        activity(ServiceFault("GetTags", 503, code, "try\nlater"))
    assert fault_of(Exception(f"{module}{type(raised.value).__name__}: {raised.value}")) == {"fault": fault}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("steward.archive.errors.BlobDamaged: a/b: no MD5", {"code": "BlobDamaged", "reason": "a/b: no MD5"}),
        ("OSError: [Errno 28] no space", {"code": "OSError", "reason": "[Errno 28] no space"}),
        ("The function 'x' doesn't exist", {"code": "failed", "reason": "The function 'x' doesn't exist"}),
    ],
)
def test_what_else_fails_goes_by_its_kind(text: str, fault: object) -> None:
    assert fault_of(Exception(text)) == {"fault": fault}


def test_what_is_permanent_and_what_is_asked_for_is_data() -> None:
    gone = NotFound("GetProject", 404, "NotFoundProject", "gone")
    assert activity(gone) == {
        "fault": {"code": "NotFoundProject", "reason": "GetProject: 404 NotFoundProject: gone"}
    }
    assert activity(Throttled("GetProject", 429, "", "", retry_after=40)) == {"wait": 40}
    assert activity(Throttled("GetProject", 429, "", "", retry_after=float("inf"))) == {"wait": 900}
