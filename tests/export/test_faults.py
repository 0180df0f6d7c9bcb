"""A service that fails: what passes leaves no trace in the bag, what lasts is a gap with its reason, and the rest is whole."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Host, inventory, new_archive, settings
from tests.export.record import Json
from tests.export.service_side import training_client


@pytest.fixture(scope="module")
def host(
    emulator: Emulator, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Host, Archive]]:
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive)) as host,
    ):
        yield host, archive


@pytest.fixture(autouse=True)
def mended(emulator: Emulator, host: tuple[Host, Archive]) -> Iterator[None]:
    """No fault outlives its test, and no picture that an earlier test has stored is found."""
    _, archive = host
    for name in archive.container.list_blob_names():
        if name.startswith(("default/pictures/", "default/predictions/", "default/models/")):
            archive.container.delete_blob(name)
    yield
    emulator.no_faults()
    emulator.options(sas_lifetime=86_400)


STORMS: dict[str, list[Json]] = {
    "refusals": [
        {"kind": "status", "status": 429, "retryAfter": 1, "operation": "Get*", "every": 9},
        {"kind": "status", "status": 500, "probability": 0.15, "seed": 1},
        {"kind": "status", "status": 503, "operation": "Query*", "nth": [1, 2]},
    ],
    "answers cut short": [
        {"kind": "truncated", "operation": "Get*Images", "every": 3},
        {"kind": "truncated", "operation": "Get*Performance*", "nth": [1, 4]},
        {"kind": "truncated", "operation": "GetBlob", "every": 10},
        {"kind": "truncated", "operation": "QueryPredictions", "nth": 2},
    ],
    "broken connections and other bytes": [
        {"kind": "reset-before", "probability": 0.1, "seed": 2},
        {"kind": "reset-after", "probability": 0.1, "seed": 3},
        {"kind": "wrong-bytes", "operation": "GetBlob", "every": 8},
    ],
}


@pytest.mark.parametrize("storm", STORMS)
def test_what_passes_leaves_no_trace(emulator: Emulator, host: tuple[Host, Archive], storm: str) -> None:
    for rule in STORMS[storm]:
        emulator.fault(**rule)
    document = host[0].export()
    struck = emulator.faults()
    emulator.no_faults()
    assert all(rule["fired"] for rule in struck), struck
    assert document["state"] == "completed", document
    assert inventory(emulator, host[1], document).differences == []


def test_what_lasts_is_a_gap_with_its_reason(emulator: Emulator, host: tuple[Host, Archive]) -> None:
    """A picture that is gone between listing and GET, one that never has the right bytes, refusals of single calls."""
    client = training_client(emulator.endpoint, emulator.key)
    project = next(each.id for each in client.get_projects() if each.name == "Hats")
    gone, damaged = client.get_tagged_images(project, take=2)
    emulator.fault(kind="status", status=404, operation="GetBlob", path=path_of(gone))
    emulator.fault(kind="wrong-bytes", operation="GetBlob", path=path_of(damaged))
    iteration = next(each.id for each in client.get_iterations(project) if each.status == "Completed")
    refused = {"kind": "status", "status": 403}
    for place in ("performance", "export"):
        emulator.fault(**refused, path=f"*/iterations/{iteration}/{place}")
    emulator.fault(**refused, operation="GetUntaggedImages", path=f"*{project}*")
    document = host[0].export()
    emulator.no_faults()
    assert document["state"] == "completed-with-gaps", document

    export = host[1].bag(document).export()
    gaps = {
        (gap.get("id") or gap["path"].removeprefix(f"data/projects/{project}/")): gap
        for gap in export["gaps"]
    }
    trained = [each.id for each in client.get_iterations(project) if each.status == "Completed"]
    pages = [f"iterations/{each}/images/untagged-00000.jsonl" for each in trained]
    assert gaps.keys() == {
        *(gone.id, damaged.id, "images/untagged-00000.jsonl", *pages),
        *(f"iterations/{iteration}/{part}.json" for part in ("performance", "exports")),
    }
    assert gaps[gone.id]["code"] == "PictureGone"
    assert gaps[damaged.id]["code"] == "PictureDamaged"
    assert all(gap["reason"] for gap in export["gaps"])
    assert_nothing_else_is_missing(emulator, host[1], document, gaps)


def assert_nothing_else_is_missing(
    emulator: Emulator, archive: Archive, request: Json, gaps: dict[str, Any]
) -> None:
    """Every difference is of something that a gap names: a picture's id, or what a page or document would hold."""
    excused = [
        *(name for name in gaps if "/" not in name),
        "untagged image",
        "is a gap",
        "export / ",
        "performance / ",
    ]
    found = inventory(emulator, archive, request)
    rest = [each for each in found.differences if not any(word in each for word in excused)]
    # What images of the untagged pages would have had beside them.
    assert [each for each in rest if not each.startswith(("picture / ", "metadata / ", "model / "))] == []


def path_of(image: Any) -> str:
    return urlsplit(str(image.original_image_uri)).path


def test_links_that_expire_at_once(emulator: Emulator, host: tuple[Host, Archive]) -> None:
    """A link that has ended is asked for again, for its picture alone."""
    emulator.options(sas_lifetime=1)
    emulator.fault(kind="slow", operation="GetBlob", seconds=1.5, every=5, times=30)
    document = host[0].export()
    assert emulator.faults()[0]["fired"] == 30
    emulator.no_faults()
    emulator.options(sas_lifetime=86_400)
    assert document["state"] == "completed", document
    assert inventory(emulator, host[1], document).differences == []


@pytest.mark.prove
def test_pictures_that_no_one_gives(emulator: Emulator, host: tuple[Host, Archive]) -> None:
    """A picture host that stays away: every picture is a gap, everything else is there."""
    emulator.fault(kind="status", status=503, operation="GetBlob")
    document = host[0].export({"scope": {"projects": [{"name": "Hats"}]}}, 110)
    emulator.no_faults()
    assert document["state"] == "completed-with-gaps", document
    totals = document["totals"]
    assert totals["pictures"]["exported"] == 0
    assert totals["images, tagged"]["gaps"] == totals["images, tagged"]["exported"]
