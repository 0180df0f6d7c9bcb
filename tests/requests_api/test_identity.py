"""A request's id: the same wish has one, two wishes have two."""

import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.requests_api.contract import parse_erasure, parse_export
from steward.requests_api.documents import AnyRequest
from steward.requests_api.identity import IdempotencyKey, Occurrence, kind_of, request_id
from steward.requests_api.problems import InvalidRequest

ACCOUNTS = ["a", "ab", "a-" + "b" * 30]
DUE = datetime(2026, 11, 24, 2, tzinfo=UTC)
# Texts that meet when they are joined, cut, or made lower case.
texts = st.one_of(
    st.sampled_from(["a", "b", "ab", "A", "a-b", '","']), st.text("ab-/", min_size=1, max_size=3)
)

type Wish = tuple[str, ...]


@st.composite
def wishes(draw: st.DrawFn) -> tuple[Wish, str]:
    """What makes a request the one that it is, and its id."""
    account = draw(st.sampled_from(ACCOUNTS))
    form = draw(st.sampled_from(["export", "dry-run", "erasure"]))
    origin = draw(st.sampled_from(["key", "ticket", "schedule"]))
    system, key = draw(st.sampled_from(["a", "ab", "b"])), draw(texts)
    ticket = {"ticket": {"system": system, "key": key}} if origin == "ticket" or draw(st.booleans()) else {}
    request = _request(form, account, ticket)
    if origin == "key":
        return (account, form, origin, key), request_id(request, IdempotencyKey(key))
    if origin == "schedule":
        due = DUE + timedelta(seconds=draw(st.integers(0, 3)))
        written = due.astimezone(timezone(timedelta(hours=draw(st.integers(-3, 3)))))
        return (account, form, origin, key, str(due)), request_id(request, Occurrence(key, written))
    return (account, form, origin, system, key), request_id(request)


@given(st.lists(wishes(), min_size=2, max_size=30))
def test_ids_are_equal_exactly_where_the_wishes_are(drawn: list[tuple[Wish, str]]) -> None:
    assert len(dict(drawn)) == len(set(drawn)) == len({identity for _, identity in drawn})
    for _, identity in drawn:
        # Durable instance ids of children carry a number behind it.
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,79}", identity)


def test_an_id_tells_its_kind_and_nothing_that_a_caller_wrote() -> None:
    ticket = {"ticket": {"system": "jira", "key": "jane-doe"}}
    identity = request_id(_request("dry-run", "a", ticket))
    assert identity.startswith("erasure-dry-run-ticket-")
    assert "jane" not in identity


def test_one_ticket_starts_an_export_a_dry_run_and_an_erasure() -> None:
    ticket = {"ticket": {"system": "jira", "key": "PRIV-7"}}
    forms = [_request(form, "a", ticket) for form in ("export", "dry-run", "erasure")]
    assert len({request_id(form) for form in forms}) == 3
    assert [kind_of(form) for form in forms] == ["export", "erasure", "erasure"]


def test_a_callback_makes_no_other_request_and_its_absence_leaves_documents_as_they_were() -> None:
    document = {"account": "a", "scope": "account", "ticket": {"system": "jira", "key": "PRIV-7"}}
    plain = parse_export(document, ACCOUNTS)
    calling = parse_export({**document, "callback": "https://tickets.example/done"}, ACCOUNTS)
    assert request_id(calling) == request_id(plain)
    assert calling.to_document() == {**plain.to_document(), "callback": "https://tickets.example/done"}
    assert "callback" not in plain.to_document()


def test_new_ids_differ_and_sort_by_time() -> None:
    ticks = count()
    ids = [
        request_id(
            _request("export", "a", {}), clock=lambda: DUE + timedelta(microseconds=next(ticks) * 7919)
        )
        for _ in range(200)
    ]
    assert sorted(ids) == ids
    same_time = {request_id(_request("export", "a", {}), clock=lambda: DUE) for _ in range(200)}
    assert len(same_time) == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "ä", "a\nb"])
def test_a_wrong_idempotency_key_names_the_header(key: str) -> None:
    with pytest.raises(InvalidRequest, match="Idempotency-Key: expected 1 to 255 printable ASCII") as refused:
        IdempotencyKey(key)
    assert refused.value.to_problem().get("errors") == [
        {"detail": "expected 1 to 255 printable ASCII characters", "header": "Idempotency-Key"}
    ]


def _request(form: str, account: str, more: dict[str, dict[str, str]]) -> AnyRequest:
    document = {"account": account, "scope": "account", "purpose": "backup", **more}
    if form == "export":
        return parse_export(document, ACCOUNTS)
    return parse_erasure({**document, "dryRun": form == "dry-run"}, ACCOUNTS)
