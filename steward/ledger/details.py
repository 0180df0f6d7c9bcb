"""A request's details: the document with its personal values, in a blob of its own beside the ledger.

The ledger holds only their salted digest, so that they can be deleted later without breaking its chain, and without the
salt nobody can guess them from the digest.
"""

import contextlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, cast

from azure.storage.blob import BlobClient

from steward.archive.errors import BlobExists, BlobMissing
from steward.ledger import blobs


@dataclass(frozen=True, slots=True)
class Details:
    """`salt`: hexadecimal digits; `document`: the request with all its defaults."""

    salt: str
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        """HMAC-SHA256 of the document's canonical JSON, keyed with the salt, in hexadecimal digits."""
        return hmac.digest(bytes.fromhex(self.salt), _canonical(self.document), "sha256").hex()

    def to_bytes(self) -> bytes:
        return _canonical({"salt": self.salt, "request": self.document})


class DetailsAltered(Exception):  # noqa: N818 - it names what is found
    """The details are not those that were accepted: they are no details, or their digest is not the ledger's."""


class DetailsBlob:
    """Written once, read, and at the end deleted."""

    def __init__(self, blob: BlobClient) -> None:
        self._blob = blob

    def read(self) -> Details | None:
        """None where they were never written or have been deleted. Raises DetailsAltered."""
        content = blobs.read(self._blob)
        if content is None:
            return None
        try:
            found = cast("dict[str, Any]", json.loads(content.data))
            bytes.fromhex(found["salt"])
            return Details(salt=found["salt"], document=dict(found["request"]))
        except (ValueError, KeyError, TypeError):
            raise DetailsAltered("the details are not what was written") from None

    def write_or_read(self, details: Details) -> Details:
        """Write them, or read those that an earlier or faster writer wrote."""
        try:
            with blobs.errors(self._blob):
                self._blob.upload_blob(details.to_bytes(), overwrite=False, validate_content=True)
        except BlobExists:
            return self.read() or self.write_or_read(details)
        return details

    def delete(self) -> None:
        with contextlib.suppress(BlobMissing), blobs.errors(self._blob):
            self._blob.delete_blob()


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
