"""An answer to a data subject: one zip file with the bag and its pages, on record as a copy."""

import zipfile
from datetime import date
from pathlib import Path

import bagit
import pytest
from azure.storage.blob import ContainerClient

from steward.archive.download import download
from steward.archive.store import ArchiveStore
from steward.bag_pages.zipping import write_zip
from steward.ledger.ledger import Ledger
from steward.ledger.state import DOWNLOADED
from tests.archive.exports import DATE, Export, Project
from tests.command_line import CommandLine
from tests.conftest import Azurite


@pytest.fixture
def command_line(azurite: Azurite, container: ContainerClient, tmp_path: Path) -> CommandLine:
    return CommandLine(azurite, container, tmp_path)


@pytest.fixture
def export(container: ContainerClient) -> Export:
    """Sealed, of a request that is on record."""
    export = Export(ArchiveStore(container))
    export.write([Project()])
    export.seal()
    Ledger(container, "default", "export-1").create("export", {"purpose": "data-subject"})
    return export


@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")
def test_an_answer_is_one_zip_file_that_is_whole_or_not_there(
    command_line: CommandLine, container: ContainerClient, export: Export, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.zip"
    # What a run that was stopped has left.
    left = tmp_path / "answer.zip.unfinished" / "export-1" / "bag"
    download(export.store, export.bag, left)
    (left / "bagit.txt").unlink()
    (tmp_path / "answer.zip.part").write_bytes(b"half a zip file")

    made = command_line.run("download", "export-1", str(answer), "--zip")
    assert made.returncode == 0, made.stderr
    assert " 0 of them there already" not in made.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["answer.zip"]
    noted = [
        event.data for event in Ledger(container, "default", "export-1").read() if event.type == DOWNLOADED
    ]
    assert noted == [{"tagmanifest": export.seal().tagmanifest}]

    with zipfile.ZipFile(answer) as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "home")
    home = tmp_path / "home" / "export-1"
    bagit.Bag(str(home / "bag")).validate()
    assert (home / "bag-pages" / "index.html").is_file()
    assert "open bag-pages/index.html" in (home / "README.txt").read_text()
    write_zip(tmp_path / "home", tmp_path / "again.zip", date.fromisoformat(DATE))
    assert (tmp_path / "again.zip").read_bytes() == answer.read_bytes()

    answer.write_bytes(b"mine")
    refused = command_line.run("download", "export-1", str(answer), "--zip")
    assert (refused.returncode, "expected a file that is not there yet" in refused.stderr) == (2, True)
    assert answer.read_bytes() == b"mine"
