"""What crosses the durable boundary for an erasure; the rules are those of `payloads`."""

from typing import NotRequired, TypedDict

from activities.payloads import Fault, Outcome, Reading, RequestRef


class InventoryRef(RequestRef):
    """A project whose inventory is taken, for the plan of an erasure or for its read back."""

    reading: Reading
    project: str


class InventoryParts(Outcome):
    """What there is to list; `gone`: the service has no such project; `places`: of images, the workspace as ""; `tags`: how
    many images each tag of the workspace has (`TagCounts`)."""

    gone: NotRequired[bool]
    places: NotRequired[list[str]]
    predictions: NotRequired[bool]
    tags: NotRequired[str]


class InventoryResult(TypedDict):
    """How an inventory ended; with `fault` there is none to rely on."""

    gone: NotRequired[bool]
    fault: NotRequired[Fault]


class ErasurePlan(Outcome):
    """`projects`: how many are to be inventoried; `recorded`: the plan stands already, this or an earlier run's, or the
    dry run's that is taken up; `dry`: nothing follows the plan; `empty`: it names nothing."""

    projects: NotRequired[int]
    recorded: NotRequired[bool]
    dry: NotRequired[bool]
    empty: NotRequired[bool]
    refusal: NotRequired[str]


class GuardCheck(RequestRef):
    """`last`: after the approval, when the turn is held; then a bag's age does not matter any more."""

    last: bool


class Guarded(TypedDict):
    """`refusal`: why nothing may be erased; empty where it may."""

    refusal: str


class Phase(RequestRef):
    phase: str


class CertificateRef(RequestRef):
    """`ended`, `read_back`: when this run had erased and had read back; the ledger has what runs before a restart did."""

    ended: str
    read_back: str


class ApprovalAsked(TypedDict):
    """Until when a request waits for an approval; `untold`: somebody is to be told of it."""

    until: str
    untold: bool


class Decision(TypedDict):
    """`decision`: approved, rejected, cancelled, expired; empty while nobody has decided; `seconds`: until it expires."""

    decision: str
    reason: str
    seconds: float


class PlannedWork(TypedDict):
    """How many batches there are of each kind in a project's part of the plan; `whole`: the project itself goes too;
    `patience`: seconds to wait for deletes that the service has accepted."""

    predictions: int
    unpublish: int
    images: int
    tags: int
    iterations: int
    whole: bool
    patience: float


class ErasureRef(RequestRef):
    """A project of the plan."""

    project: str


class Batch(ErasureRef):
    """A batch of the plan, by its kind and number."""

    kind: str
    number: int


class Batches(ErasureRef):
    """Batches of one kind: `count` of them from `first` on, each for `activity`; `patience` as in `PlannedWork`."""

    activity: str
    kind: str
    first: int
    count: int
    patience: float


class PendingBatches(ErasureRef):
    """Batches of images, by their numbers, that the service has accepted to delete."""

    numbers: list[int]


class StillPending(Outcome):
    """Those of which it still shows something."""

    numbers: NotRequired[list[int]]


class BatchFault(Batch):
    """Why a batch could not be worked on to its end."""

    fault: Fault


class BatchResult(Outcome):
    """`stays`: how many of the batch are known to stay; `pending`: how many the service has accepted to delete and still
    shows."""

    stays: NotRequired[int]
    pending: NotRequired[int]


class Asked(Outcome):
    """`present`: how many of a batch the service still has."""

    present: NotRequired[int]


class Comparison(ErasureRef):
    """`listed`: an inventory was taken after the erase; `fault`: why not all could be asked for again, and `entity` of what."""

    listed: bool
    fault: NotRequired[Fault]
    entity: NotRequired[str]


class ArchivesRef(RequestRef):
    """`run`: of the archives phase; what is found and decided in it stands under this word."""

    run: str


class Bags(TypedDict):
    """Requests whose bags have a project of the scope: `count` of them, on record; `leaving`: whether copies are to leave."""

    count: int
    leaving: bool


class BagPart(ArchivesRef):
    """One of these bags, by its place on record."""

    number: int


class BagsPart(ArchivesRef):
    """Bags for `activity`: `count` of them from place `first` on, so many `at_once`."""

    activity: str
    first: int
    count: int
    at_once: int
