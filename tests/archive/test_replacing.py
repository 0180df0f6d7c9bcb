"""Writing where a rival may have written: what is new costs one request, what is there is looked at before it goes."""

import pytest

from steward.archive import writing
from steward.archive.errors import ArchiveUnavailable, BlobExists
from steward.archive.store import ArchiveStore, connect
from tests.conftest import Azurite
from tests.proxy import Seen
from tests.store_proxy import INTERNAL_ERROR, Refusal, store_proxy


class Closed(Exception):  # noqa: N818 - it names what is found
    pass


def refuse() -> None:
    raise Closed


@pytest.mark.parametrize("block", [4, 1024], ids=["in blocks", "at once"])
def test_what_is_there_goes_only_where_it_may(
    store: ArchiveStore, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(writing, "BLOCK", block)
    store.write_stream("page", [b"first reading"], unless=refuse)
    with pytest.raises(Closed):
        store.write_stream("page", [b"second"], unless=refuse)
    assert store.read("page") == b"first reading"
    digests = store.write_stream("page", [b"second ", b"reading"], unless=lambda: None)
    assert store.read("page") == b"second reading"
    assert store.find("page") == next(store.list("page"))
    assert digests.length == len(b"second reading")


def test_a_rival_that_writes_after_the_look_is_not_written_over(store: ArchiveStore) -> None:
    """Nobody knows any more whether what is there may go."""
    store.write("page", b"first")
    with pytest.raises(BlobExists):
        store.write_stream("page", [b"mine"], unless=lambda: _ignore(store.write("page", b"rival's")))
    assert store.read("page") == b"rival's"


def _ignore(_: object) -> None:
    pass


def test_a_replacement_is_sent_once(azurite: Azurite, store: ArchiveStore) -> None:
    """The storage library would send it again after half a minute, long after the look."""
    store.write("page", b"first")
    sent: list[str] = []

    def fault(seen: Seen) -> Refusal | None:
        replaces = seen.method == "PUT" and any(name.lower() == "if-match" for name in seen.headers)
        if replaces:
            sent.append(seen.target)
        return INTERNAL_ERROR if replaces else None

    with store_proxy(azurite) as proxy:
        proxy.fault = fault
        through = ArchiveStore(connect(store.container, connection_string=proxy.connection_string))
        with pytest.raises(ArchiveUnavailable):
            through.write_stream("page", [b"second"], unless=lambda: None)
    assert len(sent) == 1
