"""An account that changes while it is exported: the end is complete, or says what it may lack."""

from collections.abc import Iterator

import pytest
from azure.cognitiveservices.vision.customvision.training import models

from tests.conftest import Azurite
from tests.emulator.service import pictures
from tests.export.exporting import (
    ENDED,
    Account,
    Archive,
    Emulator,
    Host,
    inventory,
    new_archive,
    new_emulator,
    settings,
    wait,
)
from tests.export.record import Json

# Three pages of tagged images, one of untagged ones.
TAGGED, UNTAGGED = 560, 20


class BusyAccount(Account):
    """One project, which a person goes on working in."""

    def __init__(self, emulator: Emulator, archive: Archive, host: Host) -> None:
        super().__init__(emulator, archive, host)
        self.project: str = self.client.create_project("Busy").id
        self.tag: str = self.client.create_tag(self.project, "seen").id
        self._drawn = 0
        self.add(TAGGED, [self.tag])
        self.add(UNTAGGED)

    def add(self, count: int, tags: list[str] | None = None) -> None:
        for first in range(0, count, 64):
            drawn = pictures(min(64, count - first), start=self._drawn, width=256, height=256)
            self._drawn += len(drawn)
            entries = [models.ImageFileCreateEntry(contents=bytearray(picture)) for picture in drawn]
            batch = models.ImageFileCreateBatch(images=entries, tag_ids=tags)
            assert self.client.create_images_from_files(self.project, batch).is_batch_successful

    def ids(self, kind: str, count: int) -> list[str]:
        """The oldest ones."""
        read = getattr(self.client, f"get_{kind}_images")
        return [image.id for image in read(self.project, order_by="Oldest", take=count)]

    def called(self, operation: str) -> int:
        return self.emulator.counters()["operations"].get(operation, 0)


@pytest.fixture(scope="module")
def account(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyAccount]:
    with (
        new_emulator(tmp_path_factory.mktemp("emulator"), seed="none") as emulator,
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path_factory.mktemp("host"), settings(emulator, archive)) as host,
    ):
        yield BusyAccount(emulator, archive, host)


@pytest.fixture(autouse=True)
def mended(account: BusyAccount) -> Iterator[None]:
    yield
    account.emulator.no_faults()


def assert_complete(account: BusyAccount, document: Json) -> None:
    """The bag has what the service has now; documents that were read before carry the counts of then."""
    assert document["state"] == "completed", document
    found = inventory(account.emulator, account.archive, document)
    assert [each for each in found.differences if not each.startswith(("project / ", "tag / "))] == []


def test_images_deleted_and_added_while_pages_are_read(account: BusyAccount) -> None:
    """Later pages shift while they are read: the list is read again, and holds then."""
    before = account.called("GetTaggedImages")
    account.emulator.fault(kind="slow", operation="GetTaggedImages", seconds=3, nth=[2, 3])
    name = account.host.ask()
    wait(lambda: account.called("GetTaggedImages"), lambda count: count > before)
    account.client.delete_images(account.project, image_ids=account.ids("tagged", 7))
    account.add(3, [account.tag])
    document = account.host.wait(name)
    assert account.emulator.faults()[0]["fired"] == 2
    account.emulator.no_faults()
    assert_complete(account, document)


@pytest.mark.prove
def test_images_added_after_the_last_page(account: BusyAccount) -> None:
    account.emulator.fault(kind="slow", operation="GetTaggedImageCount", seconds=3, nth=2)
    name = account.host.ask()
    wait(account.emulator.faults, lambda rules: rules[0]["fired"] == 1)
    account.add(5, [account.tag])
    document = account.host.wait(name)
    account.emulator.no_faults()
    assert_complete(account, document)


def between_the_lists(account: BusyAccount, request: Json | None = None) -> str:
    """An export that has read the untagged images, and has not got the first answer about the tagged ones yet."""
    account.emulator.fault(kind="slow", operation="GetTaggedImages", seconds=4, nth=[1, 2, 3])
    before = account.called("GetUntaggedImageCount")
    name = account.host.ask(request)
    wait(lambda: account.called("GetUntaggedImageCount"), lambda count: count >= before + 2)
    return name


@pytest.mark.prove
def test_an_image_that_is_tagged_meanwhile_is_in_one_list(account: BusyAccount) -> None:
    name = between_the_lists(account)
    (image,) = account.ids("untagged", 1)
    account.client.create_image_tags(
        account.project, tags=[models.ImageTagCreateEntry(image_id=image, tag_id=account.tag)]
    )
    document = account.host.wait(name)
    account.emulator.no_faults()
    assert_complete(account, document)


@pytest.mark.prove
def test_an_image_that_loses_its_tag_meanwhile_is_not_lost(account: BusyAccount) -> None:
    """An untagged one is deleted as well, so the counts of both lists agree: only the images of the tag have become fewer."""
    name = between_the_lists(account)
    (loses,), (goes,) = account.ids("tagged", 1), account.ids("untagged", 1)
    account.client.delete_image_tags(account.project, image_ids=[loses], tag_ids=[account.tag])
    account.client.delete_images(account.project, image_ids=[goes])
    document = account.host.wait(name)
    account.emulator.no_faults()
    assert_complete(account, document)


@pytest.mark.prove
def test_an_image_that_loses_its_tag_to_another_is_named_in_the_export_of_a_part(
    account: BusyAccount,
) -> None:
    """All counts agree, and the image that got the tag, which stands in both lists, is none of those that are chosen."""
    loses, _ = account.ids("tagged", 2)
    (gets,) = account.ids("untagged", 1)
    scope = {"projects": [{"id": account.project, "images": {"ids": [loses]}}]}
    name = between_the_lists(account, {"scope": scope})
    account.client.delete_image_tags(account.project, image_ids=[loses], tag_ids=[account.tag])
    account.client.create_image_tags(
        account.project, tags=[models.ImageTagCreateEntry(image_id=gets, tag_id=account.tag)]
    )
    document = account.host.wait(name)
    assert document["state"] == "completed-with-gaps", document
    codes = {gap["code"] for gap in account.archive.bag(document).export()["gaps"]}
    assert "ImagesChangedLists" in codes


@pytest.mark.prove
def test_a_list_that_never_holds_still_is_a_gap(account: BusyAccount) -> None:
    """An image is deleted while its list is counted, each time."""
    account.emulator.fault(kind="slow", operation="GetTaggedImageCount", seconds=0.8)
    name = account.host.ask()
    deleted = 0
    while account.host.request(name)["state"] not in ENDED:
        counts = account.emulator.faults()[0]["fired"]
        if counts > deleted:
            account.client.delete_images(account.project, image_ids=account.ids("tagged", 1))
            deleted = counts
    account.emulator.no_faults()
    document = account.host.request(name)
    assert document["state"] == "completed-with-gaps", document
    gaps = account.archive.bag(document).export()["gaps"]
    assert [gap["path"] for gap in gaps] == [f"data/projects/{account.project}/images/tagged-"]
    # Who asks again has it whole.
    assert_complete(account, account.host.export())
