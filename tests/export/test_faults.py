"""A service that fails: what passes leaves no trace in the bag, what lasts is a gap with its reason, and the rest is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, Host, inventory, new_archive, settings
from tests.export.record import Json
from tests.export.service_side import training_client


@dataclass
class Tried:
    """A host whose next export begins with an empty archive."""

    host: Host
    archive: Archive
    names: Iterator[str]

    def export(self, scope: object = "account", seconds: float = 90) -> Json:
        return self.host.export({"account": next(self.names), "scope": scope}, seconds)


@pytest.fixture(scope="module")
def tried(emulator: Emulator, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    names = [f"trial-{number}" for number in range(len(STORMS) + 6)]
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive, *names)) as host,
    ):
        yield Tried(host, archive, iter(names))


@pytest.fixture(autouse=True)
def mended(emulator: Emulator) -> Iterator[None]:
    """No fault outlives its test."""
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


@pytest.mark.parametrize(
    "storm",
    [pytest.param(each, marks=[] if each == "refusals" else pytest.mark.prove) for each in STORMS],
)
def test_what_passes_leaves_no_trace(emulator: Emulator, tried: Tried, storm: str) -> None:
    for rule in STORMS[storm]:
        emulator.fault(**rule)
    document = tried.export()
    struck = emulator.faults()
    emulator.no_faults()
    assert all(rule["fired"] for rule in struck), struck
    assert document["state"] == "completed", document
    assert inventory(emulator, tried.archive, document).differences == []


@pytest.mark.prove
def test_what_lasts_is_a_gap_with_its_reason(emulator: Emulator, tried: Tried) -> None:
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
    document = tried.export()
    emulator.no_faults()
    assert document["state"] == "completed-with-gaps", document

    export = tried.archive.bag(document).export()
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
    assert_nothing_else_is_missing(emulator, tried.archive, document, gaps)


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


@pytest.mark.prove
def test_account_information_outlasts_an_outage(emulator: Emulator, tried: Tried) -> None:
    """\"Not available\" is for good, so it is said of a refusal, or of an outage that stays to the last."""
    # As often as the client asks before it gives up.
    emulator.fault(kind="status", status=503, operation="GetAccountInfo", times=6)
    document = tried.export(one_iteration(emulator))
    assert emulator.faults()[0]["fired"] == 6
    assert document["state"] == "completed", document
    account = tried.archive.bag(document).document("data/account.json")
    assert "account" in account["accountInformation"]


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_account_information_that_stays_away(emulator: Emulator, tried: Tried) -> None:
    """What lasts is a gap, and the other part stays what it is."""
    emulator.fault(kind="status", status=500, operation="GetAccountInfo")
    document = tried.export(one_iteration(emulator), 250)
    assert document["state"] == "completed-with-gaps", document
    account = tried.archive.bag(document).document("data/account.json")
    reason = account["accountInformation"]["notAvailable"]["reason"]
    assert account["management"]["notAvailable"]["code"] == "NotConfigured"
    gaps = tried.archive.bag(document).export()["gaps"]
    assert gaps == [{"path": "data/account.json", "code": "ServiceFault", "reason": reason}]
    assert "account: 500: " in reason


def one_iteration(emulator: Emulator) -> Json:
    """A small scope that is there."""
    client = training_client(emulator.endpoint, emulator.key)
    project = next(each.id for each in client.get_projects() if each.name == "Hats")
    return {"projects": [{"id": project, "iterations": [client.get_iterations(project)[0].id]}]}


@pytest.mark.prove
def test_links_that_expire_at_once(emulator: Emulator, tried: Tried) -> None:
    """A link that has ended is asked for again, for its picture alone."""
    # So long that a busy machine does not let those expire that are asked for in time.
    emulator.options(sas_lifetime=4)
    emulator.fault(kind="slow", operation="GetBlob", seconds=4.5, every=5, times=30)
    document = tried.export()
    assert emulator.faults()[0]["fired"] == 30
    emulator.no_faults()
    emulator.options(sas_lifetime=86_400)
    assert document["state"] == "completed", document
    assert inventory(emulator, tried.archive, document).differences == []


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_pictures_that_no_one_gives(emulator: Emulator, tried: Tried) -> None:
    """A picture host that stays away: every picture is a gap with its reason, everything else is there."""
    client = training_client(emulator.endpoint, emulator.key)
    project = next(each.id for each in client.get_projects() if each.name == "Hats")
    ids = [image.id for image in client.get_tagged_images(project, take=2)]
    emulator.fault(kind="status", status=503, operation="GetBlob")
    document = tried.export({"projects": [{"id": project, "images": {"ids": ids}}]}, 250)
    assert document["state"] == "completed-with-gaps", document
    assert "pictures" not in document["totals"] or document["totals"]["pictures"]["exported"] == 0
    assert document["totals"]["images, tagged"]["exported"] == 2
    gaps = tried.archive.bag(document).export()["gaps"]
    assert {gap["id"] for gap in gaps} == set(ids)
    assert all("503" in gap["reason"] for gap in gaps)
