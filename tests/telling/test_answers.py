"""What becomes of each answer of the ticketing systems and of a callback: told, tried again, or given up; and never told twice."""

from dataclasses import replace

import pytest

from steward.tickets import exchange
from steward.tickets.exchange import Away, Unanswered, Untellable
from steward.tickets.jira import adf
from steward.tickets.telling import CALLBACK, JIRA, SERVICENOW
from tests.telling.places import METHODS, PATHS, PLACES, notice, said, tell_place
from tests.telling.played import Answer, Played

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
