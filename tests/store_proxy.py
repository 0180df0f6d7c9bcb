"""A storage account that fails when a test wants it to: a proxy before Azurite, with the answers of the real service."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from stack.processes import connection_string
from tests.conftest import Azurite
from tests.proxy import Answered, Proxy, Seen

# Pieces of the library's and the service's own texts, which say what was signed and by whom.
TOLD_BY_THE_LIBRARY = (
    "RequestId",
    "ErrorCode:",
    "MAC signature",
    "string to sign",
    "string_to_sign",
    "x-ms-date",
)


@dataclass(frozen=True)
class Refusal:
    """What the store is made to answer."""

    status: int
    code: str
    detail: str = ""

    def to_xml(self, seen: Seen) -> bytes:
        """As the real service words it [Status and error codes]; 403 quotes the signature and what was signed."""
        detail = self.detail and (
            f"<AuthenticationErrorDetail>The MAC signature found in the HTTP request '{seen.authorization}' is not the "
            f"same as any computed signature. Server used following string to sign: '{seen.method}\n\nx-ms-date:Thu, 01 "
            f"Jan 2026 00:00:00 GMT\n{seen.target}'.</AuthenticationErrorDetail>"
        )
        text = f"{self.code}.\nRequestId:11111111-0000-0000-0000-000000000000\nTime:2026-01-01T00:00:00Z"
        return f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code><Message>{text}</Message>{detail}</Error>'.encode()


REFUSED_SIGNATURE = Refusal(403, "AuthenticationFailed", detail="signature")
INTERNAL_ERROR = Refusal(500, "InternalError")
NO_CONTAINER = Refusal(404, "ContainerNotFound")
# Another 404, such as a wrong address gives: it does not say that the blob is not there.
NO_ACCOUNT = Refusal(404, "ResourceNotFound")
# They have the statuses of a lost race, and whoever tries again is refused again.
LEASED = Refusal(412, "LeaseIdMissing")
IMMUTABLE = Refusal(409, "BlobImmutableDueToPolicy")

type Fault = Callable[[Seen], Refusal | None]


class StoreProxy(Proxy):
    """Passes requests on; `fault` may answer one in the store's place."""

    def __init__(self, azurite: Azurite) -> None:
        super().__init__(azurite.blob_port)
        self.fault: Fault = lambda _: None
        self._queue_port = azurite.queue_port

    @property
    def connection_string(self) -> str:
        return connection_string(self.port, self._queue_port)

    def answer(self, seen: Seen) -> Answered:
        if refusal := self.fault(seen):
            headers = {"Content-Type": "application/xml", "x-ms-error-code": refusal.code}
            return Answered(refusal.status, headers, refusal.to_xml(seen))
        return self.pass_on(seen)


@contextmanager
def store_proxy(azurite: Azurite) -> Generator[StoreProxy]:
    """A proxy that runs while the block does."""
    proxy = StoreProxy(azurite)
    with proxy.running():
        yield proxy
