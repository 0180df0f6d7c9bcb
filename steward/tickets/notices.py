"""What is told of a request: that it came to a state that somebody waits for. Nothing of what it selects, nobody's name and
no reason, since these may quote what was selected; who may know more follows a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from steward.ledger.chain import Event
from steward.ledger.state import ENDED, RequestState, fold
from steward.request_files import naming


@dataclass(frozen=True, slots=True)
class Notice:
    """One change: `change`, the event's type, and `at`; `facts`: what the request's document says of it, in camel case;
    `links`: the request, and its files, behind the app's keys; none where the app does not know its own address."""

    request: str
    change: str
    at: str
    facts: dict[str, Any]
    links: dict[str, str]

    @property
    def headline(self) -> str:
        """The first of its sentences, which no other change and no other request of the app has: by it a ticket is searched."""
        kind = self.facts["kind"] + (", a dry run" if self.facts["dryRun"] else "")
        return f"Request {self.request} ({kind}): {self.facts['state']}."

    @property
    def sentences(self) -> list[str]:
        """The same for people."""
        said = [self.headline]
        if until := self.facts.get("waitingUntil"):
            said.append(f"It waits for an approval until {until}.")
        if plan := self.facts.get("plan"):
            counts = ", ".join(f"{count} {kind}" for kind, count in plan["counts"].items() if count)
            said.append(f"Its plan {plan['hash']} names {counts or 'nothing to erase'}.")
        return said


def next_notice(state: RequestState, events: Sequence[Event], place: str, public_url: str) -> Notice | None:
    """The first change that this place has not been told of, as the request was then; None where there is none.

    `state`: the fold of all `events`.
    """
    change = state.untold_to(place)
    if not change:
        return None
    last = next(number for number, event in enumerate(events) if event.id == change)
    then = fold(state.id, state.account, events[: last + 1])
    return Notice(
        request=state.id,
        change=change,
        at=events[last].at.isoformat(),
        facts=_facts(then, change),
        links=_links(then, public_url),
    )


def _facts(state: RequestState, change: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": state.id,
        "kind": state.kind,
        "dryRun": state.dry_run,
        "state": state.state,
    }
    if state.plan:
        facts["plan"] = {"hash": state.plan["hash"], "counts": state.plan["counts"]}
    if state.waiting_until and change != ENDED:
        facts["waitingUntil"] = state.waiting_until.isoformat(timespec="seconds")
    return facts


def _links(state: RequestState, public_url: str) -> dict[str, str]:
    """A file's address gives nothing away: whoever opens it needs a key, and is sent on to a link that lives for minutes."""
    if not public_url:
        return {}
    files = {
        "plan": naming.PLAN if state.plan else "",
        "bag": f"{naming.BAG}bag-info.txt" if state.bag and state.has_ended else "",
        "certificate": naming.PAGE if state.certificate else "",
        "ledger": naming.LEDGER if state.has_ended else "",
    }
    there = {name: f"{public_url}{naming.path_of(state, file)}" for name, file in files.items() if file}
    return {"request": f"{public_url}/api/requests/{state.id}", **there}
