"""Pages of requests against a plain filter and a plain sort of the same summaries."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.index import Summary
from steward.requests_api.listing import LISTED_STATES, page, parse_query
from steward.requests_api.problems import InvalidRequest

ACCOUNTS = ("default", "other")
START = datetime(2026, 1, 1, tzinfo=UTC)
# Few values, so that filters find something and times coincide.
times = st.integers(0, 4).map(lambda hours: START + timedelta(hours=hours))
tickets = st.tuples(st.sampled_from(("jira", "servicenow")), st.sampled_from(("A-1", "A/2", "å&=?")))


@st.composite
def summaries(draw: st.DrawFn) -> list[Summary]:
    names = draw(st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.integers(0, 99)), unique=True, max_size=25))
    return [draw(_summaries(account, f"export-{number}")) for account, number in names]


def _summaries(account: str, name: str) -> st.SearchStrategy[Summary]:
    unreadable = st.just(Summary(id=name, account=account, state="unreadable"))
    readable: st.SearchStrategy[Summary] = st.builds(
        Summary,
        id=st.just(name),
        account=st.just(account),
        state=st.sampled_from(LISTED_STATES[:-1]),
        kind=st.sampled_from(("export", "erasure")),
        purpose=st.just("backup"),
        accepted=times,
        ticket=st.none() | tickets,
    )
    return st.one_of(readable, readable, unreadable)


queries = st.fixed_dictionaries(
    {},
    optional={
        "state": st.lists(st.sampled_from(LISTED_STATES), min_size=1, max_size=13),
        "kind": st.sampled_from(("export", "erasure")),
        "account": st.sampled_from(ACCOUNTS),
        "ticketSystem": st.sampled_from(("jira", "servicenow")),
        "ticketKey": st.sampled_from(("A-1", "A/2", "å&=?")),
        "acceptedFrom": times,
        "acceptedTo": times,
    },
)


def plainly(found: Iterable[Summary], query: dict[str, Any]) -> set[str]:
    """Written as the documentation says it, filter by filter."""
    kept = list(found)
    if "state" in query:
        kept = [each for each in kept if each.state in query["state"]]
    for each in ("kind", "account"):
        if each in query:
            kept = [summary for summary in kept if getattr(summary, each) == query[each]]
    for place, name in enumerate(("ticketSystem", "ticketKey")):
        if name in query:
            kept = [each for each in kept if each.ticket and each.ticket[place] == query[name]]
    if "acceptedFrom" in query:
        kept = [each for each in kept if each.accepted and each.accepted >= query["acceptedFrom"]]
    if "acceptedTo" in query:
        kept = [each for each in kept if each.accepted and each.accepted < query["acceptedTo"]]
    return {f"{each.account}/{each.id}" for each in kept}


def written(query: dict[str, Any]) -> str:
    """As a caller writes it: states with commas."""
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in query.items()
    }
    return urlencode(said | ({"state": ",".join(query["state"])} if "state" in query else {}))


@given(found=summaries(), query=queries, limit=st.integers(1, 7))
def test_pages_give_what_a_plain_filter_gives_the_newest_first_each_once(
    found: list[Summary], query: dict[str, Any], limit: int
) -> None:
    text, continuation, pages = written({**query, "limit": limit}), "", list[list[Summary]]()
    while continuation or not pages:
        suffix = f"&{urlencode({'continuation': continuation})}" if continuation else ""
        shown, continuation = page(found, parse_query(text + suffix, ACCOUNTS))
        pages.append(shown)
        assert len(pages) <= len(found) + 1
    assert {len(each) for each in pages[:-1]} <= {limit}
    assert len(pages[-1]) <= limit
    shown = [each for one in pages for each in one]
    names = [f"{each.account}/{each.id}" for each in shown]
    assert sorted(names) == sorted(plainly(found, query))
    read = [each.accepted for each in shown if each.accepted]
    assert read == sorted(read, reverse=True)
    assert all(each.accepted is None for each in shown[len(read) :])


def test_what_is_accepted_meanwhile_moves_no_page() -> None:
    def of(name: str, hours: int) -> Summary:
        return Summary(id=name, account="default", state="failed", accepted=START + timedelta(hours=hours))

    found = [of("a", 1), of("b", 2), of("c", 3)]
    first, continuation = page(found, parse_query("limit=1", ACCOUNTS))
    query = parse_query(urlencode({"limit": 2, "continuation": continuation}), ACCOUNTS)
    second, end = page([*found, of("d", 4)], query)
    assert ([each.id for each in first + second], end) == (["c", "b", "a"], "")


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("states=failed", "states"),
        ("state=", "state"),
        ("state=failed,lost", "state"),
        ("state=failed&state=lost", "state"),
        ("kind=", "kind"),
        ("kind=exports", "kind"),
        ("kind=export&kind=erasure", "kind"),
        ("account=nobody", "account"),
        ("ticketkey=A-1", "ticketkey"),
        ("acceptedFrom=yesterday", "acceptedFrom"),
        ("acceptedTo=2026-01-01", "acceptedTo"),
        ("acceptedTo=0001-01-01T00:00:00%2B01:00", "acceptedTo"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("continuation=", "continuation"),
        ("continuation=WyIwMDAx", "continuation"),
        ("continuation=%E2%82%AC", "continuation"),
        ("continuation=WzEsMiwzXQ", "continuation"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(text: str, parameter: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_query(text, ACCOUNTS)
    problem = refused.value.to_problem()
    assert [each.get("parameter") for each in problem.get("errors", ())] == [parameter]
    assert problem["detail"].startswith(f"{parameter}: ")


def test_what_is_told_of_many_mistakes_has_an_end() -> None:
    text = "&".join(f"{'n' * 100}{number}=1&{'n' * 100}{number}=2" for number in range(50))
    with pytest.raises(InvalidRequest) as refused:
        parse_query(text, ACCOUNTS)
    assert [len(each.parameter or "") for each in refused.value.problems] == [80] * 20


def test_the_function_key_is_no_parameter_of_ours() -> None:
    assert parse_query("code=secret&limit=5", ACCOUNTS).limit == 5
