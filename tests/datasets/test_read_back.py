"""Every data set of a seed's export, read by the tools that people use, is what the bag has; and COCO comes around."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from azure.cognitiveservices.vision.customvision.training.models import (
    ImageFileCreateBatch,
    ImageFileCreateEntry,
    Region,
)
from PIL import Image

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.datasets.bags import StoredBag
from steward.datasets.making import FormatName, Wanted, make_data_sets
from steward.datasets.projects import split
from tests.conftest import running_azurite
from tests.datasets.readers import READERS, Found
from tests.export.exporting import Archive, Emulator, Exported, Host, new_archive, new_emulator, settings
from tests.export.service_side import training_client

ADDRESS = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/p"
SEEDS = ["small", pytest.param("medium", marks=pytest.mark.prove)]


@pytest.fixture(scope="module", params=SEEDS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    with (
        new_emulator(tmp_path_factory.mktemp("emulator"), seed=request.param) as emulator,
        running_azurite(tmp_path_factory.mktemp("azurite")) as azurite,
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive)) as host,
    ):
        yield Exported(emulator, archive, host, host.export(seconds=300))


@dataclass
class Expected:
    """A project's lists in the bag, as they stand there."""

    kind: str
    images: dict[str, dict[str, Any]]
    digests: dict[str, str]
    negative: set[str]
    tags: set[str]

    def parts(self, validation: float, seed: int) -> dict[str, str]:
        return {
            image: split(self.digests[image], validation=validation, seed=seed)
            if line.get("tags")
            else "untagged"
            for image, line in self.images.items()
        }


def expected(archive: Archive, bag: BagNames, iteration: str = "") -> dict[str, Expected]:
    """By project, read from the bag's blobs."""
    found: dict[str, Expected] = {}

    def lines(prefix: str) -> Iterator[dict[str, Any]]:
        for name in archive.container.list_blob_names(name_starts_with=bag.blob(prefix)):
            yield from map(json.loads, archive.container.download_blob(name).readall().splitlines())

    for details in [each for each in lines("data/projects/") if "project" in each]:
        project = details["project"]
        folder = f"data/projects/{project['id']}/" + (f"iterations/{iteration}/" if iteration else "")
        (tags,) = [*lines(folder + "tags.json")] or [{"tags": []}]
        images = {line["image"]["id"]: line for line in lines(folder + "images/")}
        regions = any(line["image"].get("regions") for line in images.values())
        found[project["name"]] = Expected(
            kind="detection" if regions else project["settings"]["classificationType"].lower(),
            images={image: line["image"] for image, line in images.items()},
            digests={image: line["picture"]["sha256"] for image, line in images.items()},
            negative={tag["name"] for tag in tags["tags"] if tag["type"] == "Negative"},
            tags={tag["name"] for tag in tags["tags"]},
        )
    return found


def compare(found: Found, wanted: Expected, kind: FormatName, *, validation: float, seed: int) -> None:
    """Counts, splits, sizes, categories, and boxes to a pixel."""
    assert found.parts == wanted.parts(validation, seed)
    assert found.sizes == {image: (line["width"], line["height"]) for image, line in wanted.images.items()}
    boxed = wanted.kind == "detection" and kind != "folders"
    if found.classes is not None:
        assert found.classes == wanted.tags - (wanted.negative if boxed else set())
    for image, line in wanted.images.items():
        width, height = found.sizes[image]
        if boxed:
            should = sorted(
                (
                    each["tagName"],
                    each["left"] * width,
                    each["top"] * height,
                    (each["left"] + each["width"]) * width,
                    (each["top"] + each["height"]) * height,
                )
                for each in line.get("regions") or ()
            )
            labels = sorted((name, *box) for name, box in found.labels[image] if box)
            assert [name for name, *_ in labels] == [name for name, *_ in should]
            for one, other in zip(labels, should, strict=True):
                # Pascal VOC's pixels are whole ones, all others as exact as the service.
                assert one[1:] == pytest.approx(other[1:], abs=0.51 if kind == "voc" else 0.02)
        else:
            names = Counter(name for name, _ in found.labels[image])
            assert names == Counter(tag["tagName"] for tag in line.get("tags") or ())


@pytest.mark.parametrize("kind", READERS)
def test_every_format_is_read_back_as_the_bag_has_it(
    exported: Exported, tmp_path: Path, kind: FormatName
) -> None:
    bag = BagNames(exported.document["account"], exported.document["id"])
    store = ArchiveStore(exported.archive.container)
    address = ADDRESS if kind == "azureml" else ""
    wanted = Wanted(kind, validation=0.25, seed=7, address=address)
    made = make_data_sets(StoredBag(store, bag), tmp_path, wanted)
    projects = expected(exported.archive, bag)
    about = json.loads((tmp_path / "dataset.json").read_bytes())
    written = {each["name"]: each for each in about["projects"]}
    refused = {name for name, each in projects.items() if each.kind != "detection"}
    assert set(made.left_out) == (refused if kind in ("yolo", "voc") else set())
    assert written.keys() == projects.keys() - made.left_out.keys()
    for name, each in written.items():
        found = READERS[kind](tmp_path / each["folder"], *reader_options(kind, each, projects[name]))
        compare(found, projects[name], kind, validation=0.25, seed=7)
    assert made.images.total() == sum(len(projects[name].images) for name in written)
    assert set(made.notes) <= {"PictureRewritten"}


def reader_options(kind: FormatName, about: Mapping[str, Any], wanted: Expected) -> tuple[Any, ...]:
    if kind == "folders":
        return ({each["folder"]: each["name"] for each in about["categories"]},)
    return (wanted.kind,) if kind == "azureml" else ()


def test_a_snapshot_is_what_the_iteration_was_trained_on(exported: Exported, tmp_path: Path) -> None:
    client = training_client(exported.emulator.endpoint, exported.emulator.key)
    project = next(each for each in client.get_projects() if each.name == "Hats")
    iteration = client.get_iterations(project.id)[0].id
    bag = BagNames(exported.document["account"], exported.document["id"])
    source = StoredBag(ArchiveStore(exported.archive.container), bag)
    make_data_sets(source, tmp_path, Wanted("coco", projects=("Hats",), iteration=iteration))
    wanted = expected(exported.archive, bag, iteration)["Hats"]
    workspace = expected(exported.archive, bag)["Hats"]
    assert wanted.images.keys() != workspace.images.keys()
    compare(READERS["coco"](tmp_path / "Hats"), wanted, "coco", validation=0.2, seed=0)


def test_coco_comes_around_through_the_service(exported: Exported, tmp_path: Path) -> None:
    """A data set is brought to the service by its own client, exported, and made again: it is the same but for ids."""
    bag = BagNames(exported.document["account"], exported.document["id"])
    store = ArchiveStore(exported.archive.container)
    kinds = {"Workbench": "ObjectDetection", "Hats": "Classification"}
    make_data_sets(StoredBag(store, bag), tmp_path / "first", Wanted("coco", projects=tuple(kinds)))
    for name, domain in kinds.items():
        bring(exported.emulator, tmp_path / "first" / name, f"{name}, again", domain)
    document = exported.host.export({"scope": {"projects": [{"name": f"{name}, again"} for name in kinds]}})
    assert document["state"] == "completed"
    again = StoredBag(store, BagNames(document["account"], document["id"]))
    make_data_sets(again, tmp_path / "second", Wanted("coco"))
    for name in kinds:
        first, second = tmp_path / "first" / name, tmp_path / "second" / f"{name}, again"
        known = rewritten(tmp_path / "first", first)
        assert by_picture(second, known) == by_picture(first, known)


def digest_of(picture: Path) -> str:
    return hashlib.sha256(picture.read_bytes()).hexdigest()


def rewritten(data_set: Path, folder: Path) -> set[str]:
    """Digests of pictures that are other ones in the data set than they were, so that their part may be another too."""
    with (data_set / "notes.csv").open(newline="") as file:
        images = [row["image_id"] for row in csv.DictReader(file) if row["code"] == "PictureRewritten"]
    return {digest_of(path) for image in images for path in (folder / "images").glob(f"{image}.*")}


def by_picture(folder: Path, rewritten: set[str]) -> dict[str, Any]:
    """All that a COCO data set says, by digests of pictures and names of categories in place of ids."""
    said: dict[str, Any] = {}
    for part in ("train", "val", "untagged"):
        document = json.loads((folder / f"{part}.json").read_bytes())
        names = {each["id"]: (each["name"], each["supercategory"]) for each in document["categories"]}
        said[f"categories of {part}"] = sorted(names.values())
        for image in document["images"]:
            digest = digest_of(folder / image["file_name"])
            labels = sorted(
                (*names[each["category_id"]], each.get("bbox"), each.get("area"))
                for each in document["annotations"]
                if each["image_id"] == image["id"]
            )
            where = part if part == "untagged" or digest not in rewritten else "train or val"
            said[f"{where} {digest}"] = (image["width"], image["height"], labels)
    return said


def bring(emulator: Emulator, folder: Path, name: str, domain_type: str) -> None:
    """Upload a COCO data set as a person would who has nothing else."""
    client = training_client(emulator.endpoint, emulator.key)
    domain = next(each for each in client.get_domains() if each.type == domain_type)
    multiclass = domain_type == "Classification"
    project = client.create_project(
        name, domain_id=domain.id, classification_type="Multiclass" if multiclass else None
    )
    documents = [json.loads((folder / f"{part}.json").read_bytes()) for part in ("train", "val", "untagged")]
    tags = {
        each["id"]: client.create_tag(project.id, each["name"], type=each["supercategory"]).id
        for each in documents[0]["categories"]
    }
    for document in documents:
        entries: list[Any] = []
        for image in document["images"]:
            labels = [each for each in document["annotations"] if each["image_id"] == image["id"]]
            data = (folder / image["file_name"]).read_bytes()
            with Image.open(BytesIO(data)) as picture:
                assert picture.size == (image["width"], image["height"])
            entries.append(
                ImageFileCreateEntry(
                    name=image["file_name"],
                    contents=data,
                    tag_ids=[tags[each["category_id"]] for each in labels if "bbox" not in each],
                    regions=[region(each, image, tags) for each in labels if "bbox" in each],
                )
            )
        for start in range(0, len(entries), 64):
            batch = ImageFileCreateBatch(images=entries[start : start + 64])
            assert client.create_images_from_files(project.id, batch).is_batch_successful


def region(annotation: Mapping[str, Any], image: Mapping[str, Any], tags: Mapping[int, str]) -> Any:
    left, top, width, height = annotation["bbox"]
    return Region(
        tag_id=tags[annotation["category_id"]],
        left=left / image["width"],
        top=top / image["height"],
        width=width / image["width"],
        height=height / image["height"],
    )
