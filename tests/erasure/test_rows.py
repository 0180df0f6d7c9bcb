"""The rows of the data are what is really asked for and deleted: no operation beside them, none of them unused."""

from pathlib import Path

import pytest

from steward.erasure.findings import ENTITIES
from steward.rows import ROWS
from tests.conftest import Azurite
from tests.erasure.erasing import erasing

# To see that something is gone, and pictures, which are no call of the API.
BESIDE = {"GetImagesByIds", "GetBlob"}
# Only where an image names a tag that no list has.
SELDOM = {"GetTag"}


@pytest.mark.prove
def test_an_export_and_an_erase_use_every_operation_of_the_rows_and_no_other(
    azurite: Azurite, tmp_path: Path
) -> None:
    with erasing(azurite, tmp_path) as app:
        app.emulator.forget_calls()
        assert app.host.export()["state"] == "completed"
        exported = set(app.emulator.counters()["operations"])
        assert app.erase("account", archives="keep", waiveExport={"reason": "a test"})["state"] == "completed"
        used = set(app.emulator.counters()["operations"]) - BESIDE
    reading = {each for row in ROWS for each in row.exported}
    deleting = {each for row in ROWS for each in row.erased}
    assert used | SELDOM == reading | deleting
    assert exported.isdisjoint(deleting)


def test_the_rows_are_in_the_order_of_the_erase() -> None:
    counted = [row for row in ROWS if row.entity]
    assert [row.entity for row in counted] == list(ENTITIES)
    assert [row.order for row in counted] == sorted(row.order or 0 for row in counted)
    assert all(row.order or row.remover for row in ROWS)
