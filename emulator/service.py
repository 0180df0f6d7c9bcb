"""One call from its first byte to its last: admitted, read, answered, or refused in the right form."""

import logging
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from time import time
from wsgiref.handlers import format_date_time

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, QueryParams

from emulator.account import Account
from emulator.blobs import Blob, find_blob
from emulator.call import JSON, Call, Reply, Upload
from emulator.errors import BlobError, GatewayError, NotEmulatedError, ServiceError
from emulator.gateway import Gateway
from emulator.multipart import read_parts
from emulator.operation import Operation
from emulator.options import Options
from emulator.parameters import identifier, read_query
from emulator.routing import Match
from emulator.signing import Signer
from emulator.wire import PREVIEW, encode
from emulator.workspace import new_id

log = logging.getLogger("emulator")

type HeaderList = list[tuple[bytes, bytes]]

# On every answer of the recordings.
_ALWAYS: HeaderList = [
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
    (b"x-content-type-options", b"nosniff"),
]
# Versions of Request-Id (recordings README, "Wire").
_WITHOUT_REQUEST_ID = {"1.2", "3.0", "3.1"}


@dataclass(frozen=True)
class Response:
    """What goes over the wire."""

    status: int
    headers: HeaderList
    body: bytes


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    method: str
    path: str
    query: str
    headers: Headers
    scheme: str
    body: bytes

    @property
    def base(self) -> str:
        """The address that the caller knows this emulator by."""
        return f"{self.scheme}://{self.headers['host']}"


class Service:
    """The account and everything it takes to answer calls about it."""

    def __init__(self, account: Account, options: Options, gateway: Gateway) -> None:
        self.account = account
        self.options = options
        self.gateway = gateway
        self.signer = Signer(secrets.token_bytes(32), account.clock)
        self._started = format_date_time(time()).encode()

    async def answer(self, match: Match | GatewayError, request: Request) -> Response:
        """Answer of the Training or Prediction API; every refusal has become one, too."""
        request_id = new_id()
        version = match.version if isinstance(match, Match) else ""
        try:
            reply = await self._work(match, request, request_id)
        except (ServiceError, NotEmulatedError) as refused:
            reply = Reply(refused.status, encode(_error_json(version, refused.code, refused.message)), JSON)
        except GatewayError as refused:
            return gateway_response(refused, request_id, self.options)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            unknown = ServiceError("ErrorUnknown")
            reply = Reply(unknown.status, encode(_error_json(version, unknown.code, unknown.message)), JSON)
        headers = [*_ALWAYS, (b"apim-request-id", request_id.encode())]
        if version not in _WITHOUT_REQUEST_ID:
            headers.append((b"request-id", request_id.encode()))
        return Response(reply.status, headers + _body_headers(reply), reply.body)

    def answer_blob(self, request: Request) -> Response:
        """Answer of the blob store: GET and HEAD of signed URLs."""
        request_id = new_id()
        try:
            self.gateway.admit_picture(self.options)
            blob = self._open_blob(request)
        except GatewayError as refused:
            return gateway_response(refused, request_id, self.options)
        except BlobError as refused:
            return blob_refusal(refused, request_id)
        headers = [
            (b"content-length", b"%d" % len(blob.content)),
            (b"content-type", blob.media_type.encode()),
            (b"content-md5", blob.md5.encode()),
            (b"last-modified", self._started),
            (b"etag", b'"0x' + blob.md5.encode().hex().encode()[:15].upper() + b'"'),
            (b"x-ms-blob-type", b"BlockBlob"),
            (b"x-ms-request-id", request_id.encode()),
            (b"x-ms-version", b"2017-04-17"),
        ]
        return Response(200, headers, b"" if request.method == "HEAD" else blob.content)

    def _open_blob(self, request: Request) -> Blob:
        if request.method not in {"GET", "HEAD"}:
            raise BlobError(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
        self.signer.check(request.path, request.query)
        return find_blob(self.account, request.path)

    async def _work(self, match: Match | GatewayError, request: Request, request_id: str) -> Reply:
        longest = self.options.longest_url
        if longest and len(request.path) + len(request.query) > longest:
            raise GatewayError(414, "Request-URI Too Long")
        if not isinstance(match, Match):
            raise match
        self.gateway.admit(match, request.headers, self.options)
        operation = match.operation
        if operation.handler is None:
            raise NotEmulatedError(operation.id)
        call = Call(
            account=self.account,
            options=self.options,
            signer=self.signer,
            version=_wire_version(match),
            request_id=request_id,
            base=request.base,
            ids=_read_ids(match.ids, self.options),
            query=read_query(operation.parameters, match.version, QueryParams(request.query), self.options),
            body=_read_body(operation, request, self.options),
            uploads=_read_uploads(request) if operation.uploads else (),
            training_keys=[key.value for key in self.gateway.training_keys],
            prediction_key=self.gateway.prediction_key.value,
        )
        reply = operation.handler(call)
        return await reply if isinstance(reply, Awaitable) else reply


def gateway_response(refused: GatewayError, request_id: str, options: Options) -> Response:
    """The gateway's form, with Retry-After where there is one."""
    body = encode(refused.json(options.gateway_form))
    headers = [
        *_ALWAYS,
        (b"apim-request-id", request_id.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-type", JSON.encode()),
    ]
    if refused.retry_after is not None:
        headers.append((b"retry-after", b"%d" % refused.retry_after))
    return Response(refused.status, headers, body)


def blob_refusal(refused: BlobError, request_id: str) -> Response:
    """The blob store's form."""
    body = refused.xml(request_id)
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"application/xml"),
        (b"x-ms-error-code", refused.code.encode()),
        (b"x-ms-request-id", request_id.encode()),
    ]
    return Response(refused.status, headers, body)


def _read_ids(written: Mapping[str, str], options: Options) -> Mapping[str, str]:
    return {
        name: value if name == "publishedName" else identifier(name, value, options)
        for name, value in written.items()
    }


def _wire_version(match: Match) -> str:
    """The Prediction API v3.1 gives tagType, as Training v3.4-preview does (OpenAPI Prediction v3.1)."""
    return PREVIEW if match.operation.api == "prediction" and match.version == "3.1" else match.version


def _error_json(version: str, code: str, message: str) -> dict[str, str]:
    # PascalCase: recording Export.
    return {"Code": code, "Message": message} if version == "1.2" else {"code": code, "message": message}


def _body_headers(reply: Reply) -> HeaderList:
    """Without a body Content-Length is 0 and there is no Content-Type (recordings README, "Wire")."""
    length = (b"content-length", b"%d" % len(reply.body))
    return [length, (b"content-type", reply.media_type.encode())] if reply.media_type else [length]


def _read_body(operation: Operation, request: Request, options: Options) -> BaseModel | None:
    if operation.body is None or (operation.body_optional and not request.body):
        return None
    if not request.body:
        raise ServiceError("BadRequestRequiredParamIsNull", "The body is missing.")
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise ServiceError("UnsupportedMediaType", "Content-Type: expected application/json.")
    try:
        return operation.body.model_validate_json(request.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        code = options.malformed_id_code if first["type"] == "value_error" else "BadRequestInvalid"
        raise ServiceError(code, f"{where}: {first['msg']}") from None


def _read_uploads(request: Request) -> Sequence[Upload]:
    """Files of a multipart body, or the body itself."""
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/form-data"):
        return read_parts(kind, request.body)
    if kind.lower().startswith("application/octet-stream"):
        return [Upload("", request.body)] if request.body else []
    raise ServiceError("UnsupportedMediaType", "Content-Type: expected multipart/form-data or octet-stream.")
