"""The rules by which bags go. A bag goes only where a rule that is on says so, and each rule says it by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from steward.ledger.state import State
from steward.settings import Settings

type Rule = Literal["data-subject", "days", "runs"]

DATA_SUBJECT = "data-subject"


@dataclass(frozen=True, slots=True)
class Rules:
    """Days after the end of a bag's request, and how many of an account's newest bags are kept; 0: the rule is off.

    `data_subject_days` is always on.
    """

    days: float
    runs: int
    data_subject_days: float

    @classmethod
    def of_settings(cls, settings: Settings) -> "Rules":
        return cls(settings.retention_days, settings.retention_runs, settings.data_subject_days)

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Rules":
        """From what `to_document` made."""
        return cls(document["days"], document["runs"], document["dataSubjectDays"])

    def to_document(self) -> dict[str, Any]:
        return {"days": self.days, "runs": self.runs, "dataSubjectDays": self.data_subject_days}

    def in_words(self) -> str:
        """What becomes of bags, as the end of a sentence."""
        limits = [f"{self.days:g} days old"] if self.days else []
        limits += [f"beyond the newest {self.runs}"] if self.runs else []
        kept = (
            f"retention deletes what is {' or '.join(limits)}, but for the newest export of the whole account"
            if limits
            else "no retention is set, so they stay until somebody erases them"
        )
        return f"{kept}; exports for data subjects go {self.data_subject_days:g} days after their end"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBag:
    """A bag whose request has ended, in which `state`. `sealed`: it has a tagmanifest, which a failed export's may have too;
    `begun`: the rule by which it has begun to go, empty for all others."""

    request: str
    purpose: str
    ended: datetime
    sealed: bool
    state: State
    begun: str = ""

    @property
    def is_backup(self) -> bool:
        """Whether it is an export that was verified when it was made, and for no data subject alone."""
        completed = self.state in {"completed", "completed-with-gaps"}
        return self.sealed and completed and not self.begun and self.purpose != DATA_SUBJECT

    @property
    def has_gaps(self) -> bool:
        return self.state != "completed"


def due(bags: Sequence[EndedBag], rules: Rules, now: datetime) -> dict[str, str]:
    """Which bags go, and by which rule, the oldest first. What has begun to go is no bag any more, and goes."""
    found = {bag.request: bag.begun for bag in bags if bag.begun}
    whole = [bag for bag in bags if not bag.begun]
    for bag in sorted(whole, key=lambda bag: (bag.ended, bag.request)):
        if rule := next(_rules_against(bag, whole, rules, now), None):
            found[bag.request] = rule
    return found


def _rules_against(bag: EndedBag, bags: Sequence[EndedBag], rules: Rules, now: datetime) -> Iterator[Rule]:
    age = now - bag.ended
    if bag.purpose == DATA_SUBJECT:
        if age >= timedelta(days=rules.data_subject_days):
            yield "data-subject"
        return
    if rules.days and age >= timedelta(days=rules.days):
        yield "days"
    if rules.runs and _newer(bag, bags) >= rules.runs:
        yield "runs"


def _newer(bag: EndedBag, bags: Sequence[EndedBag]) -> int:
    """How many exports of the account are newer; a failed one pushes nothing out, nor does one for a data subject."""
    place = (bag.ended, bag.request)
    return sum(each.is_backup and (each.ended, each.request) > place for each in bags)
