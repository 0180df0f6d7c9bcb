"""What the client makes of good answers, and which calls it makes."""

import json
import logging
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from hypothesis import given
from hypothesis import strategies as st

from steward.customvision.batches import PAGE_LIMIT, all_pages, checked_id
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import (
    AnswerTooLarge,
    BadRequest,
    InvalidArgument,
    MalformedAnswer,
    NotFound,
    Unauthorized,
)
from tests.customvision.conftest import KEY
from tests.customvision.scripted import Call, Reply, Server, json_reply, serve

PROJECT = "bc3f7dad-5544-468c-8573-3ef04d55463e"
IDS = [f"00000000-0000-0000-0000-{number:012x}" for number in range(256)]


def image(image_id: str) -> dict[str, object]:
    return {
        "id": image_id,
        "created": "2020-06-06T17:53:28.0821491",
        "width": 816,
        "height": 612,
        "originalImageUri": f"https://store.blob.core.windows.net/i-1/i-{image_id}?sig=abc",
        # A key that no version has yet.
        "novelty": {"left": 1.1920929e-07},
    }


def test_answers_are_kept_as_they_came(server: Server, client: CustomVisionClient) -> None:
    server.answers(json_reply([image(IDS[0])]))
    assert client.page_images(PROJECT, tagged=True, skip=0, take=256) == [image(IDS[0])]
    call = server.calls[0]
    assert call.headers["Training-Key"] == KEY
    assert urlsplit(call.target).path == f"/customvision/v3.3/training/projects/{PROJECT}/images/tagged"
    assert parse_qs(urlsplit(call.target).query) == {"orderBy": ["Oldest"], "skip": ["0"], "take": ["256"]}


def test_a_page_longer_than_asked_for_is_no_page(server: Server, client: CustomVisionClient) -> None:
    server.answers(json_reply([image(value) for value in IDS[:3]]))
    with pytest.raises(MalformedAnswer, match="3 items where at most 2"):
        client.page_images(PROJECT, tagged=False, skip=0, take=2)


def test_a_batch_too_long_for_the_service_is_halved(server: Server, client: CustomVisionClient) -> None:
    def script(call: Call) -> Reply:
        ids = parse_qs(urlsplit(call.target).query)["imageIds"][0].split(",")
        return Reply(414) if len(ids) > 60 else json_reply([image(value) for value in ids])

    server.script = script
    assert [found["id"] for found in client.list_images_by_ids(PROJECT, IDS)] == IDS
    # 256, then 2 of 128, 4 of 64, and 8 of 32, which are answered.
    assert len(server.calls) == 1 + 2 + 4 + 8


def test_a_batch_whose_answer_is_too_large_is_halved(server: Server) -> None:
    def script(call: Call) -> Reply:
        ids = parse_qs(urlsplit(call.target).query)["imageIds"][0].split(",")
        return json_reply([image(value) for value in ids])

    server.script = script
    with CustomVisionClient(server.url, TrainingKey(KEY), answer_limit=20_000) as client:
        assert [found["id"] for found in client.list_images_by_ids(PROJECT, IDS)] == IDS
    with (
        CustomVisionClient(server.url, TrainingKey(KEY), answer_limit=100) as client,
        pytest.raises(AnswerTooLarge),
    ):
        client.list_images_by_ids(PROJECT, IDS)


@given(total=st.integers(0, 1000), most=st.integers(1, PAGE_LIMIT))
def test_pages_of_any_size_give_every_item_once(total: int, most: int) -> None:
    def page(*, skip: int, take: int) -> list[int]:
        items = list(range(total))[skip : skip + take]
        if len(items) > most:
            raise AnswerTooLarge("GET", 0)
        return items

    assert list(all_pages(page)) == list(range(total))


PREDICTION: dict[str, object] = {
    "id": IDS[1],
    "created": "2020-02-11T16:41:01.171Z",
    "originalImageUri": "/p",
    "predictions": [],
}


@pytest.mark.parametrize("end", [None, ""])
def test_predictions_end_where_the_continuation_does(
    server: Server, client: CustomVisionClient, end: str | None
) -> None:
    token = {"session": "2:4193186", "continuation": "next", "maxCount": 0, "orderBy": "Oldest", "tags": None}
    server.answers(
        json_reply({"token": token, "results": [PREDICTION]}),
        json_reply({"token": {**token, "continuation": end}, "results": [PREDICTION, PREDICTION]}),
    )
    assert len(list(client.iterate_predictions(PROJECT))) == 3
    first, second = (json.loads(call.body) for call in server.calls)
    assert first == {"orderBy": "Oldest", "maxCount": 0}
    assert second == token


@pytest.mark.parametrize("results", [[], [PREDICTION]], ids=["empty", "with items"])
def test_a_continuation_that_leads_nowhere_is_an_error(
    server: Server, client: CustomVisionClient, results: list[dict[str, object]]
) -> None:
    server.answers(json_reply({"token": {"continuation": "again"}, "results": results}))
    with pytest.raises(MalformedAnswer, match="leads to itself"):
        list(client.iterate_predictions(PROJECT))


def test_a_deletion_says_how_it_ended(server: Server, client: CustomVisionClient) -> None:
    gone = json_reply({"code": "NotFoundImage", "message": "none"}, 404)
    for reply, ending in ((Reply(204), "done"), (Reply(202), "accepted"), (gone, "gone")):
        server.answers(reply)
        assert client.delete_images(PROJECT, IDS, all_iterations=True) == ending
    query = parse_qs(urlsplit(server.calls[0].target).query)
    assert query == {"imageIds": [",".join(IDS)], "allIterations": ["true"]}

    server.answers(json_reply({"code": "BadRequestIterationNotPublished", "message": ""}, 400))
    assert client.unpublish_iteration(PROJECT, IDS[0]) == "gone"
    server.answers(json_reply({"code": "BadRequestIterationIsPublished", "message": ""}, 400))
    with pytest.raises(BadRequest):
        client.delete_iteration(PROJECT, IDS[0])


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": {"code": "404", "message": "Resource not found"}}, 404),
        json_reply({"error": {"code": "NotFoundProject", "message": "a proxy that knows our words"}}, 404),
        Reply(404, b"<html>"),
    ],
)
def test_a_gateway_that_knows_no_such_address_deletes_nothing(
    server: Server, client: CustomVisionClient, reply: Reply
) -> None:
    server.answers(reply)
    with pytest.raises(NotFound):
        client.delete_project(PROJECT)


def test_a_delete_whose_answer_was_lost_ends_well(server: Server, client: CustomVisionClient) -> None:
    server.answers(Reply(reset=True), json_reply({"code": "NotFoundProject", "message": ""}, 404))
    assert client.delete_project(PROJECT) == "gone"


@given(st.text())
def test_only_uuids_enter_a_path(value: str) -> None:
    try:
        checked = checked_id("project_id", value)
    except InvalidArgument:
        return
    assert len(checked) == 36
    assert set(checked) <= set("0123456789abcdef-")


def test_wrong_arguments_make_no_call(server: Server, client: CustomVisionClient) -> None:
    with pytest.raises(InvalidArgument, match="project_id: expected a UUID"):
        client.get_project("../projects")
    with pytest.raises(InvalidArgument, match="expected 1 to 256, found 0"):
        client.delete_images(PROJECT, [], all_iterations=True)
    with pytest.raises(InvalidArgument, match="expected 1 to 64, found 65"):
        client.delete_predictions(PROJECT, IDS[:65])
    with pytest.raises(InvalidArgument, match="https"):
        CustomVisionClient("http://example.com", TrainingKey(KEY))
    assert server.calls == []


def test_the_account_shows_no_key(server: Server, client: CustomVisionClient) -> None:
    keys = {
        "TrainingKeys": {"PrimaryKey": KEY, "SecondaryKey": ""},
        "PredictionKeys": {"PrimaryKey": KEY},
        "New": KEY,
    }
    server.answers(json_reply({"UserName": "User", "Keys": keys, "Quotas": {"Tier": "Free"}}))
    account = client.get_account()
    assert KEY not in json.dumps(account)
    assert account["Keys"]["TrainingKeys"] == {
        "PrimaryKey": {"present": True},
        "SecondaryKey": {"present": False},
    }
    assert account["Keys"]["New"] == {"present": True}
    assert server.calls[0].target == "/customvision/v1.2/Training/account"


class _Identity:
    """`lifetime`: seconds a token lasts; 0: there is none to be had."""

    def __init__(self, lifetime: float) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._lifetime = lifetime

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.asked.append(scopes)
        if not self._lifetime:
            raise ClientAuthenticationError(f"no token for {KEY}")
        return AccessToken(f"token-{len(self.asked)}", int(time.time() + self._lifetime))


@pytest.mark.parametrize(("lifetime", "asked"), [(3600.0, 1), (200.0, 3)])
def test_a_token_serves_until_shortly_before_its_end(server: Server, lifetime: float, asked: int) -> None:
    identity = _Identity(lifetime)
    server.answers(json_reply([]))
    with CustomVisionClient(server.url, identity) as client:
        for _ in range(3):
            client.list_projects()
    assert identity.asked == [("https://cognitiveservices.azure.com/.default",)] * asked
    assert server.calls[-1].headers["Authorization"] == f"Bearer token-{asked}"


def test_no_token_is_a_clear_error(server: Server) -> None:
    with (
        CustomVisionClient(server.url, _Identity(0)) as client,
        pytest.raises(Unauthorized, match="no token") as caught,
    ):
        client.list_projects()
    assert KEY not in str(caught.value)
    assert server.calls == []


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    server: Server, client: CustomVisionClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serve() as other:
        other.answers(json_reply([]))
        # A proxy for everything, as corporate machines have it, cannot reach this machine's own addresses.
        monkeypatch.setenv("HTTP_PROXY", other.url)
        server.answers(json_reply([], headers={"Set-Cookie": "a=b"}))
        client.list_projects()
        client.list_projects()
        server.answers(Reply(302, headers={"Location": f"{other.url}/customvision"}))
        with pytest.raises(Exception, match="302"):
            client.list_projects()
        assert other.calls == []
    assert not {"Authorization", "Cookie"} & server.calls[-1].headers.keys()


def test_no_log_line_holds_a_key_or_a_signature(
    server: Server, client: CustomVisionClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(Reply(503, json.dumps({"code": "ErrorUnknown", "message": f"{KEY} ?sig=a%2Bb"}).encode()))
    with pytest.raises(Exception, match="ErrorUnknown"), client.open_artifact(PROJECT, "/i?sig=a%2Bb"):
        pass
    with pytest.raises(Exception, match="ErrorUnknown"):
        client.list_projects()
    assert "ErrorUnknown" in caplog.text
    assert KEY not in caplog.text
    assert "a%2Bb" not in caplog.text
    assert KEY not in repr(TrainingKey(KEY))


def test_threads_share_a_bounded_pool(server: Server) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def script(_: Call) -> Reply:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return json_reply([])

    server.script = script
    with CustomVisionClient(server.url, TrainingKey(KEY), pool_size=3) as client:
        threads = [threading.Thread(target=client.list_projects) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.calls) == 12
    assert most <= 3
