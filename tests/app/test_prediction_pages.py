"""Pages of stored predictions: as many at a time as one answer can hold, whatever a prediction's size."""

import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from activities import predictions
from steward.archive.page_digests import NO_PAGES
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import AnswerTooLarge
from tests.customvision.scripted import Call, Reply, json_reply, serve

PROJECT = "11111111-1111-4111-8111-111111111111"


def stored(tags: int) -> dict[str, Any]:
    """A stored prediction of so many tags; some 160 bytes a tag."""
    found = [
        {"probability": 0.0012345678, "tagId": str(uuid.UUID(int=number)), "tagName": f"category {number}", "boundingBox": None, "tagType": "Regular"}
        for number in range(tags)
    ]  # fmt: skip
    address = f"https://example.blob.core.windows.net/{'s' * 200}"
    return {"id": str(uuid.uuid4()), "created": "2026-01-01T00:00:00", "originalImageUri": address, "predictions": found}  # fmt: skip


class Service:
    """Gives stored predictions as many at a time as it is asked for, or 50 where nobody says; refuses more than `most`."""

    def __init__(self, count: int, tags: int, most: int = 256) -> None:
        self.stored = [stored(tags) for _ in range(count)]
        self.most = most
        self.asked: list[int] = []

    def answer(self, call: Call) -> Reply:
        token = json.loads(call.body)
        self.asked.append(token["maxCount"])
        if token["maxCount"] > self.most:
            return json_reply(
                {"code": "BadRequestPredictionResultsExceededCount", "message": "too many"}, 400
            )
        start = int(token.get("continuation") or 0)
        end = start + (token["maxCount"] or 50)
        following = str(end) if end < len(self.stored) else None
        return json_reply({"token": {**token, "continuation": following}, "results": self.stored[start:end]})


def read_all(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids on all pages, each page read as an export and an erasure's inventory read it."""
    with serve() as server, CustomVisionClient(server.url, TrainingKey("0" * 32)) as client:
        server.script = service.answer

        def home(_: str) -> Any:
            return SimpleNamespace(client=client)

        monkeypatch.setattr(predictions, "account", home)
        ids: list[str] = []
        token: Any = {}
        while token is not None:
            results, token = predictions.read_prediction_page(
                {
                    "request": "r", "account": "a", "reading": "export", "project": PROJECT, "page": 0, "listed": 0,
                    "digest": NO_PAGES, "token": token,
                }
            )  # fmt: skip
            ids += [each["id"] for each in results]
    return ids


@pytest.mark.parametrize("most", [256, 100, 2])
def test_predictions_of_many_tags_are_read_to_the_last(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """256 of 120 tags are longer than what one answer may be."""
    service = Service(300 if most > 2 else 5, tags=120, most=most)
    assert read_all(service, monkeypatch) == [each["id"] for each in service.stored]
    # The size that fits is found once.
    assert len(service.asked) <= 8


def test_one_prediction_that_no_answer_holds_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnswerTooLarge):
        read_all(Service(2, tags=30_000), monkeypatch)
