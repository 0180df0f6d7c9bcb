"""Sealing that is interrupted, or done twice at once, ends in the same bag; and what it asks of the store."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient

from steward.archive import writing
from steward.archive.bag import SealedBag
from steward.archive.closing import close_project
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from tests.archive.exports import Export, Project
from tests.conftest import Azurite


class Interrupted(BaseException):
    """The process ends here."""


class DyingTransport(RequestsTransport):
    """Lets so many requests through; of the next one the store may or may not have heard."""

    def __init__(self, lives: int, *, heard: bool) -> None:
        super().__init__()
        self.sent = 0
        self._lives = lives
        self._heard = heard

    def send(self, request: Any, **kwargs: Any) -> Any:
        self.sent += 1
        if self.sent <= self._lives:
            return cast("object", super().send(request, **kwargs))
        if self._heard:
            # Unread, it would keep its connection open until it is collected.
            cast("Any", super().send(request, **kwargs)).internal_response.close()
        raise Interrupted


def dying_store(azurite: Azurite, container: ContainerClient, lives: int, *, heard: bool) -> ArchiveStore:
    transport = DyingTransport(lives, heard=heard)
    return ArchiveStore(
        ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport, retry_total=0
        )
    )


def sealed_export(
    store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> tuple[Export, dict[str, bytes], SealedBag]:
    """An export, the work area that it had before it was sealed, and its sealed bag."""
    # Small blocks: manifests of many blocks, as those of large accounts.
    monkeypatch.setattr(writing, "BLOCK", 500)
    export = Export(store)
    export.write([Project(tagged=[0, 1], untagged=[], gone=[1], snapshots=[], predictions=0, models=0)])
    fragments = {blob.name: store.read(blob.name) for blob in store.list(export.bag.work)}
    return export, fragments, export.seal()


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.prove)])
def test_sealing_that_ends_anywhere_is_finished_by_the_next_run(
    azurite: Azurite,
    container: ContainerClient,
    store: ArchiveStore,
    monkeypatch: pytest.MonkeyPatch,
    every: int,
) -> None:
    export, fragments, whole = sealed_export(store, monkeypatch)
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []

    interrupted = 0
    for heard in (False, True):
        for lives in range(0, 1000, every):
            unseal(store, export, fragments)
            try:
                Export(dying_store(azurite, container, lives, heard=heard)).seal()
            except Interrupted:
                interrupted += 1
            else:
                break
            assert export.seal() == whole
            assert not list(store.list(export.bag.work))
    assert interrupted > 40 / every
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []


def unseal(store: ArchiveStore, export: Export, fragments: dict[str, bytes]) -> None:
    """As it was before the first sealing."""
    tag_files = [blob.name for blob in store.list(export.bag.prefix) if "/data/" not in blob.name]
    store.delete_many(tag_files)
    for name, data in fragments.items():
        store.write(name, data)


class OvertakenTransport(RequestsTransport):
    """Before one of its requests a twin does all of the work."""

    def __init__(self, moment: int, twin: Callable[[], object]) -> None:
        super().__init__()
        self.sent = 0
        self._moment = moment
        self._twin = twin

    def send(self, request: Any, **kwargs: Any) -> Any:
        if self.sent == self._moment:
            self._twin()
        self.sent += 1
        return cast("object", super().send(request, **kwargs))


@pytest.mark.prove
def test_twins_end_in_the_same_bag_whenever_one_overtakes_the_other(
    azurite: Azurite, container: ContainerClient, store: ArchiveStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, fragments, whole = sealed_export(store, monkeypatch)
    moment = 0
    for moment in range(1000):
        unseal(store, export, fragments)
        transport = OvertakenTransport(moment, export.seal)
        slow = ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport
        )
        assert Export(ArchiveStore(slow)).seal() == whole
        assert not list(store.list(export.bag.work))
        if transport.sent <= moment:
            break
    assert moment > 20
    assert verify(store, export.bag.account, export.bag.request, deep=True).problems == []


def test_sealing_asks_nothing_of_the_store_for_a_picture(
    azurite: Azurite, container: ContainerClient
) -> None:
    requests: list[int] = []
    for account, images in (("few", 1), ("many", 60)):
        transport = DyingTransport(10_000, heard=False)
        client = ContainerClient.from_connection_string(
            azurite.connection_string, container.container_name, transport=transport
        )
        export = Export(ArchiveStore(client), account)
        project = Project(tagged=list(range(images)), untagged=[], snapshots=[], predictions=0, models=0)
        export.write([project])
        before = transport.sent
        close_project(export.store, export.bag, project.id)
        export.seal()
        requests.append(transport.sent - before)
    few, many = requests
    # One read a page file: 60 images are 20 pages of three, one image is one.
    assert many - few == 19
