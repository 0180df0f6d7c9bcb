"""Nothing passes a verifier but what its secret has signed, and nothing makes it fail."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.tickets.signatures import NotSigned, verify_jira, verify_standard
from tests.events.ticketing import JIRA_SECRET, STANDARD_SECRET, jira_headers, standard_headers

BODY = json.dumps({"timestamp": int(time.time() * 1000), "é": "text"}, ensure_ascii=False).encode()
OTHER = base64.b64encode(b"another secret, as long as the first").decode()

NAMES = st.sampled_from(["x-hub-signature", "webhook-id", "webhook-timestamp", "webhook-signature"])
PIECES = st.sampled_from(
    [
        "v1,",
        "v1a,",
        "sha256=",
        ",",
        " ",
        ".",
        "=",
        "0" * 64,
        "inf",
        "nan",
        "-1",
        "1e400",
        "msg_1",
        "\ud800",
        "é",
    ]
)
VALUES = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=4).map("".join))
NOW = st.builds(lambda: str(int(time.time())))


def passes_jira(headers: dict[str, str], body: bytes) -> bool:
    try:
        verify_jira(JIRA_SECRET, headers, body, now=datetime.now(UTC))
    except NotSigned:
        return False
    return True


def passes_standard(headers: dict[str, str], body: bytes) -> bool:
    try:
        verify_standard(STANDARD_SECRET, headers, body)
    except NotSigned:
        return False
    return True


@given(st.dictionaries(NAMES, VALUES | NOW), st.binary(max_size=80))
def test_nothing_drawn_passes_and_nothing_drawn_crashes(headers: dict[str, str], body: bytes) -> None:
    assert not passes_jira(headers, body)
    assert not passes_standard(headers, body)


@given(st.data(), st.binary(max_size=80))
def test_nothing_of_a_good_delivery_can_be_another(data: st.DataObject, body: bytes) -> None:
    """One header of one that passes replaced, or its body."""
    for passes, good in ((passes_jira, jira_headers(BODY)), (passes_standard, standard_headers(BODY))):
        headers = {name.lower(): value for name, value in good.items()}
        assert passes(headers, BODY)
        name = data.draw(st.sampled_from(sorted(headers)))
        assert not passes({**headers, name: data.draw(VALUES)}, BODY)
        assert not passes(headers, body)
        assert not passes({key: value for key, value in headers.items() if key != name}, BODY)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda: standard_headers(BODY, f"whsec_{OTHER}"), id="secret"),
        pytest.param(lambda: standard_headers(BODY, ago=400), id="old"),
        pytest.param(lambda: standard_headers(BODY, ago=-400), id="of the future"),
        pytest.param(lambda: standard_headers(b"{}"), id="body"),
    ],
)
def test_a_standard_delivery_is_of_its_secret_its_time_and_its_body(
    headers: Callable[[], dict[str, str]],
) -> None:
    assert not passes_standard(headers(), BODY)
    assert passes_standard(standard_headers(BODY), BODY)


def test_however_a_delivery_is_spelt_it_is_the_same_delivery() -> None:
    """A library that is kind about spelling must not make a replay look like a new one."""
    headers = standard_headers(BODY)
    first = verify_standard(STANDARD_SECRET, headers, BODY)
    sent, signature = headers["webhook-timestamp"], headers["webhook-signature"]
    for spelt in (
        {"webhook-timestamp": f"{sent}.0"},
        {"webhook-timestamp": f" {sent[:-3]}_{sent[-3:]} "},
        {"webhook-signature": f"v1,{'A' * 43}= {signature}"},
        {"webhook-signature": f"v1,!{signature.removeprefix('v1,')}"},
    ):
        assert verify_standard(STANDARD_SECRET, headers | spelt, BODY).digest == first.digest


@pytest.mark.parametrize("days", [-1.1, 1.1])
def test_a_body_of_jiras_that_is_another_days_does_not_pass(days: float) -> None:
    body = json.dumps({"timestamp": (time.time() + days * 86400) * 1000}).encode()
    assert not passes_jira({"x-hub-signature": jira_headers(body)["X-Hub-Signature"]}, body)


@pytest.mark.parametrize("timestamp", ["NaN", "Infinity", "-1", "1e999", "9" * 400])
def test_nor_does_one_whose_time_is_none_that_could_be_told(timestamp: str) -> None:
    body = f'{{"timestamp": {timestamp}}}'.encode()
    headers = {"x-hub-signature": jira_headers(body)["X-Hub-Signature"]}
    # Where it is no JSON at all, whoever reads it refuses it.
    assert timestamp in {"NaN", "Infinity"} or not passes_jira(headers, body)
