"""What the client does about answers that are none: which it asks for again, and what it raises in the end."""

import email.utils
import gzip
import json
import socket
import time
import tracemalloc

import pytest

from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import (
    AnswerTooLarge,
    BadRequest,
    CustomVisionError,
    Forbidden,
    MalformedAnswer,
    NotFound,
    RequestTooLong,
    ServiceError,
    ServiceFault,
    Throttled,
    Unauthorized,
    Unreachable,
)
from steward.customvision.retry import retry_policy
from tests.customvision.conftest import ATTEMPTS, KEY
from tests.customvision.scripted import Reply, Server, json_reply

PROJECT = {"id": "bc3f7dad-5544-468c-8573-3ef04d55463e", "name": "Hats", "created": "2019-09-16T15:03:38.84Z"}
GOOD = json_reply([PROJECT])

MALFORMED = {
    "cut short": Reply(200, b'[{"id": "bc3f', promised=400),
    "cut to valid JSON": Reply(200, b"[]", promised=400),
    "no JSON": Reply(200, b"<html>busy</html>"),
    "empty": Reply(200),
    "another type": json_reply({"value": [PROJECT]}),
    "an item without its id": json_reply([{"name": "Hats", "created": "2019"}]),
    "an id that is none": json_reply([{**PROJECT, "id": "../../keys"}]),
    "a name that is no text": json_reply([{**PROJECT, "name": 7}]),
    "not a number": json_reply([{**PROJECT, "threshold": float("nan")}]),
    "not gzip": Reply(200, b"[]", {"Content-Encoding": "gzip"}),
}


class CountingBudget:
    def __init__(self) -> None:
        self.calls = 0

    def acquire(self) -> None:
        self.calls += 1


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_answer_is_asked_for_again_and_never_used(
    server: Server, client: CustomVisionClient, reply: Reply
) -> None:
    server.answers(reply, GOOD)
    assert client.list_projects() == [PROJECT]
    server.answers(reply)
    with pytest.raises(MalformedAnswer):
        client.list_projects()
    assert len(server.calls) == ATTEMPTS


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_within_the_budget(server: Server, status: int) -> None:
    budget = CountingBudget()
    policy = retry_policy(first_wait=0.01, longest_wait=0.02)
    with CustomVisionClient(server.url, TrainingKey(KEY), budget=budget, retrying=policy) as client:
        server.answers(Reply(status, headers={"Retry-After": "0"}), Reply(reset=True), GOOD)
        assert client.list_projects() == [PROJECT]
    assert budget.calls == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, ServiceError),
        (413, RequestTooLong),
        (414, RequestTooLong),
        (301, ServiceError),
        (501, ServiceFault),
    ],
)
def test_a_lasting_refusal_is_raised_at_once(
    server: Server, client: CustomVisionClient, status: int, kind: type[ServiceError]
) -> None:
    server.answers(json_reply({"code": "Because", "message": "x" * 5000}, status))
    with pytest.raises(kind) as caught:
        client.list_projects()
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(str(caught.value)) < 700
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"code": "BadRequestInvalid", "message": "why"},
        {"Code": "BadRequestInvalid", "Message": "why"},
        {"error": {"code": "BadRequestInvalid", "message": "why"}},
    ],
)
def test_a_refusal_is_understood_in_each_of_its_forms(
    server: Server, client: CustomVisionClient, body: dict[str, object]
) -> None:
    server.answers(json_reply(body, 400))
    with pytest.raises(BadRequest, match=r"/projects: 400 BadRequestInvalid: why$"):
        client.list_projects()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": null}', b'"text"', b"\xff\xfe", b"x" * 1_000_000])
def test_a_refusal_without_words_is_still_that_refusal(
    server: Server, client: CustomVisionClient, body: bytes
) -> None:
    server.answers(Reply(403, body))
    with pytest.raises(Forbidden):
        client.list_projects()


def test_a_short_wait_that_the_service_asks_for_is_kept(server: Server, client: CustomVisionClient) -> None:
    server.answers(Reply(429, headers={"Retry-After": "1"}), GOOD)
    client.list_projects()
    first, second = server.calls
    assert 1.0 <= second.at - first.at < 2.0


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_long_wait_is_left_to_the_caller(
    server: Server, client: CustomVisionClient, status: int, as_date: bool
) -> None:
    value = email.utils.formatdate(time.time() + 120, usegmt=True) if as_date else "120"
    server.answers(Reply(status, headers={"Retry-After": value}))
    with pytest.raises(Throttled) as caught:
        client.list_projects()
    assert 118 <= caught.value.retry_after <= 120
    assert len(server.calls) == 1


def test_a_throttling_that_does_not_end_is_told_as_such(server: Server, client: CustomVisionClient) -> None:
    server.answers(Reply(429))
    with pytest.raises(Throttled) as caught:
        client.list_projects()
    assert caught.value.retry_after == 1.0
    assert len(server.calls) == ATTEMPTS


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_over_the_limit_is_never_in_memory(
    server: Server, client: CustomVisionClient, packed: bool
) -> None:
    body = json.dumps([PROJECT]).encode() + b" " * 64_000_000
    server.answers(
        Reply(200, gzip.compress(body, 1), {"Content-Encoding": "gzip"}) if packed else Reply(200, body)
    )
    tracemalloc.start()
    try:
        with pytest.raises(AnswerTooLarge, match="4194304"):
            client.list_projects()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000
    assert len(server.calls) == 1


def test_an_endpoint_that_does_not_answer_is_an_error_in_seconds() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    started = time.monotonic()
    with (
        CustomVisionClient(url, TrainingKey(KEY)) as client,
        pytest.raises(Unreachable, match="no connection"),
    ):
        client.list_projects()
    assert time.monotonic() - started < 12


def test_a_slow_answer_is_given_up(server: Server) -> None:
    def script(_: object) -> Reply:
        time.sleep(1)
        return GOOD

    server.script = script
    policy = retry_policy(attempts=1)
    with (
        CustomVisionClient(server.url, TrainingKey(KEY), timeout=(1.0, 0.2), retrying=policy) as client,
        pytest.raises(Unreachable, match="no answer in time"),
    ):
        client.list_projects()


def test_no_error_leads_to_one_that_holds_an_address(server: Server, client: CustomVisionClient) -> None:
    server.answers(Reply(reset=True))
    with pytest.raises(CustomVisionError) as caught, client.open_artifact(PROJECT["id"], "/i?sig=secret"):
        pass
    # What a log prints of an error is its text and that of its causes.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
