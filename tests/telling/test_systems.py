"""What the ticketing systems and a callback are sent, and what becomes of each answer of theirs."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from steward.ledger.chain import FIRST_PREVIOUS, Event
from steward.ledger.state import fold
from steward.ticket_settings import TicketSettings
from steward.tickets import exchange
from steward.tickets.exchange import Away, Unanswered, Untellable
from steward.tickets.jira import adf
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


def test_the_changes_come_in_order_each_as_the_request_was_then() -> None:
    states = [notice().facts, notice("accepted").facts, notice("accepted", "waiting-for-approval").facts]
    assert [each["state"] for each in states] == ["accepted", "waiting-for-approval", "rejected"]
    assert ["plan" in each for each in states] == [False, True, True]
    assert after("accepted", "waiting-for-approval", "ended") is None


def test_a_comment_on_jira(system: Played) -> None:
    tell_place(JIRA, system)
    looked, asked = system.asked
    assert (looked.method, looked.path) == ("GET", asked.path)
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
        "sysparm_fields": ["sys_id,work_notes"],
        "sysparm_display_value": ["true"],
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


@pytest.mark.parametrize("place", PLACES)
def test_no_reason_and_nobodys_name_is_told(system: Played, place: str) -> None:
    tell_place(place, system, notice("accepted", "waiting-for-approval"))
    told = str([each.body for each in system.asked])
    assert "rejected" in told
    assert "Jane" not in told
    assert "Joe" not in told


HUGE = "9" * 400
SIGN_ON = Answer(200, {"Content-Type": "text/html"}, body=b"<html>Sign on</html>")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("answer", "code", "retry_after"),
    [
        (Answer(429, {"Retry-After": "17"}), "http-429", 17),
        (Answer(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "http-503", 0),
        (Answer(503, {"Retry-After": "soon"}), "http-503", 0),
        (Answer(503, {"Retry-After": f"Wed, 21 Oct {HUGE} 07:28:00 GMT"}), "http-503", 0),
        (Answer(503, {"Retry-After": HUGE}), "http-503", 86_400),
        (Answer(500), "http-500", 0),
        (Answer(408), "http-408", 0),
        (Answer(204, pause=0.6), "no-answer-in-time", 0),
        # Tokens are renewed, roles given back, deployments end, and a sign-on page goes away.
        (Answer(401), "http-401", 0),
        (Answer(403), "http-403", 0),
        (Answer(404), "http-404", 0),
        (Answer(302, {"Location": "/login"}), "redirected", 0),
        # Of a look, which has no body.
        (Answer(400, method="GET"), "http-400", 0),
    ],
    ids=lambda value: (
        f"{value.status}-{value.headers.get('Retry-After', '')[:16]}" if isinstance(value, Answer) else ""
    ),
)
def test_what_may_pass_is_tried_again(
    system: Played, monkeypatch: pytest.MonkeyPatch, place: str, answer: Answer, code: str, retry_after: float
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", (0.3, 0.3))
    for method in [method for method in METHODS[place] if answer.method in {"", method}]:
        system.wrong[PATHS[place]] = [replace(answer, method=method)]
        with pytest.raises(Unanswered, match=code) as unanswered:
            tell_place(place, system)
        assert unanswered.value.retry_after == retry_after
    tell_place(place, system)
    assert len(said(place, system)) == 1


@pytest.mark.parametrize(
    ("place", "answer", "code"),
    [
        (JIRA, SIGN_ON, "answer-not-understood"),
        (JIRA, replace(SIGN_ON, method="POST"), "http-200"),
        (JIRA, replace(SIGN_ON, method="POST", status=201), "answer-not-understood"),
        (SERVICENOW, SIGN_ON, "answer-not-understood"),
        (SERVICENOW, replace(SIGN_ON, method="PATCH"), "answer-not-understood"),
        (SERVICENOW, replace(SIGN_ON, method="PATCH", status=201), "http-201"),
        (SERVICENOW, replace(SIGN_ON, body=b" " * (8 * 1024 * 1024 + 1)), "answer-too-long"),
    ],
)
def test_told_is_what_the_system_says_in_its_own_words(
    system: Played, place: str, answer: Answer, code: str
) -> None:
    """A page for people, of whoever stands before it, has the right status too."""
    system.wrong[PATHS[place]] = [answer]
    with pytest.raises(Unanswered, match=code):
        tell_place(place, system)
    assert said(place, system) == []
    tell_place(place, system)
    assert len(said(place, system)) == 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("status", [400, 410, 413, 415])
def test_what_is_said_of_the_body_will_be_said_again(system: Played, place: str, status: int) -> None:
    """Of a callback nobody knows who says so: there it is 410 alone that ends it."""
    system.wrong[PATHS[place]] = [Answer(status, method=METHODS[place][-1])]
    kind = Unanswered if place == CALLBACK and status != 410 else Untellable
    with pytest.raises(kind, match=f"http-{status}"):
        tell_place(place, system)


@pytest.mark.parametrize("place", [JIRA, SERVICENOW])
@pytest.mark.parametrize("lost", [Answer(201, pause=0.6), Answer(500), Answer(502), SIGN_ON])
def test_what_was_written_though_the_answer_was_lost_is_not_written_again(
    system: Played, monkeypatch: pytest.MonkeyPatch, place: str, lost: Answer
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", (0.3, 0.3))
    system.wrong[PATHS[place]] = [replace(lost, done=True, method=METHODS[place][-1])]
    with pytest.raises(Unanswered):
        tell_place(place, system)
    for _ in range(3):
        tell_place(place, system)
    assert len(said(place, system)) == 1
    # Another change is another comment.
    tell_place(place, system, notice("accepted", "waiting-for-approval"))
    tell_place(place, system, notice())
    assert len(said(place, system)) == 3


def test_a_comment_is_looked_for_among_the_newest(system: Played) -> None:
    tell_place(JIRA, system)
    others = [replace(system.asked[-1], body={"body": adf(notice())})] * 49
    system.asked += others
    tell_place(JIRA, system)
    assert len(system.comments()) == 50
    system.asked += others[:1]
    tell_place(JIRA, system)
    assert len(system.comments()) == 52


@pytest.mark.parametrize("place", PLACES)
def test_nobody_there_may_be_there_later(system: Played, place: str) -> None:
    elsewhere = Played(port=9)
    with pytest.raises(Away, match="no-connection"):
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
    with pytest.raises(Untellable, match="no-ticket-key"):
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
    """It may, once roles or tickets are mended."""
    system.records = records
    with pytest.raises(Unanswered, match=code):
        tell_place(SERVICENOW, system)
    assert system.work_notes() == []


def test_a_work_note_that_was_passed_over_in_silence_is_not_told(system: Played) -> None:
    system.writable = False
    with pytest.raises(Untellable, match="not-shown"):
        tell_place(SERVICENOW, system)


def test_a_work_note_that_cannot_be_read_is_written_once(system: Played) -> None:
    system.readable = False
    with pytest.raises(Untellable, match="not-shown"):
        tell_place(SERVICENOW, system)
    assert len(system.work_notes()) == 1


def test_a_work_note_may_also_be_shown_by_the_next_look(system: Played) -> None:
    system.echoes = False
    tell_place(SERVICENOW, system)
    assert system.statuses("GET") == [200, 200]


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
def test_what_is_not_set_up_any_more_may_be_again(
    system: Played, place: str, without: Callable[[TicketSettings], TicketSettings]
) -> None:
    document = {**DOCUMENTS[place], "callback": system.callback}
    with pytest.raises(Unanswered, match="not-set-up"):
        tell(place, document, without(system.settings()), WAITING)
    assert system.asked == []


def test_most_requests_tell_nobody(system: Played) -> None:
    settings = system.settings()
    assert places_of({"scope": "account"}, settings) == ()
    assert places_of({"ticket": {"system": "other", "key": "7"}}, settings) == ()
    assert places_of(DOCUMENTS[JIRA], settings.model_copy(update={"jira": None})) == ()
    assert places_of({**DOCUMENTS[JIRA], "callback": system.callback}, settings) == (JIRA, CALLBACK)
