"""What the ticketing systems and a callback are sent, and what becomes of each answer of theirs."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from steward.ledger.chain import FIRST_PREVIOUS, Event
from steward.ticket_settings import TicketSettings
from steward.tickets import exchange
from steward.tickets.exchange import Refused, Unanswered
from steward.tickets.notices import Notice, next_notice
from steward.tickets.telling import CALLBACK, JIRA, SERVICENOW, places_of, tell
from tests.telling.played import JIRA_KEY, NUMBER, PUBLIC_URL, SYS_ID, Answer, Played

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


def notice(*told: str) -> Notice:
    found = next_notice(REQUEST, "default", history(*told), CALLBACK, PUBLIC_URL)
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
PATHS = {JIRA: "/rest/", SERVICENOW: "/api/now/table/incident/", CALLBACK: "/events"}


def tell_place(place: str, system: Played, found: Notice = WAITING) -> None:
    document = {**DOCUMENTS[place], "callback": system.callback}
    assert place in places_of(document, system.settings())
    tell(place, document, system.settings(), found)


def test_the_changes_come_in_order_each_as_the_request_was_then() -> None:
    states = [notice().facts, notice("accepted").facts, notice("accepted", "waiting-for-approval").facts]
    assert [each["state"] for each in states] == ["accepted", "waiting-for-approval", "rejected"]
    assert ["plan" in each for each in states] == [False, True, True]
    everything = ("accepted", "waiting-for-approval", "ended")
    assert next_notice(REQUEST, "default", history(*everything), CALLBACK, PUBLIC_URL) is None


def test_a_comment_on_jira(system: Played) -> None:
    tell_place(JIRA, system)
    (asked,) = system.asked
    assert (asked.method, asked.path, asked.status) == ("POST", f"/rest/api/3/issue/{JIRA_KEY}/comment", 201)
    expected = (
        f"Request {REQUEST} (erasure): waiting-for-approval. "
        "It waits for an approval until 2026-11-29T00:00:00+00:00. "
        f"Its plan {HASH} names 12 images, 3 predictions.\n"
        f"request: {LINKS['request']}\n"
        f"plan: {LINKS['plan']}"
    )
    assert system.comments() == [expected]
    link = asked.body["body"]["content"][1]["content"][1]
    assert link["marks"] == [{"type": "link", "attrs": {"href": LINKS["request"]}}]


def test_a_work_note_on_servicenow(system: Played) -> None:
    tell_place(SERVICENOW, system)
    looked, written = system.asked
    assert looked.query == {
        "sysparm_query": [f"number={NUMBER}"],
        "sysparm_fields": ["sys_id"],
        "sysparm_limit": ["2"],
    }
    assert (written.method, written.path) == ("PATCH", f"/api/now/table/incident/{SYS_ID}")
    assert system.work_notes()[0].startswith(f"Request {REQUEST} (erasure): waiting-for-approval.")


def test_a_signed_event_for_the_callback_has_one_id_however_often_it_is_sent(system: Played) -> None:
    tell_place(CALLBACK, system)
    tell_place(CALLBACK, system)
    first, second = system.events()
    assert (
        first
        == second
        == {
            "specversion": "1.0",
            "id": f"{REQUEST}-waiting-for-approval",
            "source": f"{PUBLIC_URL}/api/requests",
            "type": "custom-vision-steward.request.waiting-for-approval",
            "subject": REQUEST,
            "time": "2026-11-26T00:02:00+00:00",
            "datacontenttype": "application/json",
            "data": {
                "id": REQUEST,
                "kind": "erasure",
                "dryRun": False,
                "state": "waiting-for-approval",
                "plan": {"hash": HASH, "counts": COUNTS},
                "waitingUntil": "2026-11-29T00:00:00+00:00",
                "links": LINKS,
            },
        }
    )


@pytest.mark.parametrize("place", [JIRA, SERVICENOW, CALLBACK])
def test_no_reason_and_nobodys_name_is_told(system: Played, place: str) -> None:
    tell_place(place, system, notice("accepted", "waiting-for-approval"))
    said = str([each.body for each in system.asked])
    assert "rejected" in said
    assert "Jane" not in said
    assert "Joe" not in said


@pytest.mark.parametrize("place", [JIRA, SERVICENOW, CALLBACK])
@pytest.mark.parametrize(
    ("answer", "code", "retry_after"),
    [
        (Answer(429, {"Retry-After": "17"}), "http-429", 17),
        (Answer(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "http-503", 0),
        (Answer(503, {"Retry-After": "soon"}), "http-503", 0),
        (Answer(500), "http-500", 0),
        (Answer(408), "http-408", 0),
        (Answer(204, pause=0.6), "no-answer-in-time", 0),
    ],
)
def test_what_may_pass_is_tried_again(
    system: Played, monkeypatch: pytest.MonkeyPatch, place: str, answer: Answer, code: str, retry_after: float
) -> None:
    for each in (exchange, *_users_of_timeout()):
        monkeypatch.setattr(each, "TIMEOUT", (0.3, 0.3))
    system.wrong[PATHS[place]] = [answer]
    with pytest.raises(Unanswered, match=code) as unanswered:
        tell_place(place, system)
    assert unanswered.value.retry_after == retry_after
    tell_place(place, system)


def _users_of_timeout() -> list[Any]:
    from steward.tickets import callback, jira, servicenow

    return [callback, jira, servicenow]


@pytest.mark.parametrize("place", [JIRA, SERVICENOW, CALLBACK])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "http-400"),
        (401, "http-401"),
        (403, "http-403"),
        (404, "http-404"),
        (410, "http-410"),
        (302, "redirected"),
    ],
)
def test_what_will_not_be_taken_is_not_tried_again(
    system: Played, place: str, status: int, code: str
) -> None:
    system.wrong[PATHS[place]] = [Answer(status, {"Location": system.url})]
    with pytest.raises(Refused, match=code):
        tell_place(place, system)


@pytest.mark.parametrize("place", [JIRA, SERVICENOW, CALLBACK])
def test_nobody_there_may_be_there_later(system: Played, place: str) -> None:
    elsewhere = Played(port=9)
    with pytest.raises(Unanswered, match="no-connection"):
        tell_place(place, elsewhere)


@pytest.mark.parametrize("place", [JIRA, SERVICENOW])
@pytest.mark.parametrize(
    "key",
    [
        "../../myself",
        "PRIV-7/comment/1",
        "PRIV-7?x=1",
        "INC1^ORnumberISNOTEMPTY",
        "javascript:gs.log()",
        "7 ",
        "Ü-7",
        ".",
    ],
)
def test_a_key_is_a_key_and_nothing_else(system: Played, place: str, key: str) -> None:
    document = {"ticket": {"system": place, "key": key}}
    with pytest.raises(Refused, match="no-ticket-key"):
        tell(place, document, system.settings(), WAITING)
    assert system.asked == []


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([], "no-such-ticket"),
        ([SYS_ID, SYS_ID], "ticket-not-unique"),
        (["../../sys_user/1"], "answer-not-understood"),
    ],
)
def test_a_number_that_does_not_stand_for_one_ticket(system: Played, records: list[str], code: str) -> None:
    system.records = records
    with pytest.raises(Refused, match=code):
        tell_place(SERVICENOW, system)
    assert system.work_notes() == []


def _without(name: str) -> Callable[[TicketSettings], TicketSettings]:
    return lambda settings: settings.model_copy(update={name: None})


@pytest.mark.parametrize(
    ("place", "without"),
    [
        (JIRA, _without("jira")),
        (SERVICENOW, _without("servicenow")),
        (CALLBACK, _without("callback_secret")),
    ],
    ids=[JIRA, SERVICENOW, CALLBACK],
)
def test_what_is_not_set_up_any_more_is_told_nothing(
    system: Played, place: str, without: Callable[[TicketSettings], TicketSettings]
) -> None:
    document = {**DOCUMENTS[place], "callback": system.callback}
    with pytest.raises(Refused, match="not-set-up"):
        tell(place, document, without(system.settings()), WAITING)
    assert system.asked == []


def test_most_requests_tell_nobody(system: Played) -> None:
    settings = system.settings()
    assert places_of({"scope": "account"}, settings) == ()
    assert places_of({"ticket": {"system": "other", "key": "7"}}, settings) == ()
    assert places_of(DOCUMENTS[JIRA], settings.model_copy(update={"jira": None})) == ()
    assert places_of({**DOCUMENTS[JIRA], "callback": system.callback}, settings) == (JIRA, CALLBACK)
