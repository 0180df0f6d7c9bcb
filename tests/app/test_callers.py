"""Who counts as another person: two that the platform has verified, and that neither go by one name nor have one id."""

from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from http_start import callers as http_callers
from http_start.callers import caller_of
from starting import callers
from starting.callers import Caller, why_no_approval

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


def test_where_one_person_is_enough_or_nobody_is_known_it_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    says(monkeypatch, verified=True, own=True)
    assert why_no_approval(ANN, ANN) == why_no_approval(ANN, NOBODY) == ""
    says(monkeypatch, verified=False, own=False)
    assert why_no_approval(NOBODY, NOBODY) == ""
    assert of(name="Ann", id="1f0a") == NOBODY
