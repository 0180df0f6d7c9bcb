"""What crosses the durable boundary for retention; the rules are those of `payloads`."""

from typing import TypedDict

from activities.payloads import RequestRef


class Expiring(TypedDict):
    """How many bags are to go."""

    count: int


class CopiesRef(RequestRef):
    """`after`: the last project of the round before; empty for the first."""

    after: str


class Collected(TypedDict):
    """`last`: as `CopiesRef.after` for the next round; empty where this was the last."""

    last: str


class Retained(TypedDict):
    """The request's end."""

    state: str
    reason: str
