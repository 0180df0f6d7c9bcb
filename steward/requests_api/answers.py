"""What callers are answered: the documents of requests, holds, lists and health. Those of mistakes are in problems.py."""

from typing import Annotated, Literal, NotRequired, TypedDict

from pydantic import ConfigDict, Field, with_config

from steward.archive.totals import EntityTotal
from steward.ledger.holds import CoveredObject
from steward.ledger.state import EndedState, OpenState
from steward.requests_api.documents import Purpose, RequestId, Sha256
from steward.requests_api.identity import Kind
from steward.retention.rules import Rule

_CLOSED = ConfigDict(extra="forbid")

type AnyPurpose = Purpose | Literal["retention"]
type Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
type Count = Annotated[int, Field(ge=0)]
type FileLink = Annotated[str, Field(pattern=r"^/api/requests/[^/]+/files/.+$")]


@with_config(_CLOSED)
class Caller(TypedDict):
    """`verified`: somebody vouches for the name; `id`: an identity provider's own word for the principal, where it gave one."""

    name: str | None
    verified: bool
    id: NotRequired[str]


@with_config(_CLOSED)
class TicketName(TypedDict):
    system: str
    key: str


@with_config(_CLOSED)
class Done(TypedDict):
    done: Count
    total: Count


@with_config(_CLOSED)
class Progress(TypedDict, total=False):
    """`projects` of the scope; `items` of the lists that have been counted so far."""

    projects: Done
    items: Done


@with_config(_CLOSED)
class DerivedIterations(TypedDict):
    """Iterations that were trained on planned images and that the scope does not name."""

    choice: Literal["keep", "erase"]
    count: Count


@with_config(_CLOSED)
class PlanSummary(TypedDict):
    """`request`: the one that made it; `hash`: SHA-256, which stands for every id in it; `counts`: by entity."""

    request: RequestId
    hash: Sha256
    expires: Time
    counts: dict[str, Count]
    archives: NotRequired[Literal["keep", "erase"]]
    derivedIterations: NotRequired[DerivedIterations]


@with_config(_CLOSED)
class FallbackExport(TypedDict):
    request: RequestId
    tagmanifest: Sha256
    sealed: Time


@with_config(_CLOSED)
class Fallback(TypedDict, total=False):
    """One of these: an export that covers the plan; a waiver; or the erasure reaches the archives, so that nothing is left."""

    export: FallbackExport
    waived: bool
    archives: bool


@with_config(_CLOSED)
class Decided(TypedDict):
    decision: Literal["approved", "rejected"]
    planHash: Sha256
    reason: NotRequired[str]
    by: Caller
    at: Time


@with_config(_CLOSED)
class Verdicts(TypedDict):
    service: Literal["complete", "incomplete"]
    archives: Literal["complete", "kept", "incomplete"]


@with_config(_CLOSED)
class CertificateSummary(TypedDict):
    """`certificate`: prefix of its blobs; `sha256` of certificate.json."""

    certificate: str
    sha256: Sha256
    verdicts: Verdicts


@with_config(_CLOSED)
class CertificateLinks(TypedDict, total=False):
    """`statement`: the signed one about the other two."""

    json: FileLink
    page: FileLink
    statement: FileLink


@with_config(_CLOSED)
class Links(TypedDict):
    """Files that are there. `bag`: by name, what a bag has beside its payload, whose files are under `…/files/bag/data/`."""

    ledger: FileLink
    plan: NotRequired[FileLink]
    bag: NotRequired[dict[str, FileLink]]
    certificate: NotRequired[CertificateLinks]


@with_config(_CLOSED)
class Expired(TypedDict):
    """A bag that is no more: by which rule it went, which request took it. `tagmanifest`: its SHA-256 until then; empty for
    what a failed export left."""

    rule: Rule
    retention: RequestId
    at: Time
    tagmanifest: str


@with_config(_CLOSED)
class KeptBag(TypedDict):
    bag: str
    reason: str


@with_config(_CLOSED)
class Retained(TypedDict):
    """How many bags went, and how many copies that no bag named; `kept`: bags that a rule names and something keeps;
    `notCollected`: why copies of some projects, which no bag names, stay, or could not be looked at."""

    bags: Count
    copies: Count
    kept: list[KeptBag]
    notCollected: list[str]


@with_config(_CLOSED)
class RequestDocument(TypedDict):
    """What was asked for, and how far it has come; what is not known is left out, as the purpose of a `ticket` that was refused."""

    id: RequestId
    kind: Kind
    account: str
    purpose: NotRequired[AnyPurpose]
    state: OpenState | EndedState
    accepted: Time
    ended: NotRequired[Time]
    behind: NotRequired[str]
    reason: NotRequired[str]
    bag: NotRequired[str]
    expired: NotRequired[Expired]
    retained: NotRequired[Retained]
    totals: NotRequired[dict[str, EntityTotal]]
    plan: NotRequired[PlanSummary]
    guard: NotRequired[Fallback]
    waitingUntil: NotRequired[Time]
    decision: NotRequired[Decided]
    certificate: NotRequired[CertificateSummary]
    phase: NotRequired[str]
    progress: NotRequired[Progress]
    links: NotRequired[Links]


@with_config(_CLOSED)
class RequestSummary(TypedDict):
    """One line of a list. Of one that is `unreadable` only `id` and `account` are known."""

    id: RequestId
    kind: NotRequired[Kind]
    account: str
    purpose: NotRequired[AnyPurpose]
    state: OpenState | EndedState | Literal["unreadable"]
    accepted: NotRequired[Time]
    updated: NotRequired[Time]
    ticket: NotRequired[TicketName]


@with_config(_CLOSED)
class RequestList(TypedDict):
    """The newest first. `continuation`: there are more; give it back with the same filters for the next page."""

    requests: list[RequestSummary]
    continuation: NotRequired[str]


@with_config(_CLOSED)
class Reasoned(TypedDict):
    reason: str
    by: Caller
    at: Time


@with_config(_CLOSED)
class HoldDocument(TypedDict):
    id: str
    account: str
    covers: Literal["account"] | CoveredObject
    set: Reasoned
    lifted: NotRequired[Reasoned]


@with_config(_CLOSED)
class HoldList(TypedDict):
    """In the order in which they were set, those that were lifted too."""

    holds: list[HoldDocument]


@with_config(_CLOSED)
class CheckResult(TypedDict):
    """`name`: settings, evidence key, task hub, or store or service with the account's name after it."""

    name: str
    ok: bool
    detail: str


@with_config(_CLOSED)
class HealthDocument(TypedDict):
    ok: bool
    checks: list[CheckResult]
