"""Pictures whose source asks for a pause: the page waits and is tried again, and only what is left at last is a gap."""

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import moving
from activities.moving import Wanted, move_pictures
from activities.outcome import MayPass, outcome
from steward.archive.pictures import StoredPicture
from steward.archive.store import ArchiveStore
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import BudgetUnavailable
from steward.customvision.pictures import PictureSource
from tests.conftest import Azurite
from tests.customvision.scripted import Call, Reply, Server, serve

PROJECT = "11111111-1111-4111-8111-111111111111"
# A gif of one pixel, as small as one can be.
PIXEL = b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00;"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


class Page:
    """Two pictures of a page, moved into an archive of their own."""

    def __init__(self, server: Server, store: ArchiveStore, relative: bool = False) -> None:
        self.client = CustomVisionClient(server.url, TrainingKey("0" * 32))
        pictures = PictureSource(self.client, [], allow_http=True)
        self.home: Any = SimpleNamespace(store=store, pictures=pictures)
        self.prefix = f"a/{uuid.uuid4().hex}/"
        base = "" if relative else server.url
        self.wanted = [Wanted(str(uuid.uuid4()), f"{base}/{name}") for name in ("one", "other")]

    def move(self, *, last: bool = False) -> list[Any]:
        found: list[Any] = move_pictures(
            self.home, PROJECT, self.prefix, self.wanted, "r", lambda _: {}, last=last
        )
        return found


@pytest.fixture
def store(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveStore]:
    monkeypatch.setattr(moving, "PAUSES", (0.0, 0.05))
    monkeypatch.setattr(moving, "current_settings", lambda: SimpleNamespace(picture_threads=2))
    name = f"moving-{uuid.uuid4().hex}"
    with ContainerClient.from_connection_string(azurite.connection_string, name) as container:
        container.create_container()
        yield ArchiveStore(container)


def test_a_pause_that_the_source_asks_for_is_the_page_s(server: Server, store: ArchiveStore) -> None:
    """Longer than the client waits itself: the orchestration waits so long, and then moves what is left."""
    away = True

    def script(call: Call) -> Reply:
        if away and call.target.endswith("/other"):
            return Reply(503, headers={"Retry-After": "40"})
        return Reply(200, PIXEL)

    server.script = script
    page = Page(server, store)
    assert outcome(lambda: {"moved": page.move()})() == {"wait": 40}
    away = False
    asked = len(server.calls)
    assert all(isinstance(each, StoredPicture) for each in page.move())
    assert len(server.calls) == asked + 1


def test_what_is_still_asked_to_wait_at_last_is_a_gap(server: Server, store: ArchiveStore) -> None:
    """Nobody asks again: the page with all else on it must not be lost over one picture."""

    def script(call: Call) -> Reply:
        throttled = Reply(429, headers={"Retry-After": "40"})
        return throttled if call.target.endswith("/other") else Reply(200, PIXEL)

    server.script = script
    one, other = Page(server, store).move(last=True)
    assert isinstance(one, StoredPicture)
    assert other["code"] == "Throttled"


def test_a_budget_that_is_away_is_tried_again_by_the_engine(
    server: Server, store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private account's pictures come through the API, and cost calls."""
    page = Page(server, store, relative=True)

    def away(*_: object) -> Any:
        raise BudgetUnavailable("call budget: the store answered 503")

    monkeypatch.setattr(page.client, "open_artifact", away)
    with pytest.raises(MayPass, match="BudgetUnavailable"):
        outcome(lambda: {"moved": page.move()})()
