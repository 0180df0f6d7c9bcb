"""Proving a certificate of erasure: that it was signed, says what follows from its findings, and is still borne out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from steward import VERSION
from steward.archive.store import ArchiveStore
from steward.erasure.certificate import FORMAT, Certificate, CertificateMalformed, read_certificate
from steward.erasure.certificate_page import render
from steward.evidence.certificates import CertificateFiles, certificate_statement, made_of, sha256
from steward.evidence.envelope import StatementNotTrusted, verify
from steward.evidence.keys import PublicKey
from steward.evidence.statement import Statement
from steward.ledger.chain import ChainBroken, Event, Head
from steward.ledger.ledger import Ledger, LedgerMissing
from steward.ledger.state import CERTIFIED


@dataclass(slots=True)
class Proof:
    """`problems`: why it proves nothing; `notes`: what could not be looked at any more. Both are sentences."""

    problems: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def add(self, other: "Proof") -> None:
        self.problems += other.problems
        self.notes += other.notes


def prove_files(files: CertificateFiles, trusted: Sequence[PublicKey]) -> tuple[Certificate | None, Proof]:
    """Check what was handed over by itself. The certificate is None where there is none to be believed."""
    proof = Proof()
    try:
        statement = verify(files.statement, trusted)
    except StatementNotTrusted as error:
        proof.problems.append(f"certificate.dsse.json: {error}")
        return None, proof
    try:
        certificate = read_certificate(files.document)
    except CertificateMalformed as error:
        proof.problems.append(f"certificate.json: {error}")
        return None, proof
    proof.problems += _unsigned(statement, certificate_statement(certificate, files.document, files.page))
    if proof.problems:
        return None, proof
    if render(certificate).encode() != files.page:
        _of_another_page(certificate, proof)
    return certificate, proof


def _unsigned(signed: Statement, expected: Statement) -> list[str]:
    """What of a certificate the signed statement does not speak of."""
    if signed["predicateType"] != FORMAT:
        return ["certificate.dsse.json: is signed, but speaks of no erasure"]
    digests = {subject["name"]: subject["digest"] for subject in signed["subject"]}
    return [
        f"{subject['name']}: is not what was signed"
        for subject in expected["subject"]
        if digests.get(subject["name"]) != subject["digest"]
    ]


def _of_another_page(certificate: Certificate, proof: Proof) -> None:
    made_by = certificate["software"]["version"]
    if made_by == VERSION:
        proof.problems.append(
            "certificate.html: is not the page of this certificate, though it was signed with it"
        )
    else:
        proof.notes.append(
            f"certificate.html: is what was signed, but was made by version {made_by}: "
            f"this version, {VERSION}, cannot make it again to compare"
        )


def prove_in_store(store: ArchiveStore, ledger: Ledger, certificate: Certificate, document: bytes) -> Proof:
    """Check a certificate that was signed against what the archive still has of its making. Raises ArchiveUnavailable."""
    proof = Proof()
    digests = made_of(certificate)
    gone = 0
    for name, digest in digests.items():
        if not store.find(name):
            gone += 1
        elif sha256(b"".join(store.read_chunks(name, check=False))) != digest:
            proof.problems.append(f"{name}: is not what the certificate was made of")
    if gone:
        proof.notes.append(
            f"{gone} of {len(digests)} blobs of the plan and the inventories are there no more: they are deleted some "
            "time after a request's end, and their digests stay in the certificate"
        )
    try:
        events = ledger.verify(head_in(certificate))
    except (ChainBroken, LedgerMissing) as error:
        proof.problems.append(str(error))
    else:
        _compare_with_ledger(events, sha256(document), proof)
    return proof


def head_in(certificate: Certificate) -> Head:
    """How far the ledger went when the certificate was made."""
    return Head(certificate["ledger"]["events"], certificate["ledger"]["hash"])


def _compare_with_ledger(events: Sequence[Event], digest: str, proof: Proof) -> None:
    certified = [event.data["sha256"] for event in events if event.type == CERTIFIED]
    if not certified:
        proof.problems.append(
            "the request's ledger does not name its certificate, which was on record in it before it was written"
        )
    elif certified != [digest]:
        proof.problems.append("the request's ledger names another certificate")
