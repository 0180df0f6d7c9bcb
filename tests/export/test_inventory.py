"""Everything that an account holds is in the bag: none missing, none twice, each byte the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack.processes import ROOT
from tests.export.conftest import StartEmulator
from tests.export.exporting import Archive, Emulator, Exported, Host, inventory, settings

# Rows of the request document, beside the entities of the inventory.
ROWS = {
    "projects": ["project"],
    "tags": ["tag"],
    "iterations": ["iteration"],
    "exported models": ["model"],
    "image performances": ["image performance"],
    "stored predictions": ["prediction"],
    "pictures": ["picture", "picture of a prediction"],
}


def command(emulator: Emulator, archive: Archive, request: str) -> subprocess.CompletedProcess[str]:
    """The inventory as a person runs it."""
    options = {
        "endpoint": emulator.endpoint,
        "training-key": emulator.key,
        "connection-string": archive.connection_string,
        "container": str(archive.container.container_name),
        "account": "default",
        "request": request,
    }
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    return subprocess.run(
        [sys.executable, "-m", "tests.export.inventory", *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_small_seed(exported: Exported) -> None:
    document = exported.document
    assert document["state"] == "completed", document
    found = inventory(exported.emulator, exported.archive, document)
    assert found.differences == []
    # 3 projects, 300 images and 10 that only snapshots have, and something of everything.
    assert found.bag["project"] == 3
    assert found.bag["picture"] == 310
    assert all(
        found.bag[entity] for entity in ("region", "metadata", "untagged image", "prediction", "model")
    )
    totals = document["totals"]
    for row, entities in ROWS.items():
        assert totals[row]["exported"] == sum(found.bag[entity] for entity in entities), row
    for kind in ("tagged", "untagged"):
        rows = (totals[f"images, {kind}"], totals[f"snapshot images, {kind}"])
        assert sum(row["exported"] for row in rows) == found.bag[f"{kind} image"]
    for row in totals.values():
        assert (row.get("service", row["exported"]), row["verified"]) == (row["exported"], row["exported"])


@pytest.mark.prove
def test_medium_seed(tmp_path: Path, own_emulator: StartEmulator, archive: Archive) -> None:
    emulator = own_emulator(seed="medium")
    with Host(tmp_path, settings(emulator, archive)) as host:
        document = host.export(seconds=110)
    assert document["state"] == "completed", document
    found = inventory(emulator, archive, document)
    assert found.differences == []
    assert found.bag["project"] == 8


@pytest.mark.prove
def test_a_private_account_and_what_the_inventory_sees(
    tmp_path: Path, own_emulator: StartEmulator, archive: Archive
) -> None:
    """Relative addresses, read by GetArtifact. Then one line less, one line twice, one other byte: each is named."""
    emulator = own_emulator("--private")
    with Host(tmp_path, settings(emulator, archive)) as host:
        document = host.export()
    result = command(emulator, archive, document["id"])
    assert (document["state"], result.returncode) == ("completed", 0), result.stdout
    page = next(
        name
        for name in archive.container.list_blob_names(name_starts_with=document["bag"])
        if "/images/tagged-" in name
    )
    lines = archive.container.download_blob(page).readall().splitlines(keepends=True)
    archive.container.upload_blob(page, b"".join([*lines[1:], lines[1]]), overwrite=True)
    picture = next(iter(archive.container.list_blob_names(name_starts_with="default/pictures/")))
    archive.container.upload_blob(picture, b"other bytes", overwrite=True)
    result = command(emulator, archive, document["id"])
    assert result.returncode == 1
    assert "is missing" in result.stdout
    assert "stands 2 times in the bag" in result.stdout
    assert f"picture / {picture.split('/')[2]} / {picture.split('/')[3]}: " in result.stdout.replace("\n", "")
