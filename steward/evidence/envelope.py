"""DSSE envelopes [https://github.com/secure-systems-lab/dsse]: a statement and its signatures."""

import json
from collections.abc import Sequence
from typing import Any, cast

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError

from steward.evidence.keys import EvidenceSigner, PublicKey
from steward.evidence.statement import PAYLOAD_TYPE, STATEMENT, Statement, encode_statement


class StatementNotTrusted(Exception):  # noqa: N818 - named for what happened
    """No trusted key signed it, or it is no statement at all."""


def sign(statement: Statement, signer: EvidenceSigner) -> bytes:
    """The statement in a signed envelope, as JSON."""
    envelope = Envelope(encode_statement(statement), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict(), indent=1).encode("ascii") + b"\n"


def verify(data: bytes, trusted: Sequence[PublicKey]) -> Statement:
    """The statement, if one of the trusted keys signed it; raises StatementNotTrusted.

    The key id in an envelope is a hint that anybody could have written, so every key is tried.
    """
    try:
        envelope = Envelope.from_dict(cast("dict[str, Any]", json.loads(data)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StatementNotTrusted("is not a signed envelope") from None
    if not any(_verifies(envelope, key) for key in trusted):
        raise StatementNotTrusted(f"is signed by none of the {len(trusted)} trusted keys")
    statement = (
        cast("Statement", json.loads(envelope.payload)) if envelope.payload_type == PAYLOAD_TYPE else None
    )
    if not statement or statement["_type"] != STATEMENT:
        raise StatementNotTrusted("is signed, but is no in-toto statement")
    return statement


def _verifies(envelope: Envelope, key: PublicKey) -> bool:
    for signature in envelope.signatures.values():
        try:
            key.verify_signature(signature, envelope.pae())
        except UnverifiedSignatureError:
            continue
        return True
    return False
