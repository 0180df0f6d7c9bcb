"""Writing payload files: JSON documents and pages of JSON lines, without the signed addresses the service puts in."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from activities.payloads import RequestRef
from steward.accounts import account
from steward.archive.documents import encode, gap
from steward.archive.names import BagNames
from steward.archive.store import JSON, JSON_LINES


def write_document(ref: RequestRef, path: str, document: Mapping[str, Any]) -> None:
    """One JSON document in the bag."""
    _write(ref, path, encode(without_addresses(document)), JSON)


def write_lines(ref: RequestRef, path: str, lines: Iterable[bytes]) -> None:
    """One page of JSON lines in the bag, as they come: one of 256 images of 300 regions has 15 MB."""
    account(ref["account"]).store.write_stream(
        BagNames(ref["account"], ref["request"]).blob(path), lines, media_type=JSON_LINES
    )


def write_gap(ref: RequestRef, path: str, code: str, reason: str) -> None:
    """A document, or a page, that says why it could not be had."""
    _write(ref, path, encode(gap(code, reason)), JSON_LINES if path.endswith(".jsonl") else JSON)


def _write(ref: RequestRef, path: str, data: bytes, media_type: str) -> None:
    account(ref["account"]).store.write(
        BagNames(ref["account"], ref["request"]).blob(path), data, media_type=media_type
    )


# They say where copies in the customer's own storage are, so they stay, without their signature.
_OWN_STORAGE = {"exportModelContainerUri", "notificationQueueUri"}


def without_addresses(value: Any) -> Any:
    """The same JSON without keys that end in Uri: they are signed, live for a day, and let in whoever holds them."""
    if isinstance(value, dict):
        found = cast(dict[str, Any], value)
        return {
            key: _unsigned(part) if key in _OWN_STORAGE else without_addresses(part)
            for key, part in found.items()
            if key in _OWN_STORAGE or not key.endswith("Uri")
        }
    if isinstance(value, list):
        return [without_addresses(part) for part in cast(list[Any], value)]
    return value


def _unsigned(address: Any) -> Any:
    return address.partition("?")[0] if isinstance(address, str) else address
