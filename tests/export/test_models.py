"""Exported models: a file that the service makes anew is exported anew, what has not changed is not, and none is lost
in silence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Azurite
from tests.export.exporting import (
    Account,
    Host,
    inventory,
    new_archive,
    new_emulator,
    settings,
)
from tests.export.record import Json


class Models(Account):
    """A small account whose models can be made anew."""

    def export(self) -> Json:
        return self.host.export({"scope": "account", "options": {"imagePerformance": False}})

    def blobs(self) -> dict[str, Any]:
        """Names of stored models, and when each was written."""
        listed = self.archive.container.list_blobs(name_starts_with="default/models/")
        return {str(blob.name): blob.last_modified for blob in listed}

    def made_anew(self) -> None:
        """One model, by a newer version of what makes them."""
        self.emulator.options(exporter_version=2, export_seconds=0)
        project, iteration, export = next(
            (project.id, iteration.id, export)
            for project in self.client.get_projects()
            for iteration in self.client.get_iterations(project.id)
            for export in self.client.get_exports(project.id, iteration.id)
            if export.status == "Done"
        )
        self.client.export_iteration(project, iteration, export.platform, flavor=export.flavor)


@pytest.fixture(params=["signed links", "private account"])
def models(request: pytest.FixtureRequest, azurite: Azurite, tmp_path: Path) -> Iterator[Models]:
    options = ["--private"] if request.param == "private account" else []
    with (
        new_emulator(tmp_path, *options) as emulator,
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path, settings(emulator, archive)) as host,
    ):
        yield Models(emulator, archive, host)


def differences(models: Models, document: Json) -> list[str]:
    """Where the bag's models, or what is said of them, are not those that the service has now."""
    found = inventory(models.emulator, models.archive, document)
    assert found.bag["model"] == found.service["model"] == 3
    return [each for each in found.differences if each.startswith(("model / ", "export / "))]


@pytest.mark.prove
def test_a_model_that_was_made_anew_is_exported_anew(models: Models) -> None:
    first = models.export()
    assert first["state"] == "completed", first
    before = models.blobs()
    assert len(before) == 3

    again = models.export()
    assert models.blobs() == before
    assert differences(models, again) == []

    models.made_anew()
    third = models.export()
    assert third["state"] == "completed", third
    assert differences(models, third) == []
    # Beside the file of the bags before, which holds what it held.
    assert before.items() < models.blobs().items()
    assert len(models.blobs()) == 4


@pytest.mark.prove
def test_a_model_without_an_address_is_a_gap(models: Models) -> None:
    """Done, but with nothing to read it from; one whose making failed has no file to lose."""
    models.emulator.options(model_links=False)
    document = models.export()
    assert document["state"] == "completed-with-gaps", document
    gaps = models.archive.bag(document).export()["gaps"]
    assert {gap["code"] for gap in gaps} == {"ModelHasNoAddress"}
    assert document["totals"]["exported models"] == {"service": 3, "exported": 0, "verified": 0, "gaps": 3}
