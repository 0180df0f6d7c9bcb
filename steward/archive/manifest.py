"""Lines of a bag's tag files [RFC 8493, 2.1.3, 2.2.3]: manifests and fetch.txt, sorted by path."""

# ruff: noqa: N818 - exceptions are named for what happened; the root says that they are errors.

import re
from collections.abc import Iterator
from dataclasses import dataclass

from steward.archive.errors import ArchiveError

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
EXPORT = "export.json"
FETCH = "fetch.txt"
MANIFEST_SHA256 = "manifest-sha256.txt"
MANIFEST_MD5 = "manifest-md5.txt"
TAGMANIFEST = "tagmanifest-sha256.txt"
PAYLOAD_LISTS = (MANIFEST_SHA256, MANIFEST_MD5, FETCH)
STATEMENT = "statement.dsse.json"
# Of leftovers that were never sealed: an erasure has taken something from them.
REDACTED = "redacted.json"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_ESCAPED = {"%": "%25", "\r": "%0D", "\n": "%0A"}


class LineMalformed(ArchiveError):
    """A line of a tag file that is not of its form; the text names the file and the line's number."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A payload file: `path` in the bag; both digests hexadecimal; `length` in bytes."""

    path: str
    sha256: str
    md5: str
    length: int


def redaction_statement(number: int) -> str:
    """The statement of a bag's first, second … redaction."""
    return f"redaction-{number}.dsse.json"


def is_statement(path: str) -> bool:
    """Whether a file of the bag is signed, and says so itself: it speaks of the tagmanifest, which cannot list it."""
    return path == STATEMENT or re.fullmatch(r"redaction-[1-9][0-9]*\.dsse\.json", path) is not None


def escape(path: str) -> str:
    """[RFC 8493, 2.1.3]: line ends and the percent sign, and only those, are percent-encoded."""
    return re.sub(r"[%\r\n]", lambda match: _ESCAPED[match[0]], path)


def unescape(path: str) -> str:
    return re.sub(r"%(25|0[DAda])", lambda match: chr(int(match[1], 16)), path)


def digest_line(digest: str, path: str) -> bytes:
    return f"{digest}  {escape(path)}\n".encode()


def fetch_line(url: str, length: int, path: str) -> bytes:
    return f"{url} {length} {escape(path)}\n".encode()


def parse_digest_lines(file: str, lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """(path, digest in lower case); raises LineMalformed."""
    for number, line in enumerate(lines, 1):
        match = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+(\S.*)", _text(file, number, line))
        if not match:
            raise LineMalformed(f"{file}: line {number}: expected a digest and a path")
        yield unescape(match[2]), match[1].lower()


def parse_fetch_lines(lines: Iterator[bytes]) -> Iterator[tuple[str, str, int]]:
    """(path, url, length); raises LineMalformed."""
    for number, line in enumerate(lines, 1):
        match = re.fullmatch(r"(\S+)[ \t]+(\d{1,18})[ \t]+(\S.*)", _text(FETCH, number, line))
        if not match:
            raise LineMalformed(f"{FETCH}: line {number}: expected a URL, a length and a path")
        yield unescape(match[3]), match[1], int(match[2])


def parse_bag_info(data: bytes) -> dict[str, str]:
    """The labels of bag-info.txt; ours are written without folded lines and without repeats."""
    lines = data.decode("utf-8", "replace").splitlines()
    return {
        label.strip(): value.strip()
        for label, found, value in (line.partition(":") for line in lines)
        if found
    }


def _text(file: str, number: int, line: bytes) -> str:
    try:
        return line.decode().rstrip("\r")
    except UnicodeDecodeError:
        raise LineMalformed(f"{file}: line {number}: is not UTF-8") from None
