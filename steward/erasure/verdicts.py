"""The figures and the two verdicts of a certificate. All of them come from what was found after the erase; there is
nothing else by which "complete" could be said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, TypedDict

from pydantic import Field

from steward.erasure.findings import (
    ENTITIES,
    Archives,
    Count,
    Entity,
    KeptArchives,
    Noticed,
    ReadBack,
    Remainder,
    Time,
)

type Kind = Entity | Literal["exported models"]


class FiguresContradict(ValueError):  # noqa: N818 - it names what is found
    """More was found than was planned, or explained than was found: one of the two was counted wrongly."""


class Figures(TypedDict):
    """planned = erased + left + refused + residue + stillThere + notAsked.

    `erased`: planned, and absent at the read back. `stillThere`: present, for no reason that is known. `notAsked`: the
    read back did not ask for them again, so nothing is said of them.
    """

    entity: Kind
    planned: Count
    erased: Count
    left: Count
    refused: Count
    residue: Count
    stillThere: Count
    notAsked: Count


class ServiceVerdict(TypedDict):
    verdict: Literal["complete", "incomplete"]
    reasons: Annotated[list[str], Field(min_length=1)]


class ArchivesVerdict(TypedDict):
    verdict: Literal["complete", "kept", "incomplete"]
    reasons: Annotated[list[str], Field(min_length=1)]


class Verdicts(TypedDict):
    """Each with its reasons, as sentences."""

    service: ServiceVerdict
    archives: ArchivesVerdict


def count_entities(planned: Mapping[Entity, int], read_back: ReadBack) -> list[Figures]:
    """A row for each kind of object, in the order of the work; raises FiguresContradict."""
    return [_figures(entity, planned.get(entity, 0), read_back) for entity in ENTITIES]


def _figures(entity: Entity, planned: int, read_back: ReadBack) -> Figures:
    asked = [row for row in read_back["asked"] if row["entity"] == entity]
    erased = sum(row["absent"] for row in asked)
    present = sum(row["present"] for row in asked)
    left, refused, residue = (
        sum(each["count"] for each in remainders if each["entity"] == entity)
        for remainders in (read_back["left"], read_back["refused"], read_back["residue"])
    )
    figures = Figures(
        entity=entity,
        planned=planned,
        erased=erased,
        left=left,
        refused=refused,
        residue=residue,
        stillThere=present - left - refused - residue,
        notAsked=planned - erased - present,
    )
    if figures["stillThere"] < 0:
        raise FiguresContradict(f"{entity}: {present} are present, but more are said to be left or refused")
    if figures["notAsked"] < 0:
        raise FiguresContradict(f"{entity}: {erased + present} were asked for again, {planned} were planned")
    return figures


def judge(
    planned: Mapping[Entity, int], read_back: ReadBack, archives: Archives, *, cancelled: bool = False
) -> Verdicts:
    """The verdicts on the service and on our archives; that it was cancelled can only take one away."""
    return Verdicts(
        service=_judge_service(count_entities(planned, read_back), read_back, cancelled=cancelled),
        archives=_judge_archives(archives),
    )


def is_complete(verdicts: Verdicts) -> bool:
    """Whether what was asked for has been done: archives that were to be kept are kept."""
    return verdicts["service"]["verdict"] == "complete" and verdicts["archives"]["verdict"] != "incomplete"


def counted(count: int, entity: Kind) -> str:
    return f"{count:,} {entity.removesuffix('s') if count == 1 else entity}"


def readable(time: Time) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _judge_service(figures: list[Figures], read_back: ReadBack, *, cancelled: bool) -> ServiceVerdict:
    against = [*_of_cancelling(cancelled=cancelled), *_of_planned(figures, read_back), *_of_others(read_back)]
    if against:
        return ServiceVerdict(verdict="incomplete", reasons=against)
    erased = sum(row["erased"] for row in figures)
    proof = f"All {erased:,} planned objects were asked for again and are absent."
    return ServiceVerdict(
        verdict="complete",
        reasons=[proof if erased else "Nothing was planned, and nothing that fits the scope was found."],
    )


def _of_cancelling(*, cancelled: bool) -> Iterator[str]:
    if cancelled:
        yield "The erase was cancelled: what had not gone by then was left."


def _of_planned(figures: Iterable[Figures], read_back: ReadBack) -> Iterator[str]:
    yield from _of_remainders("Left", read_back["left"])
    yield from _of_remainders("Refused by the service", read_back["refused"])
    yield from _of_remainders("Residue", read_back["residue"])
    for row in figures:
        planned = f"of {counted(row['planned'], row['entity'])} planned"
        if row["stillThere"]:
            yield f"Still there, for no reason that is known: {row['stillThere']:,} {planned}."
        if row["notAsked"]:
            yield f"Not asked for again, so nothing is proved of them: {row['notAsked']:,} {planned}."


def _of_remainders(what: str, remainders: Sequence[Remainder]) -> Iterator[str]:
    for each in remainders:
        if each["count"]:
            yield f"{what}: {_of_project(each)}: {each['code']}: {each['reason']}"


def _of_others(read_back: ReadBack) -> Iterator[str]:
    for noticed in read_back["newItems"]:
        if "why" in noticed:
            yield f"Come after the plan, so they stay: {_of_project(noticed)}: {noticed['why']}."
        else:
            yield f"Come after the plan though the scope gives them, so they stay: {_of_project(noticed)}."
    for noticed in read_back["goneBeside"]:
        yield f"Gone though no plan has them: {_of_project(noticed)}."
    for unsettled in read_back["unsettled"]:
        yield (
            f"The list of {unsettled['entity']} of project {unsettled['project']} proves nothing: "
            f"{unsettled['reason']}"
        )


def _of_project(what: Remainder | Noticed) -> str:
    return f"{counted(what['count'], what['entity'])} of project {what['project']}"


def _judge_archives(archives: Archives) -> ArchivesVerdict:
    if archives["choice"] == "keep":
        return _judge_kept_archives(archives)
    copies = archives["copies"]
    remaining = copies["asked"] - copies["absent"]
    if remaining < 0:
        raise FiguresContradict(
            f"archives: {copies['absent']} copies are absent, {copies['asked']} were asked for"
        )
    against = [f"Bag {bag['request']} was not redacted: {bag['reason']}" for bag in archives["unredacted"]]
    if remaining:
        against.append(f"{remaining:,} of {copies['asked']:,} deleted copies are still there.")
    against += _of_unknown_downloads(archives)
    recoverable: list[str] = []
    for each in archives["recoverable"]:
        if each["until"] is None:
            against.append(f"Deleted copies stay recoverable, with no end that is known: {each['why']}")
        else:
            recoverable.append(
                f"Deleted copies are recoverable until {readable(each['until'])}: {each['why']}"
            )
    if against:
        return ArchivesVerdict(verdict="incomplete", reasons=against + recoverable)
    bags = len(archives["bags"])
    proof = (
        f"All {copies['asked']:,} deleted copies were asked for again and are absent; "
        f"{bags:,} {'bag was' if bags == 1 else 'bags were'} redacted and verified since."
    )
    return ArchivesVerdict(verdict="complete", reasons=[proof, *recoverable])


def _judge_kept_archives(archives: KeptArchives) -> ArchivesVerdict:
    if not archives["reason"].strip():
        return ArchivesVerdict(
            verdict="incomplete", reasons=["The archives are kept, and no reason is given."]
        )
    until = f"until {readable(archives['until'])}" if archives["until"] else "with no end that is known"
    kept = f"The archives are kept, {until}: {archives['reason']}"
    return ArchivesVerdict(verdict="kept", reasons=[kept, *_of_unknown_downloads(archives)])


def _of_unknown_downloads(archives: Archives) -> Iterator[str]:
    for bag in archives["unknownDownloads"]:
        yield (
            f"Which copies of bag {bag} have left the archive is not known: its export's ledger cannot be "
            "believed."
        )
