"""What crosses the durable boundary: one JSON object in, one out, at most 16 KB; lists travel as blob names and counts.

No personal value stands here: histories outlive requests, so scopes and names are read from the request's details.
"""

from typing import Literal, NotRequired, TypedDict

from steward.archive.names import ListingKind

# The service's own maximum is 256 a page [Training v3.3, GetTaggedImages]; one of them is the look-ahead.
PAGE = 255


type Reading = Literal["export", "plan", "read-back"]
"""What lists are read for: an export's bag, the plan of an erasure, or its read back."""


class RequestRef(TypedDict):
    """Which request, of which account."""

    request: str
    account: str


class WaitingRequest(RequestRef):
    """An orchestration's input; `waits` counts how often it has asked for the account's turn, or for a decision; `fresh`:
    it has begun anew when its turn had come, so that the history of its waits is not in its way."""

    waits: NotRequired[int]
    fresh: NotRequired[bool]


class Outcome(TypedDict):
    """What every activity that calls the service may answer instead of its result.

    `wait`: the service asked for a pause of so many seconds; `fault`: a permanent outcome, for a person to read.
    """

    wait: NotRequired[float]
    fault: NotRequired["Fault"]


class Fault(TypedDict):
    code: str
    reason: str


class ExportPlan(Outcome):
    """`projects`: how many the scope chose; `refusal`: why there is nothing to export, empty when there is;
    `sealed`: an earlier run of this request has sealed the bag, and nothing may be written into it any more."""

    projects: NotRequired[int]
    options: NotRequired["Options"]
    refusal: NotRequired[str]
    sealed: NotRequired[bool]


class Options(TypedDict):
    iterations: bool
    predictions: bool
    models: bool
    image_performance: bool


class Turn(TypedDict):
    """`behind`: the request that has the account's turn, empty when it is ours; `over`: this request has ended itself."""

    held: bool
    behind: str
    over: bool


class AccountInformation(RequestRef):
    """`last`: nobody asks again, so what fails now is written down as not available."""

    last: bool


class PlanPart(RequestRef):
    """Some of the plan's projects: `count` of them from place `first` on."""

    first: int
    count: int


class PlannedProjects(TypedDict):
    projects: list[str]


class ProjectRef(RequestRef):
    """`project`: the service's id."""

    project: str
    options: Options


class ProjectDetails(Outcome):
    """What the orchestration needs to go on; `iterations`: ids (the service allows 20 a project)."""

    whole: NotRequired[bool]
    with_images: NotRequired[bool]
    with_predictions: NotRequired[bool]
    iterations: NotRequired[list[str]]


class IterationRef(RequestRef):
    project: str
    iteration: str
    options: Options


class IterationDetails(Outcome):
    """`trained`: it may have a performance and exports; `completed`: it has a performance, or that is a gap;
    `selected`: the scope gives the iteration itself."""

    trained: NotRequired[bool]
    completed: NotRequired[bool]
    selected: NotRequired[bool]


class IterationPart(RequestRef):
    project: str
    iteration: str


class Listing(RequestRef):
    """A list of the service that is read in pages; `iteration` is empty for the workspace.

    `whole`: the scope gives every item of it; otherwise its selectors choose item by item.
    """

    reading: Reading
    project: str
    iteration: str
    kind: ListingKind
    whole: bool


class ListingProgress(Listing):
    """The state of a listing's orchestration, carried from one run of it to the next.

    `attempt`: readings so far; `before`: the service's count, -1 until asked; `first`: the next page;
    `seam`: the id which that page must begin with; `listed`: items seen; `pages`: the digest of the pages so far;
    `last`, `last_first`, `last_pages`: items on the last page, its first id, and the digest of the pages before it;
    `faults`: pages that could not be read, `fault`: why the last of them; `torn`: two pages, or two answers of one page, did not join.
    """

    attempt: int
    before: int
    first: int
    seam: str
    listed: int
    pages: str
    last: int
    last_first: str
    last_pages: str
    faults: int
    fault: Fault
    torn: bool


class Count(Outcome):
    count: NotRequired[int]


class TagCounts(Outcome):
    """`counts`: a digest of how many images each tag of the workspace has."""

    counts: NotRequired[str]


class PageRef(Listing):
    """`last`: nobody asks again, so what the service still asks to wait for is a gap."""

    page: int
    last: NotRequired[bool]


class PageResult(Outcome):
    """`listed`: items of the service on this page; `first`, `next`: ids at its two ends, to see that pages join;
    `torn`: the list moved between two answers of the page; `digest`: of the items that were written."""

    listed: NotRequired[int]
    first: NotRequired[str]
    next: NotRequired[str]
    torn: NotRequired[bool]
    digest: NotRequired[str]


class ListingResult(Listing):
    """How a listing ended: pages on record, what the service counted at the end (-1: nothing, and `uncounted` says why),
    whether it held still.

    `fault`: why a page could not be read, where no bag names it as a gap.
    """

    recorded: str
    pages: int
    digest: str
    count: int
    listed: int
    settled: bool
    uncounted: NotRequired[str]
    fault: NotRequired[Fault]


class PredictionPageRef(RequestRef):
    """`token`: the service's own query token, to be sent back as it is; empty for the first page.

    `listed`, `digest`: of the pages before; `last`: as in `PageRef`.
    """

    reading: Reading
    project: str
    page: int
    listed: int
    digest: str
    token: dict[str, object]
    last: NotRequired[bool]


class PredictionPageResult(Outcome):
    """An empty token: that was the last page."""

    listed: NotRequired[int]
    digest: NotRequired[str]
    token: NotRequired[dict[str, object]]


class PredictionsResult(RequestRef):
    """As `ListingResult`."""

    reading: Reading
    project: str
    recorded: str
    pages: int
    digest: str
    listed: int
    fault: NotRequired[Fault]


class Gap(RequestRef):
    """A payload file that could not be had; `path` is its place in the bag."""

    path: str
    fault: Fault


class ProjectClosing(RequestRef):
    project: str


class ClosedProject(TypedDict):
    """`unlisted`: how many tags images name that no list has; with any of them the project is to be closed once more."""

    gaps: int
    unlisted: int


class UnlistedTags(ProjectClosing):
    """Why those that are in no list yet cannot be had."""

    fault: Fault


class Sealed(TypedDict):
    """`gaps`: how many things the bag names as not had."""

    gaps: int


class Verified(TypedDict):
    problems: int
    first: str


class Ending(RequestRef):
    """The last word on a request; `state` is one of the ledger's ended states."""

    state: str
    reason: str


class Ended(TypedDict):
    """How a request ended; `untold`: somebody is to be told of it."""

    state: str
    untold: bool
