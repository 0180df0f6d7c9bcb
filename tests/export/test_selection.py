"""A selector that chooses nothing is never passed over in silence; a person asked for something, and hears of it."""

import json
from typing import Any

import pytest

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from tests.archive.schemas import faults_of_bag
from tests.export.exporting import Exported
from tests.export.record import Json
from tests.export.service_side import training_client

HATS = "Hats"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
# Stands in no answer of the service, and in no bag.
PERSON = "Frauke Musterfrau"
BEFORE_ALL = {"to": "2001-01-01T00:00:00Z"}


class Hats:
    """The project of that name, as the service has it."""

    def __init__(self, exported: Exported) -> None:
        self._client = training_client(exported.emulator.endpoint, exported.emulator.key)
        (self.id,) = (each.id for each in self._client.get_projects() if each.name == HATS)
        iterations = self._client.get_iterations(self.id)
        self.iterations: list[Any] = iterations
        self.workspace = self._ids(None)
        self.snapshots = {image for each in iterations for image in self._ids(each.id)} - self.workspace

    def tag(self) -> tuple[str, int]:
        """A tag of the workspace, and how many different images of workspace and snapshots carry it."""
        name = self._client.get_tags(self.id)[0].name
        snapshots = [None, *(each.id for each in self.iterations)]
        carry = {
            image.id
            for snapshot in snapshots
            for image in self._client.get_tagged_images(self.id, iteration_id=snapshot, take=256)
            if name in {tag.tag_name for tag in image.tags}
        }
        return name, len(carry)

    def _ids(self, iteration: str | None) -> set[str]:
        return {
            image.id
            for read in (self._client.get_tagged_images, self._client.get_untagged_images)
            for image in read(self.id, iteration_id=iteration, take=256)
        }


@pytest.fixture(scope="module")
def hats(exported: Exported) -> Hats:
    return Hats(exported)


def export(exported: Exported, *projects: Json, **body: Any) -> tuple[Json, dict[str, int], list[str]]:
    """The request's document; by selector, how many the bag says it chose; the selectors that export.json names as gaps."""
    document = exported.host.export({"scope": {"projects": list(projects)}, **body})
    bag = exported.archive.bag(document)
    chosen: dict[str, int] = {}
    for name in exported.archive.container.list_blob_names(name_starts_with=document["bag"]):
        text = exported.archive.container.download_blob(name).readall()
        assert PERSON.encode() not in text, name
        if name.endswith("/selection.json"):
            chosen |= {each["selector"]: each["matched"] for each in json.loads(text)["selectors"]}
    gaps = bag.export()["gaps"]
    assert {gap["code"] for gap in gaps} <= {"NothingSelected"}
    assert document["state"] == ("completed-with-gaps" if gaps else "completed"), document
    return document, chosen, [gap["reason"].partition(" fits ")[2] for gap in gaps]


@pytest.mark.parametrize(
    ("selector", "place"),
    [
        ({"images": {"tags": [PERSON]}}, "images"),
        ({"images": {"metadata": {"subject": PERSON}}}, "images"),
        ({"images": {"ids": [UNKNOWN]}}, "images/ids/0"),
        ({"iterations": [PERSON]}, "iterations/0"),
        ({"predictions": BEFORE_ALL}, "predictions"),
    ],
)
def test_what_chooses_nothing_is_a_gap(exported: Exported, selector: Json, place: str) -> None:
    document, chosen, gaps = export(exported, {"name": HATS, **selector})
    assert gaps == [f"#/scope/projects/0/{place}"]
    assert chosen == {f"#/scope/projects/0/{place}": 0}
    assert document["totals"]["pictures"]["exported"] == 0


def test_each_selector_is_looked_at_alone(exported: Exported, hats: Hats) -> None:
    """Ids that only a snapshot has count; so do parts of another entry for the same project, and of another project."""
    workspace, snapshot = min(hats.workspace), min(hats.snapshots)
    tag, carriers = hats.tag()
    document, chosen, gaps = export(
        exported,
        {"name": HATS, "images": {"ids": [workspace.upper(), UNKNOWN, snapshot, workspace]}},
        {"id": hats.id, "images": {"tags": [tag]}, "iterations": [PERSON, hats.iterations[0].name]},
        {"id": hats.id, "images": {"tags": [tag], "ids": [UNKNOWN]}, "predictions": {"to": "2101-01-01T00:00:00Z"}},
        {"name": HATS, "predictions": BEFORE_ALL},
    )  # fmt: skip
    place = "#/scope/projects"
    predictions = chosen.pop(f"{place}/2/predictions")
    assert predictions > 0
    assert chosen == {
        f"{place}/0/images/ids/0": 1,
        f"{place}/0/images/ids/1": 0,
        f"{place}/0/images/ids/2": 1,
        f"{place}/0/images/ids/3": 1,
        f"{place}/1/images": carriers,
        f"{place}/1/iterations/0": 0,
        f"{place}/1/iterations/1": 1,
        f"{place}/2/images/ids/0": 0,
        f"{place}/3/predictions": 0,
    }
    assert sorted(gaps) == sorted(name for name, count in chosen.items() if not count)
    bag = BagNames(document["account"], document["id"])
    assert faults_of_bag(ArchiveStore(exported.archive.container), bag) == []


def test_what_chooses_something_completes_and_looks_like_no_loss(exported: Exported, hats: Hats) -> None:
    """The service's figures for whole lists do not stand beside a selection of them."""
    ids = [min(hats.workspace), min(hats.snapshots)]
    document, chosen, gaps = export(exported, {"name": HATS, "images": {"ids": ids}})
    assert (document["state"], gaps) == ("completed", [])
    assert chosen == {f"#/scope/projects/0/images/ids/{place}": 1 for place in range(2)}
    totals = document["totals"]
    assert totals["pictures"]["exported"] == 2
    assert totals["projects"] == {"service": 1, "exported": 1, "verified": 1, "gaps": 0}
    for row in (
        "images, tagged",
        "snapshot images, tagged",
        "snapshot images, untagged",
        "image performances",
    ):
        assert totals[row]["selected"], row
        assert "service" not in totals[row], row


def test_a_snapshot_is_not_looked_at_where_iterations_are_left_out(exported: Exported, hats: Hats) -> None:
    ids = [min(hats.workspace), min(hats.snapshots)]
    selector = {"name": HATS, "images": {"ids": ids}}
    _, chosen, gaps = export(exported, selector, options={"iterations": False})
    assert chosen == {f"#/scope/projects/0/images/ids/{place}": 1 - place for place in range(2)}
    assert gaps == ["#/scope/projects/0/images/ids/1"]


def test_an_iteration_that_is_chosen_is_given_whole(exported: Exported, hats: Hats) -> None:
    """Beside its figures the service's stand; beside those of other snapshots they do not."""
    document, _, gaps = export(exported, {"name": HATS, "iterations": [hats.iterations[0].id]})
    assert gaps == []
    row = document["totals"]["snapshot images, tagged"]
    assert row["service"] == row["exported"] > 0
    assert document["totals"]["iterations"] == {"selected": True, "exported": 1, "verified": 1, "gaps": 0}
