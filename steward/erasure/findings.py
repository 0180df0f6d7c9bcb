"""What is found once an erase has been done: by the read back of the service, and by that of the archives.

Nothing here says that something is complete: that is derived from these figures, in `verdicts`.
"""

from datetime import datetime
from typing import Annotated, Literal, NotRequired, TypedDict, get_args

from pydantic import AfterValidator, Field

type Entity = Literal[
    "stored predictions", "published iterations", "images", "image tags", "iterations", "projects"
]
"""What can be erased, in the order of the work; of a published iteration it is the publication that goes."""

ENTITIES: tuple[Entity, ...] = get_args(Entity.__value__)


def _time(written: str) -> str:
    # Raises ValueError for a day or an hour that no calendar has.
    datetime.fromisoformat(written)
    return written


type Count = Annotated[int, Field(ge=0)]
type Identifier = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
type RequestId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
type Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
type Time = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"),
    AfterValidator(_time),
]


class AskedAgain(TypedDict):
    """Planned objects of one kind in one project that were asked for again: how many are absent, how many present."""

    entity: Entity
    project: Identifier
    absent: Count
    present: Count


class Remainder(TypedDict):
    """Planned objects that are present at the read back, and why; `code` is the service's own where it gave one."""

    entity: Entity
    project: Identifier
    code: str
    reason: str
    count: Count


class PlannedResidue(Remainder):
    """Planned objects that no call of ours can remove; `remover`: whose hand does, `until`: when they end by themselves."""

    remover: str
    until: NotRequired[str]


class Noticed(TypedDict):
    """Objects that no plan has: come since, or gone beside it. `why`: what they have to do with an erase whose scope does
    not give them."""

    entity: Entity
    project: Identifier
    count: Annotated[int, Field(ge=1)]
    why: NotRequired[str]


class Unsettled(TypedDict):
    """A list that did not hold still while it was read, or could not be read."""

    entity: Entity
    project: Identifier
    reason: str


class Findings(TypedDict):
    """What a read back finds. Each planned id counts once, as absent or as present.

    `left` was not tried, or not any more; `refused` the service would not delete; `residue` it cannot. All three count
    objects that are present. `newItems` came after the plan, and fit the scope or have what it erases; `goneBeside` are gone
    though unplanned.
    """

    asked: list[AskedAgain]
    left: list[Remainder]
    refused: list[Remainder]
    residue: list[PlannedResidue]
    newItems: list[Noticed]
    goneBeside: list[Noticed]
    unsettled: list[Unsettled]


class ReadBack(Findings):
    """The service as it was found after the erase."""

    at: Time


class RedactedBag(TypedDict):
    """A bag that lost what the erase took from it: SHA-256 of its tagmanifest before and after."""

    request: RequestId
    old: Sha256
    new: Sha256


class UnredactedBag(TypedDict):
    """A bag that still holds what it should have lost, or does not verify since."""

    request: RequestId
    reason: str


class Copies(TypedDict):
    """Blobs that were deleted and asked for again."""

    asked: Count
    absent: Count


class Recoverable(TypedDict):
    """How the store could bring deleted copies back, and until when; None where it names no end."""

    why: str
    until: Time | None


class Download(TypedDict):
    """A copy of a bag that has left the archive."""

    request: RequestId
    at: Time
    tagmanifest: Sha256


class ErasedArchives(TypedDict):
    """Our own archives as they were found after the redaction. `unknownDownloads`: bags whose ledgers cannot be believed,
    so that nobody knows which copies of them have left the archive."""

    choice: Literal["erase"]
    at: Time
    bags: list[RedactedBag]
    unredacted: list[UnredactedBag]
    copies: Copies
    recoverable: list[Recoverable]
    downloads: list[Download]
    unknownDownloads: list[RequestId]


class KeptArchives(TypedDict):
    """Our own archives stay: why, and until when; None where no date is known, and the reason says what retention deletes. The
    rest as above."""

    choice: Literal["keep"]
    reason: str
    until: Time | None
    downloads: list[Download]
    unknownDownloads: list[RequestId]


type Archives = ErasedArchives | KeptArchives
