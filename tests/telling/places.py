"""One erasure whose changes are told, and the three places that are told of it."""

import itertools
from typing import Any

from steward.ledger.chain import FIRST_PREVIOUS, Event
from steward.ledger.state import fold
from steward.tickets.notices import Notice, next_notice
from steward.tickets.telling import CALLBACK, JIRA, SERVICENOW, places_of, tell
from tests.telling.played import JIRA_KEY, NUMBER, PUBLIC_URL, Played

REQUEST = "erasure-ticket-697dbf18c39be8a774e5d7b4df26811c"
HASH = "ab" * 32
COUNTS = {"images": 12, "tags": 0, "predictions": 3}
EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "accepted",
        "accepted",
        {"kind": "erasure", "purpose": "backup", "dryRun": False, "digest": "0", "tell": [CALLBACK]},
    ),
    ("plan", "plan", {"request": REQUEST, "hash": HASH, "counts": COUNTS, "expires": "2026-11-30T00:00:00Z"}),
    ("waiting-for-approval", "waiting-for-approval", {"until": "2026-11-29T00:00:00+00:00"}),
    (
        "rejected",
        "decision",
        {"planHash": HASH, "reason": "Jane Doe is another person", "by": {"name": "Joe"}},
    ),
    ("ended", "ended", {"state": "rejected", "reason": "Jane Doe is another person", "totals": {}}),
]


def history(*told: str) -> list[Event]:
    """The ledger of an erasure that somebody rejected, and what the callback was told of it."""
    events = [*EVENTS, *(("told", f"told-{change}-{CALLBACK}", {"place": CALLBACK}) for change in told)]
    minutes = itertools.count()
    return [
        Event.model_validate(
            {
                "id": name,
                "at": f"2026-11-26T00:0{next(minutes)}:00Z",
                "type": kind,
                "data": data,
                "previous": FIRST_PREVIOUS,
            }
        )
        for kind, name, data in events
    ]


def after(*told: str) -> Notice | None:
    events = history(*told)
    return next_notice(fold(REQUEST, "default", events), events, CALLBACK, PUBLIC_URL)


def notice(*told: str) -> Notice:
    found = after(*told)
    assert found
    return found


WAITING = notice("accepted")
LINKS = {
    "request": f"{PUBLIC_URL}/api/requests/{REQUEST}",
    "plan": f"{PUBLIC_URL}/api/requests/{REQUEST}/files/plan.json",
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    JIRA: {"ticket": {"system": "jira", "key": JIRA_KEY}},
    SERVICENOW: {"ticket": {"system": "servicenow", "key": NUMBER}},
    CALLBACK: {},
}
PLACES = [JIRA, SERVICENOW, CALLBACK]
PATHS = {JIRA: "/rest/", SERVICENOW: "/api/now/table/incident", CALLBACK: "/events"}
# As they come; the last one tells.
METHODS = {JIRA: ["GET", "POST"], SERVICENOW: ["GET", "PATCH"], CALLBACK: ["POST"]}


def tell_place(place: str, system: Played, found: Notice = WAITING) -> None:
    document = {**DOCUMENTS[place], "callback": system.callback}
    assert place in places_of(document, system.settings())
    tell(place, document, system.settings(), found)


def said(place: str, system: Played) -> list[Any]:
    return {JIRA: system.comments, SERVICENOW: system.work_notes, CALLBACK: system.events}[place]()
