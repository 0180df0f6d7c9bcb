"""What the ticketing systems and a callback are sent, and which ticket is meant."""

from collections.abc import Callable

import pytest

from steward.ticket_settings import TicketSettings
from steward.tickets.exchange import Unanswered, Untellable
from steward.tickets.telling import CALLBACK, JIRA, SERVICENOW, places_of, tell
from tests.telling.places import (
    COUNTS,
    DOCUMENTS,
    HASH,
    LINKS,
    PLACES,
    REQUEST,
    WAITING,
    after,
    notice,
    tell_place,
)
from tests.telling.played import JIRA_KEY, NUMBER, PUBLIC_URL, SYS_ID, Played


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
