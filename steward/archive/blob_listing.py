"""Listings of blobs with their metadata, read from the answer's own XML (docs/adr/0008-reading-listings.md)."""

from base64 import b64decode
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from azure.core.exceptions import DecodeError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.storage.blob import ContainerClient

# The store would give 5,000, but an answer takes some 6.5 KB a blob while it is read.
LISTED = 2_000


class ListedBlob(NamedTuple):
    """A blob as List Blobs shows it; `md5` is None where the store has none."""

    name: str
    length: int
    md5: bytes | None
    media_type: str
    etag: str
    metadata: dict[str, str]


def list_blobs(container: ContainerClient, prefix: str) -> Iterator[ListedBlob]:
    """What stands under a prefix, in the store's order; raises what the storage library raises."""
    answers: list[PipelineResponse[HttpRequest, HttpResponse]] = []
    pages = container.list_blob_names(
        name_starts_with=prefix,
        results_per_page=LISTED,
        response_format="xml",
        raw_request_hook=_ask_for_metadata,
        raw_response_hook=answers.append,
    ).by_page()
    for _ in pages:
        # The last one: those before it were tried again.
        root: Element = answers[-1].context[ContentDecodePolicy.CONTEXT_NAME]
        answers.clear()
        blobs = root.find("Blobs")
        if blobs is None:
            # A container where nothing stands has one too.
            raise DecodeError("the answer is no listing")
        yield from map(_read, blobs)
        # The library holds them until the next ones are there.
        blobs.clear()


def _ask_for_metadata(request: PipelineRequest[HttpRequest]) -> None:
    """The library calls this before it signs, once a request however often that is sent."""
    request.http_request.url += "&include=metadata"


def _read(blob: Element) -> ListedBlob:
    parts = {part.tag: part for part in blob}
    properties = {each.tag: each.text or "" for each in parts["Properties"]}
    name = parts["Name"].text or ""
    md5 = properties.get("Content-MD5")
    return ListedBlob(
        # Since version 2021-02-12 for names with characters that XML cannot have [List Blobs].
        unquote(name) if parts["Name"].get("Encoded") == "true" else name,
        int(properties["Content-Length"]),
        b64decode(md5) if md5 else None,
        properties.get("Content-Type", ""),
        properties["Etag"],
        {each.tag: each.text or "" for each in parts.get("Metadata", ())},
    )
