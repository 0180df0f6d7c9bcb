"""What a person may say of an erasure that waits for one."""

from steward.requests_api.documents import Sha256, StrictDocument, Text


class Approval(StrictDocument):
    """`planHash`: `plan.hash` of the request document: what is approved is that plan and no other."""

    plan_hash: Sha256


class Rejection(StrictDocument):
    """As `Approval`; the reason stands in the ledger."""

    plan_hash: Sha256
    reason: Text | None = None


class Cancellation(StrictDocument):
    """Nothing is to be said."""
