"""A second export reads every page again and moves no picture that is stored; what is new moves alone."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.processes import ROOT, connection_string, start
from tests.emulator.service import pictures
from tests.export.conftest import StartEmulator
from tests.export.exporting import Emulator, Host, inventory, new_archive, settings
from tests.export.record import Json
from tests.export.service_side import training_client

REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|DELETE) /devstoreaccount1/[^/]+/?([^" ?]*)(\?[^" ]*)? HTTP')
# A page of a list; a listing's own record in the work area is not one.
PAGE = re.compile(r"default/exports/.*/(?:images/|image-performance-|predictions/).*\.jsonl")
# Each one's answer is begun, which tells whether the service has made it anew, and read no further.
MODELS = 3


class Counting:
    """An Azurite that says each request it gets."""

    def __init__(self, output: Path, connection: str) -> None:
        self._output = output
        self.connection_string = connection
        self._read = 0

    def requests(self) -> list[tuple[str, str, str]]:
        """Method, blob and query of the requests since the last call."""
        found = REQUEST.findall(self._output.read_text())
        self._read, new = len(found), found[self._read :]
        return new


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    """Not silent, it writes an access log."""

    def listening(text: str) -> dict[str, int] | None:
        found = re.search(
            r"Azurite Blob service is successfully listening at http://127\.0\.0\.1:(\d+)", text
        )
        queue = re.search(
            r"Azurite Queue service is successfully listening at http://127\.0\.0\.1:(\d+)", text
        )
        return {"blob": int(found[1]), "queue": int(queue[1])} if found and queue else None

    ports = ("--blobPort", "0", "--queuePort", "0", "--tablePort", "0")
    program = start(
        "azurite",
        [
            ROOT / "node_modules" / ".bin" / "azurite",
            *("--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence", *ports),
        ],
        tmp_path,
        listening,
    )
    yield Counting(program.output, connection_string(program.facts["blob"], program.facts["queue"]))
    program.stop()


def test_a_second_export_moves_only_what_is_new(
    tmp_path: Path, own_emulator: StartEmulator, counting: Counting
) -> None:
    emulator = own_emulator()
    with (
        new_archive(counting.connection_string) as archive,
        Host(tmp_path, settings(emulator, archive)) as host,
    ):
        first, moved = exported(host, emulator)
        # Workspaces, what only snapshots still have, and stored predictions.
        assert moved == 300 + 10 + 30 + MODELS
        counting.requests()
        second, moved = exported(host, emulator)
        assert moved == MODELS
        assert_few(counting.requests(), second["totals"])
        assert second["totals"] == first["totals"]

        client = training_client(emulator.endpoint, emulator.key)
        project = client.get_projects()[0].id
        (picture,) = pictures(1, start=5_000)
        client.create_images_from_data(project, picture, tag_ids=[client.get_tags(project)[0].id])
        third, moved = exported(host, emulator)
        assert moved == 1 + MODELS
        stored = [blob for method, blob, _ in counting.requests() if method == "PUT" and is_shared(blob)]
        assert len(stored) == 1
        assert third["totals"]["pictures"]["exported"] == second["totals"]["pictures"]["exported"] + 1
        assert inventory(emulator, archive, third).differences == []
        # The bags before hold what they held, and nothing that has come since.
        assert archive.bag(second).export()["totals"] == archive.bag(first).export()["totals"]


def exported(host: Host, emulator: Emulator) -> tuple[Json, int]:
    """The document of a completed export, and how many files the service's storage was asked for."""
    before = emulator.counters()["pictures"]
    document = host.export()
    assert document["state"] == "completed", document
    return document, emulator.counters()["pictures"] - before


def is_shared(blob: str) -> bool:
    return blob.startswith(("default/pictures/", "default/predictions/", "default/models/"))


def assert_few(requests: list[tuple[str, str, str]], totals: Json) -> None:
    """At most 3 a page and a constant an entity; no request for a single picture."""
    assert not [blob for _, blob, _ in requests if is_shared(blob)]
    pages = Counter(blob for _, blob, _ in requests if PAGE.fullmatch(blob))
    # Tagged, untagged and predictions of 3 projects; tagged and untagged of 6 iterations; performances of the 5 that trained.
    assert len(pages) == 3 * 3 + 6 * 2 + 5
    assert max(pages.values()) <= 3
    # The ledger is read by who asks for the request's state, the budget by the second: neither grows with the account.
    own = [blob for _, blob, _ in requests if not blob.startswith(("default/requests/", "default/budget"))]
    entities = totals["projects"]["exported"] + totals["iterations"]["exported"]
    assert len(own) <= 3 * len(pages) + 25 * entities + 50
