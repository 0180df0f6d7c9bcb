"""Who counts as another person: two that the platform has verified, and that neither go by one name nor have one id."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from http_start import callers as http_callers
from http_start.callers import caller_of, names_of
from starting import callers
from starting.callers import why_no_approval
from steward.requests_api.answers import Caller

ANN = Caller(name="ann@example.org", verified=True, id="1f0a")
BOB = Caller(name="bob@example.org", verified=True, id="2e1b")
NOBODY = Caller(name=None, verified=False)


def says(monkeypatch: pytest.MonkeyPatch, *, verified: bool, own: bool) -> None:
    found = SimpleNamespace(callers_verified=verified, approve_own_requests=own)
    for module in (callers, http_callers):
        monkeypatch.setattr(module, "current_settings", lambda: found)


@pytest.fixture(autouse=True)
def platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """It verifies callers, and one person is not enough."""
    says(monkeypatch, verified=True, own=False)


def of(**headers: str) -> Caller:
    named = {f"X-MS-CLIENT-PRINCIPAL-{key.upper()}": value for key, value in headers.items()}
    return caller_of(func.HttpRequest("POST", "/", headers=named, body=b""))


def test_the_id_of_a_principal_stands_beside_the_name() -> None:
    assert of(name="Ann", id="1f0a") == {"name": "Ann", "verified": True, "id": "1f0a"}
    assert of(id="1f0a") == {"name": "1f0a", "verified": True, "id": "1f0a"}
    assert of(name="Ann") == {"name": "Ann", "verified": True}
    assert of() == NOBODY


OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def principal(*claims: tuple[str, str], **more: str) -> str:
    """The header as App Service writes it."""
    document = {"auth_typ": "aad", "claims": [{"typ": typ, "val": val} for typ, val in claims], **more}
    return base64.b64encode(json.dumps(document).encode()).decode()


def claiming(header: str, **headers: str) -> Caller:
    named = {f"X-MS-CLIENT-PRINCIPAL-{key.upper()}": value for key, value in headers.items()}
    named["X-MS-CLIENT-PRINCIPAL"] = header
    return caller_of(func.HttpRequest("POST", "/", headers=named, body=b""))


def test_claims_say_what_the_other_headers_do_not() -> None:
    both = principal(("name", "Ann A."), ("preferred_username", "ann@example.org"), (OBJECT_ID, "1f0a"))
    assert claiming(both) == ANN
    assert claiming(both, name="Ann") == {**ANN, "name": "Ann"}
    assert claiming(both, name="Ann", id="2e1b") == {"name": "Ann", "verified": True, "id": "2e1b"}
    # The provider says which claim is the name.
    assert claiming(principal(("nick", "a\u0007nn"), ("name", "Ann A."), name_typ="nick")) == {
        "name": "ann",
        "verified": True,
    }
    assert claiming(principal(("oid", "1f0a"))) == {"name": "1f0a", "verified": True, "id": "1f0a"}


@pytest.mark.parametrize(
    "header",
    [
        *("", "%%%", "bm8ganNvbg==", base64.b64encode(b"[]").decode(), base64.b64encode(b"\xff").decode()),
        *(principal(), principal(("roles", "admin")), base64.b64encode(b'{"claims": [{"typ": 1}]}').decode()),
    ],
)
def test_a_principal_that_says_nothing_is_nobody(header: str) -> None:
    assert claiming(header) == NOBODY
    assert claiming(header, name="Ann") == {"name": "Ann", "verified": True}


def test_claims_are_believed_only_where_the_platform_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, verified=False, own=False)
    assert claiming(principal(("preferred_username", "ann@example.org"), (OBJECT_ID, "1f0a"))) == NOBODY


@pytest.mark.parametrize(
    ("asker", "approver"),
    [
        (ANN, BOB),
        (of_name := Caller(name="ann@example.org", verified=True), Caller(name="bob@example.org", verified=True)),
        (of_name, BOB),
        (Caller(name="1f0a", verified=True, id="1f0a"), BOB),
    ],
)  # fmt: skip
def test_two_persons_may(asker: Caller, approver: Caller) -> None:
    assert why_no_approval(asker, approver) == ""
    assert why_no_approval(approver, asker) == ""


@pytest.mark.parametrize(
    ("asker", "approver", "said"),
    [
        (ANN, ANN, "cannot approve it"),
        (ANN, {**ANN, "name": "ANN@Example.org", "id": "3c2d"}, "cannot approve it"),
        (ANN, {**BOB, "id": "1F0A"}, "cannot approve it"),
        # One token had the name, the other only the id.
        (ANN, {"name": "1f0a", "verified": True, "id": "1f0a"}, "cannot approve it"),
        ({"name": "ann@example.org", "verified": True}, {**BOB, "name": "2e1b"}, "cannot approve it"),
        (ANN, NOBODY, "who approves"),
        (NOBODY, BOB, "who asked"),
        (NOBODY, NOBODY, "who asked"),
    ],
)
def test_nobody_else_may(asker: Any, approver: Any, said: str) -> None:
    assert said in why_no_approval(asker, approver)
    assert why_no_approval(approver, asker)


BOTH_NAMES = principal(
    ("name", "Ann A."), ("preferred_username", "Ann@Example.org"), (OBJECT_ID, "1f0a"), ("roles", "admin")
)


@pytest.mark.parametrize("name", ["ann@example.org", "Ann A.", "ann"])
def test_who_asked_by_a_ticket_is_known_by_any_of_the_names(name: str) -> None:
    """A ticketing system tells one name, and not always the one that stands on record of who approves."""
    headers = {"X-MS-CLIENT-PRINCIPAL-NAME": "Ann", "X-MS-CLIENT-PRINCIPAL": BOTH_NAMES}
    req = func.HttpRequest("POST", "/", headers=headers, body=b"")
    asker = Caller(name=name, verified=True)
    assert "cannot approve it" in why_no_approval(asker, caller_of(req), names_of(req))
    assert why_no_approval({**asker, "name": "bob"}, caller_of(req), names_of(req)) == ""


def test_names_are_believed_only_where_the_platform_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    req = func.HttpRequest("POST", "/", headers={"X-MS-CLIENT-PRINCIPAL": BOTH_NAMES}, body=b"")
    assert names_of(req) == {"Ann A.", "Ann@Example.org"}
    says(monkeypatch, verified=False, own=False)
    assert names_of(req) == set()


def test_where_one_person_is_enough_or_nobody_is_known_it_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    says(monkeypatch, verified=True, own=True)
    assert why_no_approval(ANN, ANN) == why_no_approval(ANN, NOBODY) == ""
    says(monkeypatch, verified=False, own=False)
    assert why_no_approval(NOBODY, NOBODY) == ""
    assert of(name="Ann", id="1f0a") == NOBODY
