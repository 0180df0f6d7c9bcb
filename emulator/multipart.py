"""Parts of a multipart body. Parts without a file name count, too: the official Python client sends pictures so."""

from email.message import Message

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError

from emulator.call import Upload
from emulator.errors import ServiceError


class _Parts:
    """Gathers what the parser tells, part by part."""

    def __init__(self) -> None:
        self.uploads: list[Upload] = []
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._field = self._value = b""

    def begin(self) -> None:
        self._headers, self._pieces = {}, []

    def field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value.decode()
        self._field = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def end(self) -> None:
        self.uploads.append(Upload(_written_name(self._headers), b"".join(self._pieces)))


def read_parts(content_type: str, body: bytes) -> list[Upload]:
    """The parts in their order. 400 BadRequestImageStream where the body does not read."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary() or ""
    parts = _Parts()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.field,
                "on_header_value": parts.value,
                "on_header_end": parts.header,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except MultipartParseError:
        raise ServiceError("BadRequestImageStream", "The multipart body is damaged.") from None
    return parts.uploads


def _written_name(headers: dict[str, str]) -> str:
    """As the call wrote it, quotes included (recording CreateImagesFromData)."""
    written = headers.get("content-disposition", "")
    return written.partition("filename=")[2].partition(";")[0].strip()
