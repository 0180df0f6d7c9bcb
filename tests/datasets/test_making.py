"""What is said of a picture fits it, nothing is lost unsaid, no two names meet, and what somebody else wrote stays."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from steward.archive.download import TargetOccupied, download
from steward.archive.errors import BlobDamaged
from steward.archive.store import ArchiveStore
from steward.datasets.bags import DownloadedBag, StoredBag
from steward.datasets.making import FormatName, Made, Wanted, make_data_sets
from steward.datasets.naming import unique_folders, unique_labels
from steward.datasets.projects import split
from steward.ledger.ledger import Ledger
from steward.ledger.state import DOWNLOADED
from tests.command_line import CommandLine
from tests.conftest import Azurite
from tests.datasets.drawn_bags import BOX, SIZE, DrawnBag, drawn, fractions, red_in, sha256

ALL: tuple[FormatName, ...] = ("coco", "yolo", "voc", "folders", "csv", "azureml")
ADDRESS = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/p"


@pytest.fixture
def store(container: ContainerClient) -> ArchiveStore:
    return ArchiveStore(container)


def made(bag: DrawnBag, target: Path, kind: FormatName = "coco", **wanted: Any) -> Made:
    return make_data_sets(StoredBag(bag.store, bag.export.bag), target, Wanted(kind, **wanted))


def coco(target: Path, part: str = "train") -> dict[str, Any]:
    (folder,) = (each for each in target.iterdir() if each.is_dir())
    return json.loads((folder / f"{part}.json").read_bytes())


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def notes(target: Path) -> list[tuple[str, str]]:
    with (target / "notes.csv").open(newline="") as file:
        return [(row["image_id"], row["code"]) for row in csv.DictReader(file)]


def boxed(tag: str, box: tuple[float, ...] = BOX, size: tuple[int, int] = SIZE) -> dict[str, Any]:
    return {"tagId": tag, **fractions(box, size)}


def test_regions_fit_pictures_however_these_lie(store: ArchiveStore, tmp_path: Path) -> None:
    """The red of each picture is found in its pixels, EXIF left aside, where the data set says that it is; also where the
    service named the size of the picture as stored, and said its region so."""
    bag = DrawnBag(store)
    tag = bag.tag("red")
    for orientation in range(1, 9):
        bag.image(drawn(orientation=orientation), [tag], [boxed(tag)])
    stored_sizes: dict[str, tuple[int, int]] = {}
    for orientation in range(5, 9):
        data = drawn(orientation=orientation, shade=1)
        (tmp_path / "stored.jpg").write_bytes(data)
        with Image.open(tmp_path / "stored.jpg") as image:
            found = red_in(image)
            assert found
            stored_sizes[bag.image(data, [tag], [boxed(tag, found, image.size)], image.size)] = image.size
    assert set(stored_sizes.values()) == {SIZE[::-1]}
    bag.seal()
    result = made(bag, tmp_path / "set", validation=0)
    document = coco(tmp_path / "set")
    assert len(document["images"]) == len(document["annotations"]) == 12
    for image, annotation in zip(document["images"], document["annotations"], strict=True):
        with Image.open(tmp_path / "set" / "Workbench" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"]) == SIZE
            assert picture.getexif().get(0x0112, 1) == 1
            left, top, width, height = annotation["bbox"]
            found = red_in(picture)
            assert found
            assert (left, top, left + width, top + height) == pytest.approx(found, abs=1)
    assert result.notes == {"PictureRewritten": 11}


def test_what_cannot_be_as_it_was_is_said(store: ArchiveStore, tmp_path: Path) -> None:
    bag = DrawnBag(store)
    red, negative = bag.tag("red"), bag.tag("nothing", "Negative")
    plain = bag.image(
        drawn(), [red], [boxed(red), boxed(red, (90, 60, 150, 100)), boxed(red, (60, 40, 60, 80))]
    )
    nowhere = bag.image(drawn(shade=1), [red])
    background = bag.image(drawn(shade=2), [negative])
    new = bag.image(drawn(shade=3))
    gone = bag.image(None, [red], [boxed(red)])
    broken = bag.image(b"\xff\xd8\xff no picture", [red], [boxed(red)])
    moving = bag.image(drawn("GIF"), [red], [boxed(red)], media_type="image/gif")
    bag.seal()
    result = made(bag, tmp_path, validation=0)
    said = {
        (plain, "RegionClipped"),
        (plain, "RegionLeftOut"),
        (nowhere, "TagWithoutRegion"),
        (gone, "PictureGone"),
        (broken, "PictureUnreadable"),
        (moving, "PictureRewritten"),
    }
    assert set(notes(tmp_path)) == said
    assert result.images == {"train": 3, "untagged": 2}
    document = coco(tmp_path)
    named = {image["id"]: image["file_name"] for image in document["images"]}
    assert set(named.values()) == {
        f"images/{plain}.jpg", f"images/{background}.jpg", f"images/{moving}.png"
    }  # fmt: skip
    boxes = [(named[each["image_id"]], each["bbox"]) for each in document["annotations"]]
    whole = [30, 20, 60, 30]
    assert boxes == [
        (f"images/{plain}.jpg", whole),
        (f"images/{plain}.jpg", [90, 60, 30, 20]),
        (f"images/{moving}.png", whole),
    ]
    unlabelled = {image["file_name"] for image in coco(tmp_path, "untagged")["images"]}
    assert unlabelled == {f"images/{nowhere}.jpg", f"images/{new}.jpg"}
    with Image.open(tmp_path / "Workbench" / f"images/{moving}.png") as picture:
        assert red_in(picture) == BOX
    assert (tmp_path / "Workbench" / f"images/{plain}.jpg").read_bytes() == drawn()


def test_lists_that_moved_give_an_image_once_and_say_what_is_missing(
    store: ArchiveStore, tmp_path: Path
) -> None:
    """A page that could not be read, an image that its list repeats, one that is in both lists."""
    bag = DrawnBag(store)
    tag = bag.tag("red")
    first = bag.image(drawn(), [tag], [boxed(tag)])
    second = bag.image(drawn(shade=1), [tag], [boxed(tag)])
    lines = bag.lines["tagged"]
    lines += [lines[0], {"gap": {"code": "PageNotRead", "reason": "HTTP 500"}}]
    bag.lines["untagged"].append(lines[1])
    bag.seal()
    shown: dict[int, int] = {}
    source = StoredBag(bag.store, bag.export.bag)
    wanted = Wanted("coco", validation=0)
    result = make_data_sets(source, tmp_path, wanted, progress=shown.__setitem__)
    assert result.images == {"train": 2}
    assert [image["file_name"] for image in coco(tmp_path)["images"]] == [
        f"images/{first}.jpg", f"images/{second}.jpg"
    ]  # fmt: skip
    assert notes(tmp_path) == [("", "PageNotRead")]
    assert shown == {1: 2, 2: 2}


def test_a_project_without_tags_has_both_parts_and_no_class(store: ArchiveStore, tmp_path: Path) -> None:
    bag = DrawnBag(store)
    image = bag.image(drawn())
    bag.seal()
    made(bag, tmp_path, "folders")
    assert {path.name: len([*path.iterdir()]) for path in (tmp_path / "Workbench").iterdir()} == {
        "train": 0, "val": 0, "untagged": 1
    }  # fmt: skip
    assert (tmp_path / "Workbench" / "untagged" / f"{image}.jpg").read_bytes() == drawn()


NAMES = [
    "hat", "Hat", "HAT", "hat ", "hat.", "e\u0301cole", "\u00e9cole", "../..", "a/b", "a\\b", 'a"b', "con", "NUL.txt",
    "COM¹", "", " ", "...", "dataset.json", "Dataset.JSON", "\ud800", "\udfff", "a\x00b", "x" * 128, "🚸" * 128, "🚸" * 127,
    "<script>", "a:b", "a?b", "a*b", "-rf", "hat-00000001", "ß", "SS", "\u0131", "I", "line\nend",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(NAMES), st.text(max_size=6)), max_size=12))
@example(NAMES)
def test_no_name_leaves_its_folder_or_meets_another(named: list[str]) -> None:
    by_id = {f"{number:08x}-0000-4000-8000-000000000000": name for number, name in enumerate(named)}
    folders = unique_folders(by_id, ("dataset.json",))
    assert folders.keys() == by_id.keys()
    lower = [each.casefold() for each in folders.values()] + ["dataset.json"]
    assert len(set(lower)) == len(lower)
    for folder in folders.values():
        assert 0 < len(folder.encode()) <= 128
        assert not set(folder) & set('<>:"/\\|?*\0\n')
        assert folder not in (".", "..")
        assert folder == folder.rstrip(" .")
        assert folder.partition(".")[0].rstrip().upper() not in {"CON", "NUL", "COM¹"}
    labels = unique_labels(by_id)
    assert len(set(labels.values())) == len(by_id)
    assert all(label and label == label.strip() and label.encode() for label in labels.values())
    # The order in which a list comes changes no name.
    assert unique_folders(dict(reversed(by_id.items())), ("dataset.json",)) == folders


@pytest.mark.parametrize("kind", ALL)
def test_a_run_that_was_stopped_goes_on_and_ends_the_same(
    store: ArchiveStore, tmp_path: Path, kind: FormatName
) -> None:
    bag = DrawnBag(store, 'a/b "c" CON')
    tags = [bag.tag(name) for name in ("x/y", "X/Y", "\ud800")]
    for number in range(12):
        tag = tags[number % 3]
        bag.image(drawn(orientation=number % 8 + 1, shade=number), [tag], [boxed(tag)])
    bag.image(drawn(shade=12))
    bag.seal()
    address = ADDRESS if kind == "azureml" else ""
    whole = made(bag, tmp_path / "whole", kind, address=address)
    assert whole.images.total() == 13

    def stop(done: int, _total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    source = StoredBag(bag.store, bag.export.bag)
    wanted = Wanted(kind, address=address)
    with pytest.raises(KeyboardInterrupt):
        make_data_sets(source, tmp_path / "set", wanted, threads=1, progress=stop)
    assert not json.loads((tmp_path / "set" / "dataset.json").read_bytes())["finished"]
    make_data_sets(source, tmp_path / "set", wanted)
    assert files_under(tmp_path / "set") == files_under(tmp_path / "whole")


class CountingStore(ArchiveStore):
    """What is read of it."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store
        self.names: list[str] = []

    def read_chunks(self, name: str, *, check: bool = True) -> Iterator[bytes]:
        self.names.append(name)
        return self._store.read_chunks(name, check=check)


def test_a_picture_that_is_there_is_not_read_again(store: ArchiveStore, tmp_path: Path) -> None:
    bag = DrawnBag(store)
    tag = bag.tag("red")
    images = [bag.image(drawn(shade=number), [tag], [boxed(tag)]) for number in range(3)]
    bag.seal()
    made(bag, tmp_path)
    place = tmp_path / "Workbench" / "images" / f"{images[0]}.jpg"
    place.write_bytes(b"half")
    about = json.loads((tmp_path / "dataset.json").read_bytes())
    (tmp_path / "dataset.json").write_text(json.dumps({**about, "finished": False}))
    counting = CountingStore(store)
    make_data_sets(StoredBag(counting, bag.export.bag), tmp_path, Wanted("coco"))
    assert [name.rpartition("/")[2] for name in counting.names if "/pictures/" in name] == [images[0]]
    assert place.read_bytes() == drawn()


def test_what_somebody_else_wrote_stays(store: ArchiveStore, tmp_path: Path) -> None:
    bag = DrawnBag(store)
    tag = bag.tag("red")
    bag.image(drawn(), [tag], [boxed(tag)])
    bag.seal()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(TargetOccupied):
        made(bag, tmp_path / "mine")
    assert files_under(tmp_path / "mine") == {"letter.txt": b"mine"}

    made(bag, tmp_path / "set")
    edited = tmp_path / "set" / "Workbench" / "train.json"
    edited.write_text("edited")
    assert made(bag, tmp_path / "set").finished_before
    assert edited.read_text() == "edited"
    with pytest.raises(TargetOccupied):
        made(bag, tmp_path / "set", seed=1)


def test_a_downloaded_bag_gives_the_same_and_a_damaged_one_nothing(
    store: ArchiveStore, tmp_path: Path
) -> None:
    bag = DrawnBag(store)
    tag = bag.tag("red")
    bag.image(drawn(), [tag], [boxed(tag)])
    names = bag.seal()
    made(bag, tmp_path / "stored")
    download(store, names, tmp_path / "bag")
    make_data_sets(DownloadedBag(tmp_path / "bag"), tmp_path / "local", Wanted("coco"))
    assert files_under(tmp_path / "local") == files_under(tmp_path / "stored")

    def damaged(pattern: str, change: Callable[[bytes], bytes]) -> None:
        (file,) = (tmp_path / "bag").glob(pattern)
        before = file.read_bytes()
        file.write_bytes(change(before))
        target = tmp_path / pattern.replace("*", "_").replace("/", "_")
        with pytest.raises(BlobDamaged):
            make_data_sets(DownloadedBag(tmp_path / "bag"), target, Wanted("coco"))
        assert not list(target.rglob("*.jpg"))
        file.write_bytes(before)

    damaged("data/projects/*/tags.json", lambda data: data.replace(b"red", b"bed"))
    damaged("data/projects/*/images/tagged-00000.jsonl", lambda data: data.replace(b"0.25", b"0.26"))
    damaged("data/pictures/*/*.jpg", lambda data: data[:-1] + b"\0")
    damaged("manifest-sha256.txt", lambda data: data.replace(b"0", b"1"))


def test_the_split_stays_as_it_is(store: ArchiveStore) -> None:
    digests = [sha256(str(number).encode()) for number in range(4000)]
    held = {digest for digest in digests if split(digest, validation=0.2, seed=0) == "val"}
    assert 700 < len(held) < 900
    assert held == {digest for digest in digests if split(digest, validation=0.2, seed=0) == "val"}
    assert held < {digest for digest in digests if split(digest, validation=0.3, seed=0) == "val"}
    assert held != {digest for digest in digests if split(digest, validation=0.2, seed=1) == "val"}
    assert {split(digest, validation=0, seed=0) for digest in digests} == {"train"}
    assert {split(digest, validation=1, seed=0) for digest in digests} == {"val"}


def test_the_command_says_what_it_made_and_puts_the_copy_on_record(
    azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> None:
    bag = DrawnBag(ArchiveStore(container))
    tag = bag.tag("red")
    bag.image(drawn(), [tag], [boxed(tag, (30, 20, 150, 50))])
    names = bag.seal()
    ledger = Ledger(container, names.account, names.request)
    ledger.create("export", {"purpose": "backup"})
    command_line = CommandLine(azurite, container, tmp_path)

    refused = command_line.run("datasets", "export-1", str(tmp_path / "a"), "--format", "azureml")
    assert (refused.returncode, "--image-url: expected azureml://" in refused.stderr) == (2, True)
    unknown = command_line.run(
        "datasets", "export-1", str(tmp_path / "a"), "--format", "coco", "--project", "Benchwork"
    )
    assert (unknown.returncode, "Benchwork" in unknown.stderr) == (2, True)
    (tmp_path / "half").mkdir()
    half = command_line.run("datasets", str(tmp_path / "half"), str(tmp_path / "a"), "--format", "coco")
    assert (half.returncode, "expected a bag whose download has been finished" in half.stderr) == (2, True)
    assert not (tmp_path / "a").exists()
    assert not any(event.type == DOWNLOADED for event in ledger.read())

    done = command_line.run(
        "datasets", "export-1", str(tmp_path / "a"), "--format", "coco", "--validation", "0"
    )
    assert done.returncode == 0, done.stderr
    assert "1 images (1 train, 0 val, 0 untagged), 1 regions" in done.stdout
    assert "1 RegionClipped" in done.stdout
    noted = [event for event in ledger.read() if event.type == DOWNLOADED]
    assert len(noted) == 1
    tagmanifest = bag.store.find(names.blob("tagmanifest-sha256.txt"))
    assert tagmanifest
    assert noted[0].data == {"tagmanifest": tagmanifest.sha256}
