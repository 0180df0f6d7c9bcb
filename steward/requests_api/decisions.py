"""What a person may say of an erasure that waits for one."""

from typing import Annotated

from pydantic import StringConstraints

from steward.requests_api.contract import parse_document
from steward.requests_api.documents import StrictDocument, Text

type PlanHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Approval(StrictDocument):
    """`planHash`: `plan.hash` of the request document: what is approved is that plan and no other."""

    plan_hash: PlanHash


class Rejection(StrictDocument):
    """As `Approval`; the reason stands in the ledger."""

    plan_hash: PlanHash
    reason: Text | None = None


class Cancellation(StrictDocument):
    """Nothing is to be said."""


def parse_decision[Decision: (Approval, Rejection, Cancellation)](
    model: type[Decision], body: bytes
) -> Decision:
    """Raises InvalidRequest, which names the field."""
    return parse_document(model, body)
