"""A tag that only an image names: made after the tags were listed, and before the image was."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.customvision.training import models

from tests.conftest import Azurite
from tests.emulator.service import pictures
from tests.export.exporting import Account, Host, new_archive, new_emulator, settings, wait
from tests.export.record import Json


class TaggedMeanwhile(Account):
    """One project, in which a tag is made, and an image gets it, while the project is exported."""

    _images = 0

    def export(self) -> tuple[Json, str]:
        """The ended request, and the id of the tag."""
        project: str = self.client.create_project("Busy").id
        self._tag(project, "listed")
        # The first call after the tags have been listed.
        self.emulator.fault(kind="slow", operation="GetUntaggedImageCount", seconds=2, times=1)
        name = self.host.ask({"scope": {"projects": [{"id": project}]}})
        wait(self.emulator.faults, lambda rules: any(rule["fired"] for rule in rules))
        late = self._tag(project, "late")
        return self.host.wait(name, 110), late

    def _tag(self, project: str, name: str) -> str:
        """A new tag, and a new image that has it."""
        tag: str = self.client.create_tag(project, name).id
        (picture,) = pictures(1, start=self._images, width=256, height=256)
        self._images += 1
        entry = models.ImageFileCreateEntry(contents=bytearray(picture))
        batch = models.ImageFileCreateBatch(images=[entry], tag_ids=[tag])
        assert self.client.create_images_from_files(project, batch).is_batch_successful
        return tag

    def tags(self, document: Json) -> dict[str, Json]:
        """Of the bag, by id."""
        records = self.archive.bag(document).records()
        return {record.value["id"]: record.value for record in records if record.entity == "tag"}


@pytest.fixture
def account(azurite: Azurite, tmp_path: Path) -> Iterator[TaggedMeanwhile]:
    with (
        new_emulator(tmp_path, seed="none") as emulator,
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path, settings(emulator, archive)) as host,
    ):
        yield TaggedMeanwhile(emulator, archive, host)


def test_it_is_asked_for_by_its_id(account: TaggedMeanwhile) -> None:
    account.emulator.fault(kind="status", status=500, operation="GetTag", times=2)
    document, late = account.export()
    assert document["state"] == "completed", document
    assert account.tags(document)[late]["name"] == "late"


@pytest.mark.prove
def test_one_that_the_service_does_not_give_is_a_gap(account: TaggedMeanwhile) -> None:
    """For longer than all retries: the request goes on, and says what it lacks."""
    account.emulator.fault(kind="status", status=503, operation="GetTag")
    document, late = account.export()
    assert document["state"] == "completed-with-gaps", document
    assert "503" in account.tags(document)[late]["gap"]["reason"]
    gaps = account.archive.bag(document).export()["gaps"]
    assert [(gap["id"], gap["code"]) for gap in gaps] == [(late, "ServiceFault")]
