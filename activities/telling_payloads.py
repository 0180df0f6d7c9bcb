"""What crosses the durable boundary when tickets and callbacks are told of a request's changes."""

from typing import Literal, NotRequired, TypedDict

from activities.payloads import RequestRef


class TellerRef(RequestRef):
    """`place`: as in the ledger, the system of the request's ticket, or its callback."""

    place: str


class Teller(TellerRef):
    """An orchestration's input; `failures` and `waited`, in seconds: for the change that could not be told yet."""

    failures: NotRequired[int]
    waited: NotRequired[float]


class Telling(TellerRef):
    """`last`: a change that cannot be told now is given up."""

    last: bool


type Outcome = Literal["told", "again", "waits", "over"]


class Told(TypedDict):
    """`told`: one change is on record as told, or as never to be; `again`: it may be taken later, and not before
    `retry_after` seconds; `waits`: all is told so far; `over`: nothing more will come."""

    outcome: Outcome
    retry_after: float


class Woken(TypedDict):
    started: bool
