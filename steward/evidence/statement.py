"""in-toto Statements v1 [https://in-toto.io/Statement/v1]: which digests a claim is about, and the claim."""

import json
from collections.abc import Mapping
from typing import Any, TypedDict

STATEMENT = "https://in-toto.io/Statement/v1"
REDACTION = "https://custom-vision-steward.dev/redaction/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Subject(TypedDict):
    name: str
    digest: dict[str, str]


class Statement(TypedDict):
    _type: str
    subject: list[Subject]
    predicateType: str
    predicate: Mapping[str, Any]


def make_statement(
    subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
) -> Statement:
    """A claim about things by name and hexadecimal SHA-256."""
    return {
        "_type": STATEMENT,
        "subject": [Subject(name=name, digest={"sha256": digest}) for name, digest in subjects.items()],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def encode_statement(statement: Statement) -> bytes:
    """The bytes that are signed; the same for the same statement."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
