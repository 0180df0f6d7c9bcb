"""What a retention's ledger says of the copies that it collected: how many there were, how many stay and why.

A try may end at any moment, and the next one finds only what it left: so the most that one found, less what the last one
left, is what went.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from steward.archive.collecting import Left, Unnamed
from steward.archive.documents import encode
from steward.ledger.chain import Event
from steward.ledger.ledger import Ledger

COLLECTING = "collecting"
COLLECTED = "collected"


class Outcome(TypedDict):
    """Of a project that was looked at; empty where no copy stays that no bag names.

    `left`: how many copies stay, and `why`; `unread`: why nobody could look.
    """

    left: NotRequired[int]
    why: NotRequired[str]
    unread: NotRequired[str]


def say_found(ledger: Ledger, found: Unnamed) -> None:
    """Before the first of them is deleted."""
    _say(ledger, COLLECTING, {project: len(keys) for project, keys in found.copies.items() if keys})


def say_left(ledger: Ledger, found: Unnamed, left: dict[str, Left]) -> None:
    outcomes: dict[str, Outcome] = {project: {} for project in found.copies}
    outcomes |= {project: Outcome(left=each.copies, why=each.why) for project, each in left.items()}
    outcomes |= {project: Outcome(unread=why) for project, why in found.unread.items()}
    _say(ledger, COLLECTED, outcomes)


def _say(ledger: Ledger, event_type: str, projects: Any) -> None:
    """The same said again is the same event: a try that comes no further than the one before is no progress."""
    digest = hashlib.sha256(encode(projects)).hexdigest()
    ledger.append(event_type, f"{event_type}-{digest[:16]}", {"projects": projects})


@dataclass(frozen=True, slots=True)
class Collected:
    """`gone`: how many copies; `outcomes`: by project, the last one."""

    gone: int
    outcomes: dict[str, Outcome]

    @property
    def unread(self) -> list[str]:
        """Why copies of some projects could not be looked at."""
        return [
            f"project {project}: {each['unread']}" for project, each in self._sorted() if "unread" in each
        ]

    @property
    def left(self) -> list[str]:
        """How many copies of some projects stay, and why."""
        return [
            f"project {project}: {each['left']} copies stay, since {each.get('why')}"
            for project, each in self._sorted()
            if "left" in each
        ]

    def _sorted(self) -> list[tuple[str, Outcome]]:
        return sorted(self.outcomes.items())


def collected(events: Sequence[Event]) -> Collected:
    """By the ledger of a retention that has come to its end."""
    found: dict[str, int] = {}
    left: dict[str, int] = {}
    outcomes: dict[str, Outcome] = {}
    for event in events:
        if event.type == COLLECTING:
            for project, copies in event.data["projects"].items():
                found[project] = max(copies, found.get(project, 0))
        elif event.type == COLLECTED:
            outcomes |= event.data["projects"]
            left |= {
                project: each.get("left", 0) for project, each in outcomes.items() if "unread" not in each
            }
    # Where no try could look again, nobody knows what the one that died deleted. Where there was nothing to look at, all of it.
    stay = (left.get(project, copies if project in outcomes else 0) for project, copies in found.items())
    return Collected(sum(found.values()) - sum(stay), outcomes)
