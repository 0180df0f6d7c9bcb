"""The command line, as a person runs it: exit codes, sentences, no stack traces."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.evidence.bags import sign_bag
from steward.evidence.keys import load_signer
from steward.ledger.ledger import Ledger
from steward.ledger.state import REDACTED
from tests.archive.exports import Export
from tests.command_line import CommandLine
from tests.conftest import Azurite


@pytest.fixture
def command_line(azurite: Azurite, container: ContainerClient, tmp_path: Path) -> CommandLine:
    return CommandLine(azurite, container, tmp_path)


def test_a_bag_is_verified_with_a_key_from_outside_the_archive(
    command_line: CommandLine, export: Export, tmp_path: Path
) -> None:
    signer = load_signer(str(tmp_path / "key.pem"))
    sign_bag(export.store, export.bag, export.seal(), signer, {})
    (tmp_path / "public.pem").write_text(command_line.run("public-key").stdout)

    proved = command_line.run("verify", "export-1", "--deep", "--trusted-key", str(tmp_path / "public.pem"))
    assert proved.returncode == 0, proved.stderr
    assert "every byte read; signed by a trusted key" in proved.stdout
    assert "signature not checked" in command_line.run("verify", "export-1").stdout

    picture = next(blob.name for blob in export.store.list("default/pictures/"))
    export.store.delete_many([picture])
    lost = command_line.run("verify", "export-1")
    assert lost.returncode == 1
    assert f"{picture} is missing" in lost.stdout


def test_a_bag_is_compared_with_its_exports_ledger(
    command_line: CommandLine, container: ContainerClient, export: Export, tmp_path: Path
) -> None:
    signer = load_signer(str(tmp_path / "key.pem"))
    sign_bag(export.store, export.bag, export.seal(), signer, {})
    (tmp_path / "public.pem").write_text(command_line.run("public-key").stdout)
    verify = ("verify", "export-1", "--trusted-key", str(tmp_path / "public.pem"))
    alone = command_line.run(*verify)
    assert (alone.returncode, "has no ledger here" in alone.stdout) == (0, True)

    ledger = Ledger(container, "default", "export-1")
    ledger.create("export", {"purpose": "backup"})
    known = command_line.run(*verify)
    assert (known.returncode, "ledger" in known.stdout) == (0, False)
    redaction = {"erasure": "erasure-1", "old": "a" * 64, "new": "b" * 64}
    ledger.append(REDACTED, "redacted-1", redaction)
    put_back = command_line.run(*verify)
    assert (put_back.returncode, put_back.stdout) == (
        1,
        "default/exports/export-1/: was redacted by erasure-1, as its export's ledger says, and is as it was before\n",
    )
    container.get_blob_client("default/requests/export-1/ledger.jsonl").append_block(b"forged\n")
    broken = command_line.run(*verify)
    assert (broken.returncode, broken.stdout) == (
        1,
        "whether the bag is as it was before a redaction is not known: ledger line 3: is not an event\n",
    )
    assert command_line.run("verify", "export-1").returncode == 0


@pytest.mark.prove
def test_a_download_is_on_record_before_it_begins(
    command_line: CommandLine, container: ContainerClient, export: Export, tmp_path: Path
) -> None:
    unknown = command_line.run("download", "export-1", str(tmp_path / "first"))
    assert unknown.returncode == 0, unknown.stderr
    assert "on no record" in unknown.stderr

    ledger = Ledger(container, "default", "export-1")
    ledger.create("export", {"purpose": "backup"})
    (tmp_path / "occupied").write_text("a file")
    for folder, code in (("bag", 0), ("occupied", 2)):
        result = command_line.run("download", "export-1", str(tmp_path / folder))
        assert result.returncode == code, result.stderr
    assert (tmp_path / "bag" / "bagit.txt").exists()
    noted = [event.data for event in ledger.read() if event.type == "downloaded"]
    assert noted == [{"tagmanifest": export.seal().tagmanifest}] * 2

    container.get_blob_client("default/requests/export-1/ledger.jsonl").append_block(b"forged\n")
    refused = command_line.run("download", "export-1", str(tmp_path / "last"))
    assert (refused.returncode, refused.stderr.strip()) == (2, "ledger line 4: is not an event")
    assert not (tmp_path / "last").exists()


def test_what_a_user_got_wrong_is_one_sentence(command_line: CommandLine, tmp_path: Path) -> None:
    unknown = command_line.run("download", "nothing", str(tmp_path / "bag"))
    assert (unknown.returncode, unknown.stderr.splitlines()[-1]) == (
        2,
        "default/exports/nothing/: has no tagmanifest-sha256.txt, so there is no finished bag",
    )
    elsewhere = command_line.run("verify", "nothing", "--container", "not-there")
    assert elsewhere.returncode == 2
    assert "container not-there: does not exist" in elsewhere.stderr
    for options, named in (
        (("--connection-string", ""), ("--connection-string", "ARCHIVE_STORAGE", "--account-url")),
        (("--connection-string", "AccountKey=secret"), ("--connection-string", "ARCHIVE_STORAGE")),
        (("--connection-string", "", "--account-url", "http://shop.example"), ("--account-url", "https://")),
    ):
        nowhere = command_line.run("verify", "export-1", *options)
        assert nowhere.returncode == 2
        assert [word for word in named if word not in nowhere.stderr] == []
        assert "secret" not in nowhere.stderr
    odd = command_line.run("verify", "../x")
    assert odd.returncode == 2
    assert "expected letters, digits" in odd.stderr
