"""Legal holds: what may not be erased, by whom and why, in a chained log of the account. Nothing waives a hold but its lifting."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NotRequired, TypedDict

from azure.storage.blob import ContainerClient
from pydantic import ConfigDict, with_config

from steward.ledger.blobs import Content
from steward.ledger.chain import ChainBroken, Event, verify_chain
from steward.ledger.chained_log import ChainedLog

SET = "hold-set"
LIFTED = "hold-lifted"


@with_config(ConfigDict(extra="forbid"))
class CoveredObject(TypedDict):
    """A project whole, or one tag or one image of it; ids of the service, in lower case."""

    project: str
    tag: NotRequired[str]
    image: NotRequired[str]


type Covers = Literal["account"] | CoveredObject


class HoldMissing(Exception):  # noqa: N818 - it names what is found
    """No hold of this id was ever set in this account."""


@dataclass(frozen=True, slots=True)
class Hold:
    """`set`, `lifted`: the events' data with `at`; `lifted` is None while the hold stands."""

    id: str
    covers: Covers
    set: dict[str, Any]
    lifted: dict[str, Any] | None = None

    def names(self, project: str) -> bool:
        """Whether it covers the project or anything in it."""
        return self.covers == "account" or self.covers["project"] == project

    def names_tag_of(self, project: str) -> bool:
        """Whether it covers what carries one of the project's tags."""
        return self.covers != "account" and self.covers["project"] == project and "tag" in self.covers


@dataclass(frozen=True, slots=True)
class Taken:
    """What an erasure takes of one project: images wherever they stand, and every tag that it deletes or they carry.

    What is deleted with something else, such as the images of an iteration's snapshot, is taken too.
    """

    project: str
    images: frozenset[str]
    tags: frozenset[str]


def covering(standing: Sequence[Hold], taken: Taken) -> list[Hold]:
    """The holds that forbid it: those on the account, on the project, on a tag or an image that is taken."""
    return [hold for hold in standing if _covers(hold.covers, taken)]


def _covers(covers: Covers, taken: Taken) -> bool:
    if covers == "account":
        return True
    if covers["project"] != taken.project:
        return False
    if tag := covers.get("tag"):
        return tag in taken.tags
    if image := covers.get("image"):
        return image in taken.images
    return True


class Holds:
    """The holds of one account, in `{account}/holds/ledger.jsonl`. Where that is broken, everything raises ChainBroken."""

    def __init__(
        self,
        container: ContainerClient,
        account: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        name: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._log = ChainedLog(container.get_blob_client(f"{account}/holds/ledger.jsonl"), clock)
        self._name = name

    def set(self, covers: Covers, *, reason: str, by: dict[str, Any]) -> Hold:
        """Set a hold. From the next batch on nothing that it covers is erased."""
        self._log.create()
        hold = f"hold-{self._name()}"
        self._append(SET, hold, {"hold": hold, "covers": covers, "reason": reason, "by": by})
        return self.find(hold)

    def lift(self, hold: str, *, reason: str, by: dict[str, Any]) -> Hold:
        """Lift a hold; one that is lifted already stays so, with its first reason. Raises HoldMissing."""
        self.find(hold)
        self._append(LIFTED, f"{hold}-lifted", {"hold": hold, "reason": reason, "by": by})
        return self.find(hold)

    def find(self, hold: str) -> Hold:
        """Raises HoldMissing."""
        for each in self.list():
            if each.id == hold:
                return each
        raise HoldMissing(f"there is no hold {hold!r:.90}")

    def standing(self) -> list[Hold]:
        """Those that have not been lifted."""
        return [each for each in self.list() if each.lifted is None]

    def list(self) -> list[Hold]:
        """All, in the order in which they were set."""
        content = self._log.read()
        return fold(verify_chain(content.data)) if content else []

    def _append(self, event_type: str, event_id: str, data: dict[str, Any]) -> None:
        def read() -> Content:
            content = self._log.read()
            assert content is not None  # noqa: S101 - it was made before, and nothing deletes it
            return content

        def written(events: list[Event]) -> Event | None:
            return next((event for event in events if event.id == event_id), None)

        self._log.append(event_type, event_id, data, read=read, written=written)


def standing_holds(container: ContainerClient, account: str) -> list[Hold]:
    """While nobody can say what is held, everything is."""
    try:
        return Holds(container, account).standing()
    except ChainBroken:
        return [Hold("the log of holds, which cannot be believed", "account", {})]


def fold(events: Iterable[Event]) -> list[Hold]:
    """The holds after all events."""
    holds: dict[str, Hold] = {}
    for event in events:
        data: dict[str, Any] = {**event.data, "at": event.at.isoformat()}
        if event.type == SET:
            holds[data["hold"]] = Hold(data["hold"], data["covers"], data)
        elif event.type == LIFTED and (hold := holds.get(data["hold"])):
            holds[hold.id] = Hold(hold.id, hold.covers, hold.set, data)
    return list(holds.values())
