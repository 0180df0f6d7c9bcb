"""The statements that a redacted bag's line is made of: old tagmanifest -> new, for which erasure, when."""

from steward.archive import manifest
from steward.archive.names import BagNames
from steward.archive.redaction import Redaction, Sign
from steward.evidence.envelope import sign
from steward.evidence.keys import EvidenceSigner
from steward.evidence.statement import REDACTION, Statement, make_statement


def redaction_statement(bag: BagNames, redaction: Redaction, number: int) -> Statement:
    """The claim that this erasure's redaction, the bag's `number`th, made the old tagmanifest into the new."""
    name = bag.blob(manifest.TAGMANIFEST)
    predicate = {
        "account": bag.account,
        "request": bag.request,
        "erasure": redaction.erasure,
        "number": number,
        "at": redaction.at,
        "redacted": {"name": name, "digest": {"sha256": redaction.old}},
        "removed": redaction.removed,
    }
    return make_statement({name: redaction.new}, REDACTION, predicate)


def signing(bag: BagNames, signer: EvidenceSigner) -> Sign:
    """What `redact` signs a bag's redactions with."""
    return lambda redaction, number: sign(redaction_statement(bag, redaction, number), signer)
