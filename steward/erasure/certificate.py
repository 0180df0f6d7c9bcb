"""The certificate of an erase, as a document: what was asked, what was done, what was found after it."""

from typing import Any, Literal, NotRequired, TypedDict, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from steward.erasure.findings import Archives, Count, Entity, Identifier, ReadBack, RequestId, Sha256, Time
from steward.erasure.residue import Residue
from steward.erasure.verdicts import Figures, FiguresContradict, Verdicts, count_entities, is_complete, judge
from steward.requests_api.documents import Purpose

FORMAT = "https://custom-vision-steward.dev/erasure/v1"

METHOD = (
    "Each object was deleted by its id through the training API of Azure Custom Vision, children before their parents, "
    "and asked for again afterwards: in every list, and images, image tags and iterations by their ids too; stored "
    "predictions have only their list, and of a project that is gone nothing more is asked. That is logical deletion: the "
    "API gives the object no more. Sanitization of the media that held it is the provider's, Microsoft's, and was neither "
    "done nor observed here."
)
UNVERIFIED = "Persons were not verified: who asked, or who approved, is known only by the function key that the caller held."
DERIVED = {
    "keep": "Models that were trained on erased images stay in the iterations that were kept; what they learned of these "
    "images goes when the iterations are deleted.",
    "erase": "Iterations that were trained on erased images were planned for erasure with them.",
}
PREDICTIONS_NOT_SEARCHED = (
    "Stored predictions carry no metadata, so none was searched for a person; those that the scope names by time were "
    "planned. The service keeps a stored prediction for 30 days at most, unless it was used for training."
)


class ScopedPlaces(TypedDict):
    """A project in the scope; `selectors` are places in the request (JSON pointers), since their words may be a person's."""

    id: Identifier
    whole: bool
    selectors: list[str]


class ScopePlaces(TypedDict):
    form: Literal["account", "projects"]
    projects: list[ScopedPlaces]


class Person(TypedDict):
    """`verified`: an identity provider vouched for the name; with function keys alone nobody does."""

    name: str | None
    verified: bool


class Act(TypedDict):
    at: Time
    by: Person


class Software(TypedDict):
    name: str
    version: str


class Times(TypedDict):
    """`began`, `ended`: the first and the last deletion's activity."""

    began: Time
    ended: Time
    issued: Time


class Plan(TypedDict):
    """The plan that was carried out: the request that made it, and its SHA-256."""

    request: RequestId
    hash: Sha256
    made: Time


class ExportGuard(TypedDict):
    """A bag that verified and held every planned object."""

    kind: Literal["export"]
    request: RequestId
    tagmanifest: Sha256
    sealed: Time


class WaivedGuard(TypedDict):
    kind: Literal["waiver"]
    reason: str


class ArchivesGuard(TypedDict):
    """The erase reaches the archives too, so an export would have been erased with the rest."""

    kind: Literal["archives"]


class LedgerHead(TypedDict):
    """How far the request's ledger went before the event that names this certificate."""

    events: Count
    hash: Sha256


class KeptIteration(TypedDict):
    project: Identifier
    id: Identifier


class DerivedChoice(TypedDict):
    """Iterations that were trained on planned images and that the scope does not name."""

    choice: Literal["keep", "erase"]
    iterations: list[KeptIteration]


class Purge(TypedDict):
    """Pictures asked for at their old signed addresses right after their deletion: how many storage still served."""

    asked: Count
    served: Count
    notAsked: Count


class Inventory(TypedDict):
    blob: str
    sha256: Sha256


class Inventories(TypedDict):
    """Ids of all that each project had before the erase and after it; deleted some time after the request's end."""

    before: list[Inventory]
    after: list[Inventory]


class Facts(TypedDict):
    """What the request, its ledger, its plan and its steps say; none of it can make a certificate say "complete".

    `planned`: how many objects of each kind the plan has.
    """

    request: RequestId
    account: str
    purpose: Purpose
    scope: ScopePlaces
    asked: Act
    approved: Act
    cancelled: NotRequired[Act]
    software: Software
    times: Times
    plan: Plan
    planned: dict[Entity, Count]
    guard: ExportGuard | WaivedGuard | ArchivesGuard
    ledger: LedgerHead
    derivedIterations: DerivedChoice
    residue: list[Residue]
    purge: Purge
    inventories: Inventories


class Notes(TypedDict):
    """What has to be said beside the figures, as sentences."""

    method: str
    persons: NotRequired[str]
    derivedIterations: NotRequired[str]
    notSearched: NotRequired[str]


class Conclusion(TypedDict):
    """What follows from the findings: whoever reads a certificate can derive it again."""

    state: Literal["complete", "incomplete"]
    verdicts: Verdicts
    counts: list[Figures]


@with_config(ConfigDict(extra="forbid", strict=True))
class Certificate(Facts, Conclusion):
    """The certificate of an erase."""

    format: Literal["https://custom-vision-steward.dev/erasure/v1"]
    readBack: ReadBack
    archives: Archives
    notes: Notes


class CertificateMalformed(ValueError):  # noqa: N818 - it names what is found
    """It is no certificate of this format, or what it says does not follow from what was found."""


DOCUMENT: TypeAdapter[Certificate] = TypeAdapter(Certificate)


def issue(facts: Facts, read_back: ReadBack, archives: Archives) -> Certificate:
    """The certificate of an erase. Raises FiguresContradict where the findings cannot be of this plan."""
    certificate = Certificate(
        **facts,
        **_conclude(facts, read_back, archives),
        format=FORMAT,
        readBack=read_back,
        archives=archives,
        notes=_notes(facts),
    )
    return cast("Certificate", _readable(certificate))


def read_certificate(data: bytes) -> Certificate:
    """A certificate as it was written; raises CertificateMalformed, which repeats nothing of it."""
    try:
        found = DOCUMENT.validate_json(data)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"])) for each in error.errors(include_input=False)}
        raise CertificateMalformed(f"is no certificate: {', '.join(sorted(places)[:5])}") from None
    try:
        conclusion = _conclude(found, found["readBack"], found["archives"])
    except FiguresContradict as error:
        raise CertificateMalformed(f"its figures contradict each other: {error}") from None
    for verdict in ("service", "archives"):
        # How the reasons are worded is the version's that wrote them.
        if found["verdicts"][verdict]["verdict"] != conclusion["verdicts"][verdict]["verdict"]:
            raise CertificateMalformed(f"its verdict on the {verdict} does not follow from what was found")
    if (found["state"], found["counts"]) != (conclusion["state"], conclusion["counts"]):
        raise CertificateMalformed("its state or counts do not follow from what was found")
    return found


def _readable(value: Any) -> Any:
    """The same with whole characters: half of a surrogate pair, which a service's words may have, is no JSON to many."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_readable(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _readable(each) for name, each in cast("dict[str, Any]", value).items()}
    return value


def _conclude(facts: Facts, read_back: ReadBack, archives: Archives) -> Conclusion:
    verdicts = judge(facts["planned"], read_back, archives, cancelled="cancelled" in facts)
    return Conclusion(
        state="complete" if is_complete(verdicts) else "incomplete",
        verdicts=verdicts,
        counts=[*count_entities(facts["planned"], read_back), _count_models(facts["residue"])],
    )


def _count_models(residue: list[Residue]) -> Figures:
    """No call deletes an exported model, so each is residue."""
    models = sum(each.get("count", 0) for each in residue if each["kind"] == "exported models")
    return Figures(
        entity="exported models",
        planned=models,
        erased=0,
        left=0,
        refused=0,
        residue=models,
        stillThere=0,
        notAsked=0,
    )


def _notes(facts: Facts) -> Notes:
    notes = Notes(method=METHOD)
    if not (facts["asked"]["by"]["verified"] and facts["approved"]["by"]["verified"]):
        notes["persons"] = UNVERIFIED
    if facts["derivedIterations"]["iterations"]:
        notes["derivedIterations"] = DERIVED[facts["derivedIterations"]["choice"]]
    if facts["purpose"] == "data-subject" and not all(each["whole"] for each in facts["scope"]["projects"]):
        notes["notSearched"] = PREDICTIONS_NOT_SEARCHED
    return notes
