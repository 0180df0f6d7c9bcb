"""Signed URLs of the blob store: `?sv&sr&sig&se&sp`, read-only, one blob (recordings README, "Images")."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, quote

from emulator.errors import signature_refused, unsigned_refused
from emulator.times import PER_SECOND, Clock, parse, whole_seconds

_VERSION = "2017-04-17"


class Signer:
    """Signs paths and checks what it signed; the key lives as long as the emulator."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def query(self, path: str, expiry: str) -> str:
        """Query that opens the path until the expiry (whole seconds, UTC)."""
        signature = quote(self._signature(path, expiry), safe="")
        return f"sv={_VERSION}&sr=b&sig={signature}&se={expiry.replace(':', '%3A')}&sp=r"

    def expiry(self, lifetime: float) -> str:
        """Now plus the lifetime in seconds."""
        return whole_seconds(self._clock.now() + round(lifetime * PER_SECOND))

    def check(self, path: str, query: str) -> None:
        """Raises BlobError where the query does not open the path now."""
        values = parse_qs(query)
        signature, expiry = values.get("sig", [""])[0], values.get("se", [""])[0]
        if not signature:
            raise unsigned_refused()
        if not hmac.compare_digest(signature.encode(), self._signature(path, expiry).encode()):
            raise signature_refused()
        if parse(expiry) <= self._clock.now():
            raise signature_refused()

    def _signature(self, path: str, expiry: str) -> str:
        digest = hmac.digest(self._key, f"r\n{expiry}\n{path}".encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()
