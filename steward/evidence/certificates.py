"""Certificates of erasure in the archive: put on record once, signed, and proved again by whoever trusts the key."""

import hashlib
from dataclasses import dataclass

from steward.archive import manifest
from steward.archive.documents import encode
from steward.archive.errors import BlobDamaged, BlobMissing
from steward.archive.names import BagNames, RequestNames
from steward.archive.store import JSON, ArchiveStore
from steward.erasure.certificate import FORMAT, Certificate, Facts, issue, read_certificate
from steward.erasure.certificate_page import render
from steward.erasure.findings import Archives, ReadBack
from steward.erasure.names import ErasureNames
from steward.evidence.envelope import StatementNotTrusted, sign, verify
from steward.evidence.keys import EvidenceSigner
from steward.evidence.statement import Statement, encode_statement, make_statement
from steward.ledger.ledger import Ledger
from steward.ledger.state import CERTIFIED

HTML = "text/html; charset=utf-8"


class CertificateNames(RequestNames):
    """The blobs of one request's certificate, which stay; their names are the subjects of the statement."""

    __slots__ = ()

    @property
    def prefix(self) -> str:
        return f"{self.account}/certificates/{self.request}/"

    @property
    def document(self) -> str:
        return f"{self.prefix}certificate.json"

    @property
    def page(self) -> str:
        return f"{self.prefix}certificate.html"

    @property
    def statement(self) -> str:
        return f"{self.prefix}certificate.dsse.json"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate as it is handed over."""

    document: bytes
    page: bytes
    statement: bytes


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """`prefix` of its blobs; `sha256` of the document, which stands for all it says."""

    prefix: str
    sha256: str
    certificate: Certificate


def sign_certificate(
    store: ArchiveStore,
    ledger: Ledger,
    facts: Facts,
    read_back: ReadBack,
    archives: Archives,
    signer: EvidenceSigner,
) -> SignedCertificate:
    """Issue the certificate of a request, put it on record in its ledger, write and sign it.

    The first one on record counts, whatever a twin or a later run finds; what else stands in its place, since somebody put it
    there, is written over and never signed. Nothing takes a finished certificate: what it says comes from the findings that
    are given here. Raises FiguresContradict, CertificateMalformed, ArchiveError, ChainBroken.
    """
    names = CertificateNames(facts["account"], facts["request"])
    data = _on_record(store, ledger, names, issue(facts, read_back, archives))
    certificate = read_certificate(data)
    page = render(certificate).encode()
    statement = certificate_statement(certificate, data, page)
    if not _stands(store, names, signer, CertificateFiles(data, page, encode_statement(statement))):
        store.write(names.document, data, media_type=JSON)
        store.write(names.page, page, media_type=HTML)
        store.write(names.statement, sign(statement, signer), media_type=JSON)
    return SignedCertificate(names.prefix, sha256(data), certificate)


def _on_record(
    store: ArchiveStore, ledger: Ledger, names: CertificateNames, certificate: Certificate
) -> bytes:
    """The certificate that the ledger names: this one, unless another came first."""
    data = encode(certificate)
    drafts = ErasureNames(names.account, names.request)
    # Before the ledger names it: whoever comes after a crash has to find it.
    store.write(drafts.certificate(sha256(data)), data, media_type=JSON)
    verdicts = certificate["verdicts"]
    said = {
        "service": verdicts["service"]["verdict"],
        "archives": verdicts["archives"]["verdict"],
    }
    about = {"certificate": names.prefix, "sha256": sha256(data), "verdicts": said}
    named = str(ledger.append(CERTIFIED, CERTIFIED, about).data["sha256"])
    draft = store.read(drafts.certificate(named))
    if sha256(draft) != named:
        raise BlobDamaged(f"{drafts.certificate(named)}: is not the certificate that the ledger names")
    return draft


def certificate_statement(certificate: Certificate, document: bytes, page: bytes) -> Statement:
    """The claim about a certificate and its page, and about what they were made of."""
    names = CertificateNames(certificate["account"], certificate["request"])
    subjects = {names.document: sha256(document), names.page: sha256(page), **made_of(certificate)}
    guard = certificate["guard"]
    if guard["kind"] == "export":
        subjects[BagNames(names.account, guard["request"]).blob(manifest.TAGMANIFEST)] = guard["tagmanifest"]
    predicate = {
        "account": certificate["account"],
        "request": certificate["request"],
        "state": certificate["state"],
        "verdicts": {
            "service": certificate["verdicts"]["service"]["verdict"],
            "archives": certificate["verdicts"]["archives"]["verdict"],
        },
        "ledger": certificate["ledger"],
    }
    return make_statement(subjects, FORMAT, predicate)


def made_of(certificate: Certificate) -> dict[str, str]:
    """SHA-256 by blob of the plan and the inventories, which are deleted some time after the request's end."""
    plan, inventories = certificate["plan"], certificate["inventories"]
    digests = {ErasureNames(certificate["account"], plan["request"]).plan: plan["hash"]}
    return digests | {each["blob"]: each["sha256"] for each in inventories["before"] + inventories["after"]}


def read_files(store: ArchiveStore, names: CertificateNames) -> CertificateFiles:
    """A certificate as it stands in the archive; raises BlobMissing where a part of it is not there."""
    # Not checked against what the store has on record of it: the signature proves more.
    document, page, statement = (
        b"".join(store.read_chunks(name, check=False))
        for name in (names.document, names.page, names.statement)
    )
    return CertificateFiles(document, page, statement)


def sha256(data: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _stands(
    store: ArchiveStore, names: CertificateNames, signer: EvidenceSigner, expected: CertificateFiles
) -> bool:
    """Whether all of it is there, signed with this key; of `expected` the statement is what is to be signed."""
    try:
        found = read_files(store, names)
        signed = encode_statement(verify(found.statement, [signer.public_key]))
    except (BlobMissing, StatementNotTrusted):
        return False
    return CertificateFiles(found.document, found.page, signed) == expected
