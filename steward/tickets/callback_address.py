"""Where a callback may go: to hosts that a setting names, on public addresses, and there only.

Whoever makes requests chooses the address, and the app stands where much can be reached that they cannot reach. A name is
resolved once for a call, what it resolves to is checked, and what was checked is connected to.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from steward.connections import LOOPBACK
from steward.tickets.exchange import Away, Untellable

_PORTS = {"https": 443, "http": 80}
type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# No user, no fragment, no IPv6 literal, and nothing that two readers could read differently.
PATTERN = (
    r"^(https?)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::([0-9]{1,5}))?"
    r"(?:[/?][!$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*)?$"
)
FORM = "expected https://HOST, with :PORT, a path and a query or not, and with no user and no fragment"
# Azure's platform listens there on every machine [Azure, "What is IP address 168.63.129.16?"]; it is a public address.
_PLATFORM = frozenset({ipaddress.ip_address("168.63.129.16")})
# All of IPv6 that is on the internet: IANA, "IPv6 Global Unicast Address Assignments". Outside it the standard library calls global
# what is of this machine or of this site, such as ::127.0.0.1, ::ffff:0:127.0.0.1 and fec0::1.
_UNICAST = ipaddress.IPv6Network("2000::/3")
# IPv4 in IPv6: RFC 6052.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class _Place:
    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """As the header Host has it."""
        return self.host if self.port == _PORTS[self.scheme] else self.name

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK


def has_form(url: str) -> bool:
    """Whether it is an address at all that a request may name."""
    return _place_of(url) is not None


def why_refused(url: str, hosts: Sequence[str]) -> str:
    """Why a callback may not go there, by what the address says alone; empty where it may. `hosts`: CALLBACK_HOSTS."""
    place = _place_of(url)
    if place is None:
        return FORM
    if place.on_loopback:
        # For trying it out on one machine: said with its port, so that nobody opens the whole machine.
        return "" if place.name in hosts else "is not allowed by CALLBACK_HOSTS"
    if place.scheme != "https":
        return "expected https"
    if not {place.name, place.authority} & set(hosts):
        return "is not allowed by CALLBACK_HOSTS"
    literal = _literal(place.host)
    return "is not a public address" if literal and not is_public(literal) else ""


def address_of(url: str) -> str:
    """The address to connect to; raises Untellable where the name has one that is not public, Away where it has none."""
    place = _place_of(url)
    if place is None:
        raise Untellable("not-allowed")
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Away("no-address") from None
    addresses = [ipaddress.ip_address(str(each[4][0])) for each in found]
    if not all(each.is_loopback if place.on_loopback else is_public(each) for each in addresses):
        raise Untellable("address-not-public")
    # Where an app in Azure has no way out by IPv6, the other is the one that answers.
    return str(min(addresses, key=lambda each: each.version))


def is_public(address: Address) -> bool:
    """Whether it is on the internet, and the same for the IPv4 address that an IPv6 address may stand for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and address not in _PLATFORM
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST and address.is_global


def _place_of(url: str) -> _Place | None:
    found = re.fullmatch(PATTERN, url)
    if found is None:
        return None
    scheme, host, port = found.groups()
    place = _Place(scheme, host.lower(), int(port or _PORTS[scheme]))
    return place if 0 < place.port < 65536 else None


def _literal(host: str) -> Address | None:
    """An IPv4 address in any of the forms that resolvers know: 127.1, 0x7f000001, 2130706433."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


class PinnedAdapter(HTTPAdapter):
    """Connects to an address that was checked, whatever the name resolves to meanwhile; the certificate is the name's."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """As requests makes them, with another host to connect to."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool = {**pool, "server_hostname": host["host"], "assert_hostname": host["host"]}
        return {**host, "host": self._address}, pool

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        """The name that the caller meant, which the connection does not know."""
        if place := _place_of(str(request.url)):
            request.headers["Host"] = place.authority
