"""Certificates of erasure in the archive: written once, signed, and proved again by whoever trusts the key."""

import hashlib
from dataclasses import dataclass

from steward.archive import manifest
from steward.archive.documents import encode
from steward.archive.errors import BlobExists
from steward.archive.names import BagNames, RequestNames
from steward.archive.store import JSON, ArchiveStore
from steward.erasure.certificate import FORMAT, Certificate, Facts, issue, read_certificate
from steward.erasure.certificate_page import render
from steward.erasure.findings import Archives, ReadBack
from steward.erasure.names import ErasureNames
from steward.evidence.envelope import StatementNotTrusted, sign, verify
from steward.evidence.keys import EvidenceSigner
from steward.evidence.statement import Statement, make_statement

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
    store: ArchiveStore, facts: Facts, read_back: ReadBack, archives: Archives, signer: EvidenceSigner
) -> SignedCertificate:
    """Issue, write and sign the certificate of a request; one that is there already stands, and is signed if it is not.

    Nothing takes a finished certificate to sign: what it says comes from the findings that are given here. Raises
    FiguresContradict, CertificateMalformed, ArchiveError.
    """
    names = CertificateNames(facts["account"], facts["request"])
    data = encode(issue(facts, read_back, archives))
    try:
        store.write(names.document, data, media_type=JSON, if_none_match=True)
    except BlobExists:
        data = store.read(names.document)
    certificate = read_certificate(data)
    if not _is_signed(store, names, signer):
        page = render(certificate).encode()
        store.write(names.page, page, media_type=HTML)
        statement = certificate_statement(certificate, data, page)
        store.write(names.statement, sign(statement, signer), media_type=JSON)
    return SignedCertificate(names.prefix, sha256(data), certificate)


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


def _is_signed(store: ArchiveStore, names: CertificateNames, signer: EvidenceSigner) -> bool:
    """Whether this key has signed it: the statement is written last, so all of it is there then."""
    if not store.find(names.statement):
        return False
    try:
        verify(store.read(names.statement), [signer.public_key])
    except StatementNotTrusted:
        return False
    return True
