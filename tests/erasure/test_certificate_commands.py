"""`verify-certificate` and `verify-ledger`, as a person runs them: exit codes, sentences, no stack traces."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from steward.evidence.certificates import CertificateNames
from tests.command_line import CommandLine
from tests.conftest import Azurite
from tests.erasure.certified import NAMES, REQUEST, Erasure

LEDGER = f"default/requests/{REQUEST}/ledger.jsonl"


@pytest.fixture
def command_line(azurite: Azurite, container: ContainerClient, tmp_path: Path) -> CommandLine:
    return CommandLine(azurite, container, tmp_path)


@pytest.fixture
def erasure(container: ContainerClient, tmp_path: Path) -> Erasure:
    """Certified, with the key that the command line signs with."""
    erasure = Erasure(container, tmp_path)
    erasure.certify()
    return erasure


@pytest.fixture
def key(command_line: CommandLine, tmp_path: Path) -> str:
    public = tmp_path / "public.pem"
    public.write_text(command_line.run("public-key").stdout)
    return str(public)


def hand_over(erasure: Erasure, folder: Path) -> Path:
    """The three files, as somebody outside gets them."""
    folder.mkdir()
    for blob in (NAMES.document, NAMES.page, NAMES.statement):
        (folder / blob.rpartition("/")[2]).write_bytes(erasure.store.read(blob))
    return folder / "certificate.json"


def rewrite_ledger(erasure: Erasure, lines: list[bytes]) -> None:
    ledger = erasure.container.get_blob_client(LEDGER)
    ledger.delete_blob()
    ledger.create_append_blob()
    ledger.append_block(b"".join(lines))


def test_a_certificate_is_proved_where_it_stands_and_as_it_was_handed_over(
    command_line: CommandLine, erasure: Erasure, key: str, tmp_path: Path
) -> None:
    said = f"{REQUEST}: complete; service complete, archives kept; signed by a trusted key\n"
    proved = command_line.run("verify-certificate", REQUEST, "--trusted-key", key)
    assert (proved.returncode, proved.stdout) == (0, said), proved.stderr

    document = hand_over(erasure, tmp_path / "handed over")
    looked_up = command_line.run("verify-certificate", str(document), "--trusted-key", key)
    assert (looked_up.returncode, looked_up.stdout) == (0, said), looked_up.stderr
    alone = command_line.run(
        "verify-certificate", str(document), "--trusted-key", key, "--connection-string", ""
    )
    assert (alone.returncode, alone.stdout) == (
        0,
        f"plan, inventories and ledger were not looked at: no storage account was given\n{said}",
    )

    page = document.with_suffix(".html")
    page.write_text(page.read_text().replace("10,480", "10,481"))
    altered = command_line.run("verify-certificate", str(document), "--trusted-key", key)
    assert (altered.returncode, altered.stdout) == (1, f"{NAMES.page}: is not what was signed\n")


def test_a_certificate_of_another_request_proves_nothing_of_the_one_asked_for(
    command_line: CommandLine, erasure: Erasure, key: str
) -> None:
    other = CertificateNames("default", "erasure-other")
    for place in ("document", "page", "statement"):
        erasure.store.write(getattr(other, place), erasure.store.read(getattr(NAMES, place)))
    found = command_line.run("verify-certificate", other.request, "--trusted-key", key)
    assert (found.returncode, found.stdout) == (
        1,
        f"{other.prefix}: has the certificate of request {REQUEST} in account default\n",
    )


def test_a_certificate_is_believed_of_no_other_key(
    command_line: CommandLine, erasure: Erasure, key: str
) -> None:
    other = Path(key).with_name("other.pem")
    other.write_text(command_line.run("public-key", "--key", str(other.with_name("stranger.pem"))).stdout)
    refused = command_line.run("verify-certificate", REQUEST, "--trusted-key", str(other))
    assert (refused.returncode, refused.stdout) == (
        1,
        "certificate.dsse.json: is signed by none of the 1 trusted keys\n",
    )
    refused = command_line.run("verify-ledger", REQUEST, "--trusted-key", str(other))
    assert refused.returncode == 1
    assert "none of the 1 trusted keys" in refused.stdout
    unnamed = command_line.run("verify-certificate", REQUEST)
    assert unnamed.returncode == 2
    assert "--trusted-key" in unnamed.stderr


@pytest.mark.prove
def test_a_ledger_is_proved_up_to_its_certificate(
    command_line: CommandLine, erasure: Erasure, key: str, tmp_path: Path
) -> None:
    proved = command_line.run("verify-ledger", REQUEST, "--trusted-key", key)
    assert (proved.returncode, proved.stdout) == (
        0,
        "6 lines, each proved by the next; line 4 is the one that the certificate names, signed by a trusted key\n",
    )
    assert "signature not checked" in command_line.run("verify-ledger", REQUEST).stdout

    document = hand_over(erasure, tmp_path / "handed over")
    lines = erasure.container.download_blob(LEDGER).readall().splitlines(keepends=True)
    altered = [
        line.replace(b'"erase"', b'"guard"') if number == 2 else line for number, line in enumerate(lines, 1)
    ]
    for ledger, problem in (
        (altered, "ledger line 2: was altered, or one after it is missing\n"),
        ([*lines[:2], *lines[3:]], "ledger line 2: was altered, or one after it is missing\n"),
        (lines[:3], "ledger line 4: is missing; the given head counts 4 events\n"),
    ):
        rewrite_ledger(erasure, ledger)
        found = command_line.run("verify-ledger", REQUEST, "--trusted-key", key)
        assert (found.returncode, found.stdout) == (1, problem)
    # Who takes the archive's own certificate away hides nothing from whoever has it.
    erasure.store.delete_many([NAMES.document])
    found = command_line.run("verify-ledger", REQUEST, "--certificate", str(document), "--trusted-key", key)
    assert (found.returncode, found.stdout) == (1, problem)


@pytest.mark.prove
def test_a_ledger_without_a_certificate_is_proved_as_far_as_it_goes(
    command_line: CommandLine, erasure: Erasure, tmp_path: Path
) -> None:
    document = hand_over(erasure, tmp_path / "handed over")
    erasure.store.delete_many([NAMES.document])
    found = command_line.run("verify-ledger", REQUEST)
    assert found.returncode == 0
    assert "that its end is whole is not proved" in found.stdout

    other = CertificateNames("default", "erasure-other")
    unknown = command_line.run("verify-ledger", other.request)
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "there is no request erasure-other in account default\n",
    )
    mixed = command_line.run("verify-ledger", other.request, "--certificate", str(document))
    assert mixed.returncode == 2
    assert f"the certificate is of request {REQUEST} in account default" in mixed.stderr


def test_what_a_user_got_wrong_is_one_sentence(command_line: CommandLine, erasure: Erasure, key: str) -> None:
    unknown = command_line.run("verify-certificate", "erasure-other", "--trusted-key", key)
    assert unknown.returncode == 2
    assert "default/certificates/erasure-other/certificate.json" in unknown.stderr
    nowhere = command_line.run("verify-certificate", "nowhere.json", "--trusted-key", key)
    assert nowhere.returncode == 2
    assert "nowhere.json" in nowhere.stderr
    erasure.store.write(NAMES.document, b"{}")
    broken = command_line.run("verify-ledger", REQUEST)
    assert broken.returncode == 2
    assert "is no certificate" in broken.stderr
