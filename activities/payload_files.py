"""Writing payload files: JSON documents and pages of JSON lines, without the signed addresses the service puts in.

An activity may be delivered twice, and its twin be late. It finds its file written, and looks whether the bag has been sealed
meanwhile before it writes over it.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from activities.payloads import RequestRef
from activities.sealed import refuse_when_sealed, refuse_when_sealed_now
from steward.accounts import account
from steward.archive.documents import encode, gap
from steward.archive.names import BagNames
from steward.archive.store import JSON, JSON_LINES


def write_document(ref: RequestRef, path: str, document: Mapping[str, Any]) -> None:
    """One JSON document in the bag."""
    _write_text(ref, path, encode(without_addresses(document)), JSON)


def write_lines(ref: RequestRef, path: str, lines: Iterable[bytes]) -> None:
    """One page of JSON lines in the bag, as they come: one of 256 images of 300 regions has 15 MB."""

    def until_sealed() -> Iterator[bytes]:
        yield from lines
        # Reading them may have taken minutes.
        refuse_when_sealed(ref["account"], ref["request"])

    _write(ref, path, until_sealed(), JSON_LINES)


def write_gap(ref: RequestRef, path: str, code: str, reason: str) -> None:
    """A document, or a page, that says why it could not be had."""
    _write_text(ref, path, encode(gap(code, reason)), JSON_LINES if path.endswith(".jsonl") else JSON)


def remove_payload_file(ref: RequestRef, path: str) -> None:
    """Where there is none, nothing happens."""
    refuse_when_sealed_now(ref["account"], ref["request"])
    account(ref["account"]).store.delete_many([BagNames(ref["account"], ref["request"]).blob(path)])


def _write_text(ref: RequestRef, path: str, data: bytes, media_type: str) -> None:
    refuse_when_sealed(ref["account"], ref["request"])
    _write(ref, path, [data], media_type)


def _write(ref: RequestRef, path: str, chunks: Iterable[bytes], media_type: str) -> None:
    """What is new costs nothing more; a twin's file is there."""
    account(ref["account"]).store.write_stream(
        BagNames(ref["account"], ref["request"]).blob(path),
        chunks,
        media_type=media_type,
        unless=functools.partial(refuse_when_sealed_now, ref["account"], ref["request"]),
    )


# The service's own addresses of pictures and models: signed, good for a day, and they let in whoever holds them.
_ADDRESSES = {"originalImageUri", "resizedImageUri", "thumbnailUri", "imageUri", "downloadUri"}
# What people wrote themselves; a key of theirs may have any name.
_WRITTEN_BY_PEOPLE = "metadata"


def without_addresses(value: Any) -> Any:
    """The same JSON without the service's own signed addresses.

    Any other key that ends in Uri, such as exportModelContainerUri, says where copies in the customer's own storage are:
    it stays, without its signature.
    """
    if isinstance(value, dict):
        found = cast(dict[str, Any], value)
        return {key: _clean(key, part) for key, part in found.items() if key not in _ADDRESSES}
    if isinstance(value, list):
        return [without_addresses(part) for part in cast(list[Any], value)]
    return value


def _clean(key: str, part: Any) -> Any:
    if key == _WRITTEN_BY_PEOPLE:
        return part
    return _unsigned(part) if key.endswith("Uri") else without_addresses(part)


def _unsigned(address: Any) -> Any:
    return address.partition("?")[0] if isinstance(address, str) else address
