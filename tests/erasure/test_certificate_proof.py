"""A signed certificate convinces whoever trusts the key, and only as long as nothing of it was touched."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.documents import encode
from steward.erasure.certificate import issue, read_certificate
from steward.erasure.certificate_page import render
from steward.evidence.certificate_proof import prove_files
from steward.evidence.certificates import (
    CertificateFiles,
    certificate_statement,
    read_files,
    sha256,
)
from steward.evidence.envelope import sign
from steward.evidence.keys import load_signer
from steward.ledger.state import CERTIFIED
from tests.erasure import certificates as samples
from tests.erasure.certified import NAMES, REQUEST, Erasure


@pytest.fixture
def erasure(container: ContainerClient, tmp_path: Path) -> Erasure:
    return Erasure(container, tmp_path)


def test_a_certificate_is_proved_by_its_key_and_all_that_it_was_made_of(erasure: Erasure) -> None:
    signed = erasure.certify()
    assert signed.prefix == NAMES.prefix
    assert signed.certificate["state"] == "complete"
    assert sha256(erasure.store.read(NAMES.document)) == signed.sha256
    assert erasure.problems() == []


def test_one_that_is_there_stands_whatever_is_found_later(erasure: Erasure) -> None:
    first = erasure.sign()
    files = read_files(erasure.store, NAMES)
    erasure.facts["times"]["issued"] = "2027-01-01T00:00:00+00:00"
    assert erasure.sign() == first
    assert read_files(erasure.store, NAMES) == files


@pytest.mark.parametrize("signed", [False, True])
def test_what_else_stands_in_its_place_is_not_signed(erasure: Erasure, *, signed: bool) -> None:
    """Somebody put it there, or an earlier run that did not come to put it on record; and what was signed beside is another
    certificate's."""
    facts = {**erasure.facts, "approved": {"at": samples.DONE["at"], "by": samples.UNNAMED}}
    other = issue(cast("Any", facts), samples.DONE, samples.KEPT)
    page = b"a page"
    statement = sign(certificate_statement(other, encode(other), page), erasure.signer)
    if signed:
        erasure.sign()
    for document in (encode(other), b"{broken"):
        for name, data in ((NAMES.document, document), (NAMES.page, page), (NAMES.statement, statement)):
            erasure.container.upload_blob(name, data, overwrite=True)
        certificate = erasure.sign()
        assert certificate.certificate["approved"] == erasure.facts["approved"]
        assert sha256(erasure.store.read(NAMES.document)) == certificate.sha256
        assert erasure.problems() == []


@pytest.mark.parametrize("lost", [["page", "statement"], ["statement"]])
def test_one_that_was_left_half_written_is_ended_by_the_next_run(erasure: Erasure, lost: list[str]) -> None:
    first = erasure.certify()
    files = read_files(erasure.store, NAMES)
    erasure.store.delete_many([getattr(NAMES, each) for each in lost])
    erasure.facts["times"]["issued"] = "2027-01-01T00:00:00+00:00"
    assert erasure.sign() == first
    assert read_files(erasure.store, NAMES) == files
    assert erasure.problems() == []


def test_another_key_signs_anew_what_stands(erasure: Erasure, tmp_path: Path) -> None:
    erasure.certify()
    old, erasure.signer = erasure.signer, load_signer(str(tmp_path / "other.pem"))
    assert erasure.problems() == ["certificate.dsse.json: is signed by none of the 1 trusted keys"]
    erasure.sign()
    assert erasure.problems() == []
    assert prove_files(read_files(erasure.store, NAMES), [old.public_key])[0] is None


def altered(files: CertificateFiles) -> Iterator[tuple[str, CertificateFiles]]:
    """Each file changed alone, in ways that still read well."""
    document = files.document.replace(b'"absent":5240', b'"absent":5239').replace(
        b'"planned":10480', b'"planned":10479'
    )
    yield "certificate.json", CertificateFiles(document, files.page, files.statement)
    spaced = json.dumps(json.loads(files.document)).encode()
    yield "certificate.json", CertificateFiles(spaced, files.page, files.statement)
    page = files.page.replace(b"10,480", b"10,481")
    yield "certificate.html", CertificateFiles(files.document, page, files.statement)


def test_no_altered_file_is_believed(erasure: Erasure) -> None:
    erasure.certify()
    files = read_files(erasure.store, NAMES)
    for name, forged in altered(files):
        certificate, proof = prove_files(forged, [erasure.signer.public_key])
        assert certificate is None
        assert any(name in problem for problem in proof.problems), name


def test_a_signature_does_not_make_what_nobody_found_complete(erasure: Erasure) -> None:
    lacking = issue(samples.PERSON_FACTS, samples.LACKING, samples.UNREDACTED)
    forged: Any = lacking | {"state": "complete"}
    document, page = encode(forged), render(forged).encode()
    statement = sign(certificate_statement(forged, document, page), erasure.signer)
    certificate, proof = prove_files(CertificateFiles(document, page, statement), [erasure.signer.public_key])
    assert certificate is None
    assert proof.problems == ["certificate.json: its state or counts do not follow from what was found"]


def test_a_page_that_another_certificate_makes_is_found_though_it_was_signed(erasure: Erasure) -> None:
    signed = erasure.sign()
    document = erasure.store.read(NAMES.document)
    other = render(issue(samples.PERSON_FACTS, samples.LACKING, samples.UNREDACTED)).encode()
    statement = sign(certificate_statement(signed.certificate, document, other), erasure.signer)
    _, proof = prove_files(CertificateFiles(document, other, statement), [erasure.signer.public_key])
    assert proof.problems == [
        "certificate.html: is not the page of this certificate, though it was signed with it"
    ]

    # One of an older version cannot be made again, and its digest was signed.
    older: Any = signed.certificate | {"software": {"name": "custom-vision-steward", "version": "0.0.9"}}
    document = encode(older)
    statement = sign(certificate_statement(read_certificate(document), document, other), erasure.signer)
    _, proof = prove_files(CertificateFiles(document, other, statement), [erasure.signer.public_key])
    assert proof.problems == []
    assert "was made by version 0.0.9" in proof.notes[0]


def test_a_plan_that_was_deleted_is_said_and_one_that_was_altered_is_found(erasure: Erasure) -> None:
    erasure.certify()
    erasure.store.write(erasure.plan, b'{"plan": 2}\n')
    assert erasure.problems() == [f"{erasure.plan}: is not what the certificate was made of"]
    erasure.store.delete_many([erasure.plan])
    (note,) = erasure.problems()
    assert note.startswith("note: 1 of 2 blobs of the plan and the inventories are there no more")


def test_a_ledger_that_was_written_anew_is_found(erasure: Erasure) -> None:
    erasure.certify()
    blob = erasure.container.get_blob_client(f"default/requests/{REQUEST}/ledger.jsonl")
    lines = blob.download_blob().readall().splitlines(keepends=True)
    blob.delete_blob()
    blob.create_append_blob()
    blob.append_block(b"".join(lines[:4]))
    assert erasure.problems() == [
        "the request's ledger does not name its certificate, which was on record in it before it was written"
    ]
    erasure.ledger.append(
        CERTIFIED, CERTIFIED, {"certificate": NAMES.prefix, "sha256": "ab" * 32, "verdicts": {}}
    )
    assert erasure.problems() == ["the request's ledger names another certificate"]

    erasure.container.delete_blob(f"default/requests/{REQUEST}/ledger.jsonl")
    assert erasure.problems() == [f"there is no request {REQUEST} in account default"]
    erasure.ledger.create("erasure", {"purpose": "off-boarding", "dryRun": False})
    assert erasure.problems() == ["ledger line 2: is missing; the given head counts 4 events"]
