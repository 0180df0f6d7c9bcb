"""Managed identities on this machine: a certificate, the endpoint by which the platform gives an app its tokens, the tokens."""

import ipaddress
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.proxy import Answered, Proxy, Seen

STORAGE = "https://storage.azure.com"
COGNITIVE_SERVICES = "https://cognitiveservices.azure.com"
_TENANT = "0a000000-0000-4000-8000-000000000001"
_LIFETIME = 3600


def bearer_token(audience: str, client_id: str) -> str:
    """As Entra ID makes them, so far as Azurite and the emulator look: at claims, and at no signature."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{_TENANT}/",
        "appid": client_id,
        "oid": "0a000000-0000-4000-8000-000000000002",
        "tid": _TENANT,
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + _LIFETIME,
    }
    return jwt.encode(claims, "a key that nobody here ever sees, as long as it must be")


class TokenEndpoint(Proxy):
    """What App Service puts at IDENTITY_ENDPOINT, for these identities.

    https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
    """

    def __init__(self, *client_ids: str) -> None:
        super().__init__(0)
        self._client_ids = client_ids
        self._lock = threading.Lock()
        self.given: set[tuple[str, str]] = set()
        """Client ids and audiences of the tokens that were asked for."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self.port}/msi/token",
            "IDENTITY_HEADER": "header-of-this-test",
        }

    def answer(self, seen: Seen) -> Answered:
        query = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        headers = {name.lower(): value for name, value in seen.headers.items()}
        client_id, audience = query.get("client_id", ""), query.get("resource", "")
        known = headers.get("x-identity-header") == self.environment["IDENTITY_HEADER"]
        if not known or client_id not in self._client_ids:
            return Answered(
                400,
                {"Content-Type": "application/json"},
                b'{"statusCode": 400, "message": "no such identity"}',
            )
        with self._lock:
            self.given.add((client_id, audience))
        told = {
            "access_token": bearer_token(audience, client_id),
            "client_id": client_id,
            "expires_on": str(int(time.time()) + _LIFETIME),
            "resource": audience,
            "token_type": "Bearer",
        }
        return Answered(200, {"Content-Type": "application/json"}, json.dumps(told).encode())


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, for an hour, signed by itself; and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"
