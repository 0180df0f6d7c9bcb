"""Where a callback may go: what an address says, what its name resolves to, and who answers there."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steward.tickets import callback, callback_address
from steward.tickets.callback_address import is_public, why_refused
from steward.tickets.exchange import Unanswered, Untellable
from steward.tickets.notices import Notice
from tests.telling.played import Answer, Played

# As an operator might have them who did not think of everything.
HOSTS = (
    *("hooks.example.org", "hooks.example.org:8443", "127.0.0.1:9000", "localhost:9000"),
    *("127.0.0.2", "10.0.0.5", "169.254.169.254", "168.63.129.16", "2130706433", "0x7f.1", "127.1"),
    *("224.0.0.1", "100.64.0.1", "0.0.0.0", "012.0.0.1"),  # noqa: S104 - nothing is bound here
)
ALLOWED = [
    "https://hooks.example.org",
    "https://HOOKS.example.org/a/b?c=d&e=%20",
    "https://hooks.example.org:443/",
    "https://hooks.example.org:8443/x",
    "http://127.0.0.1:9000/x",
    "https://localhost:9000?x",
]
FORBIDDEN = [
    # The store, on this machine and in Azure; the metadata endpoint and its kin.
    "http://127.0.0.1:10000/devstoreaccount1/archive",
    "https://archive.blob.core.windows.net/x",
    "http://169.254.169.254/metadata/instance",
    "https://169.254.169.254/metadata/instance",
    "https://168.63.129.16/machine",
    "https://metadata.google.internal/",
    "https://[fd00:ec2::254]/latest",
    # Loopback, but not as it is listed.
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.0.0.1:9001/",
    "https://127.0.0.2/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://0.0.0.0/",
    "https://[::1]:9000/",
    "https://[::ffff:127.0.0.1]:9000/",
    "https://localhost/",
    # Private addresses, and others that are not on the internet.
    "https://10.0.0.5/",
    "https://012.0.0.1/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    # Hosts that are not listed, and what only looks like one that is.
    "https://example.org/",
    "https://evil.hooks.example.org/",
    "https://hooks.example.org.evil.example/",
    "https://hooks.example.org./",
    "https://hooks.example.org:444/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:65979/",
    "https://hooks.example.org@evil.example/",
    "https://hooks.example.org:443@evil.example/",
    "https://hooks.example.org\\@evil.example/",
    "https://evil.example#@hooks.example.org/",
    "https://evil.example\\.hooks.example.org/",
    "https://hooks。example。org/",
    "https://hooks%2Eexample.org/",
    "https:// hooks.example.org/",
    "https://hooks.example.org/\r\nHost: evil.example",
    "https://hooks.example.org/\n",
    # Not as it has to be.
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "//hooks.example.org/",
    "hooks.example.org",
    "https://user:password@hooks.example.org/",
    "https://@hooks.example.org/",
    "https://hooks.example.org/#done",
    "HTTPS://hooks.example.org/",
    "",
]

NOTICE = Notice(
    request="export-ticket-0123",
    change="accepted",
    at="2026-11-27T00:00:00+00:00",
    facts={"id": "export-ticket-0123", "kind": "export", "dryRun": False, "state": "accepted"},
    links={},
)


@pytest.mark.parametrize("url", ALLOWED)
def test_what_is_listed_is_allowed(url: str) -> None:
    assert why_refused(url, HOSTS) == ""


@pytest.mark.parametrize("url", FORBIDDEN)
def test_everything_else_is_refused(url: str) -> None:
    assert why_refused(url, HOSTS)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_nothing_is_sent_there_either(url: str, monkeypatch: pytest.MonkeyPatch, system: Played) -> None:
    """The request may have been accepted when the settings were others."""

    def no_name(*_: Any, **__: Any) -> Any:
        raise AssertionError("nobody asks for its address")

    monkeypatch.setattr(callback_address.socket, "getaddrinfo", no_name)
    with pytest.raises(Untellable, match="not-allowed"):
        callback.post(url, HOSTS, _secret(system), "", NOTICE)


def _secret(system: Played) -> Any:
    return system.settings().callback_secret


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name has these addresses, once; whoever asks again is led elsewhere."""
    asked = socket.getaddrinfo
    left = list(addresses)

    def getaddrinfo(host: str, port: int, *arguments: Any, **named: Any) -> list[Any]:
        if host in addresses:
            return asked(host, port, *arguments, **named)
        found, left[:] = [*left], ["192.0.2.1"]
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (families[ipaddress.ip_address(each).version], socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    monkeypatch.setattr(callback_address.socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "addresses",
    [
        ("169.254.169.254",),
        ("168.63.129.16",),
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("172.16.0.1",),
        ("192.168.1.1",),
        ("100.100.100.200",),
        ("192.0.0.192",),
        ("0.0.0.0",),  # noqa: S104 - nothing is bound here
        ("224.0.0.251",),
        ("::1",),
        ("::ffff:169.254.169.254",),
        ("fe80::1",),
        ("fd00:ec2::254",),
        ("2002:7f00:1::1",),
        ("64:ff9b::a9fe:a9fe",),
        ("64:ff9b:1::a9fe:a9fe",),
        # IPv4 as IPv6 had it once, and may still be routed: RFC 4291, 2.5.5.1; RFC 2765, 2.1.
        ("::169.254.169.254",),
        ("::ffff:0:127.0.0.1",),
        ("::8.8.8.8",),
        ("fec0::1",),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2",),
        # One right answer makes the other no better.
        ("93.184.216.34", "10.0.0.1"),
    ],
)
def test_a_listed_name_that_leads_inside_is_refused(
    addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, system: Played
) -> None:
    resolving(monkeypatch, *addresses)
    with pytest.raises(Untellable, match="address-not-public"):
        callback.post("https://hooks.example.org/x", HOSTS, _secret(system), "", NOTICE)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_name_without_an_address_may_have_one_later(
    monkeypatch: pytest.MonkeyPatch, system: Played
) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(callback_address.socket, "getaddrinfo", nobody)
    with pytest.raises(Unanswered, match="no-address"):
        callback.post("https://hooks.example.org/x", HOSTS, _secret(system), "", NOTICE)


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/metadata/instance",
        "http://127.0.0.1:10000/devstoreaccount1/archive",
        "/events?tenant=7",
        "https://hooks.example.org/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_wherever_it_leads(system: Played, place: str, status: int) -> None:
    system.wrong["/events"] = [Answer(status, {"Location": place})]
    with pytest.raises(Unanswered, match="redirected"):
        callback.post(system.callback, system.settings().callback_hosts, _secret(system), "", NOTICE)
    assert len(system.asked) == 1


@contextmanager
def tls_server(folder: Path, name: str) -> Generator[tuple[int, Path, list[str]]]:
    """Answers one request with 204 under a certificate of that name: its port, the certificate, line and host it was asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = folder / f"{name}.pem"
    place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place)
    sent: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            sent.extend([self.requestline, self.headers["Host"]])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Not in a test's output."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        # A handshake that fails ends in its accept, which the server takes for nobody there.
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port, place, sent
        thread.join(10)


@pytest.mark.parametrize("name", ["hooks.example.org", "evil.example"])
def test_the_certificate_is_the_names_and_the_connection_the_checked_addresss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: Played, name: str
) -> None:
    """Its name is resolved once: a second answer, to whoever asks again, would lead nowhere."""
    resolving(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(callback_address, "is_public", bool)
    with tls_server(tmp_path, name) as (port, certificate, sent):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        url, hosts = f"https://hooks.example.org:{port}/x?y=z", (f"hooks.example.org:{port}",)
        if name == "evil.example":
            with pytest.raises(Unanswered, match="no-secure-connection"):
                callback.post(url, hosts, _secret(system), "", NOTICE)
            assert sent == []
            return
        callback.post(url, hosts, _secret(system), "", NOTICE)
    assert sent == ["POST /x?y=z HTTP/1.1", f"hooks.example.org:{port}"]
