"""The container that holds an account's archive. Each blob carries its SHA-256 and MD5 in its metadata, so that a
listing alone shows what is stored and whether it is still what was written."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential
from azure.storage.blob import (
    BlobBlock,
    ContainerClient,
    ContentSettings,
    ExponentialRetry,
)

from steward.archive.blob_listing import ListedBlob, list_blobs
from steward.archive.errors import ArchiveUnavailable, BlobDamaged, BlobMissing
from steward.archive.store_errors import store_errors
from steward.archive.writing import BlobWriter, Condition, Digests

JSON = "application/json"
JSON_LINES = "application/jsonl"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
# The batch operation's own maximum [Blob Batch].
DELETE_BATCH = 256


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as a listing shows it: `md5` is the store's, `sha256` is what we recorded when writing."""

    name: str
    length: int
    md5: bytes | None
    sha256: str | None
    media_type: str
    etag: str
    damage: str
    """Why it cannot be what was written; empty when nothing speaks against it."""


def connect(
    container: str,
    *,
    connection_string: str = "",
    account_url: str = "",
    credential: TokenCredential | None = None,
) -> ContainerClient:
    """A client that gives up on a dead store within seconds; the storage library's own default is over a minute.

    Raises ArchiveUnavailable, which names the options of the command line.
    """
    retry = ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=4)
    if connection_string:
        try:
            return ContainerClient.from_connection_string(connection_string, container, retry_policy=retry)
        except ValueError:
            raise ArchiveUnavailable(
                f"container {container}: --connection-string, or ARCHIVE_STORAGE in the environment: "
                "the storage connection string is not valid"
            ) from None
    if not account_url:
        raise ArchiveUnavailable(
            f"container {container}: expected --connection-string (or ARCHIVE_STORAGE in the environment) with a "
            "connection string, or --account-url with an account URL"
        )
    try:
        return ContainerClient(
            account_url, container, credential or DefaultAzureCredential(), retry_policy=retry
        )
    except ValueError:
        raise ArchiveUnavailable(
            f"container {container}: --account-url: expected https://NAME.blob.core.windows.net"
        ) from None


class ArchiveStore:
    """Safe for use by many threads."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def write(
        self,
        name: str,
        data: bytes,
        *,
        media_type: str = BYTES,
        digests: Digests | None = None,
        if_none_match: bool = False,
        if_match: str = "",
    ) -> Digests:
        """One PUT, checked in transit by its MD5. Raises BlobExists where a condition fails."""
        digests = digests or Digests.of(data)
        condition = Condition(new=if_none_match, etag=if_match)
        self.put(name, data, media_type=media_type, digests=digests, condition=condition)
        return digests

    def write_stream(
        self,
        name: str,
        chunks: Iterable[bytes],
        *,
        media_type: str = BYTES,
        if_none_match: bool = False,
        if_match: str = "",
        unless: Callable[[], None] | None = None,
    ) -> Digests:
        """Write bytes of any length with bounded memory; nothing is seen under the name before the end.

        `unless` is called where something is there already, right before it is replaced, and raises where it must stay; what
        somebody writes meanwhile raises BlobExists.
        """
        out = BlobWriter(self, name, media_type, Condition(new=if_none_match, etag=if_match), unless)
        for chunk in chunks:
            out.write(chunk)
        out.close()
        return out.digests

    @contextmanager
    def writer(self, name: str, *, media_type: str = BYTES) -> Generator[BlobWriter]:
        """Write piece by piece; the blob appears when the block ends without an exception."""
        out = BlobWriter(self, name, media_type, Condition())
        yield out
        out.close()

    def read(self, name: str) -> bytes:
        """The whole blob, checked against its recorded digest."""
        return b"".join(self.read_chunks(name))

    def read_chunks(self, name: str, *, check: bool = True) -> Iterator[bytes]:
        """The blob's bytes in pieces; raises BlobDamaged at the end if they are not those that were written."""
        with self._errors(name):
            # One connection at a time: the callers bring their own threads.
            download = self._container.download_blob(name, max_concurrency=1)
            recorded = (download.properties.metadata or {}).get("sha256")
            digest = hashlib.sha256()
            for chunk in download.chunks():
                digest.update(chunk)
                yield chunk
        if check and digest.hexdigest() != recorded:
            raise BlobDamaged(f"{name}: its bytes are not those that were written")

    def read_lines(self, name: str) -> Iterator[bytes]:
        """The blob's lines without their ends, in bounded memory; checked as `read_chunks` does."""
        rest = b""
        for chunk in self.read_chunks(name):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest

    def find(self, name: str) -> StoredBlob | None:
        """One HEAD; None where there is no such blob."""
        try:
            with self._errors(name):
                found = self._container.get_blob_client(name).get_blob_properties()
        except BlobMissing:
            return None
        settings = found.content_settings
        md5 = bytes(settings.content_md5) if settings.content_md5 else None
        return _stored(
            ListedBlob(
                name, found.size, md5, settings.content_type or "", str(found.etag), found.metadata or {}
            )
        )

    def list(self, prefix: str) -> Iterator[StoredBlob]:
        """What stands under a prefix, in the store's order; one request a 2,000 blobs."""
        with self._errors(prefix):
            for blob in list_blobs(self._container, prefix):
                # Accounts with a hierarchical namespace list folders as blobs.
                if not blob.metadata.get("hdi_isfolder"):
                    yield _stored(blob)

    def children(self, prefix: str) -> Iterator[str]:
        """What stands right under a prefix that ends in a slash; the names of folders end in one too."""
        with self._errors(prefix):
            for found in self._container.walk_blobs(name_starts_with=prefix, delimiter="/"):
                yield str(found.name).removeprefix(prefix)

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete blobs, with the snapshots that somebody took of them; those that are gone already count as deleted."""
        for batch in batched(names, DELETE_BATCH, strict=False):
            self._delete(batch, (202, 404))

    def delete_unchanged(self, blobs: Iterable[StoredBlob]) -> int:
        """As `delete_many`, of one batch as a listing found it: what somebody has written since stays, and is counted.

        Sent once, so that it cannot arrive long after somebody looked.
        """
        unchanged = MatchConditions.IfNotModified
        batch = [{"name": blob.name, "etag": blob.etag, "match_condition": unchanged} for blob in blobs]
        return self._delete(batch, (202, 404, 412), retry_total=0).count(412)

    def _delete(
        self, batch: Sequence[str | dict[str, Any]], wanted: tuple[int, ...], **options: Any
    ) -> Sequence[int]:
        """The store's answers, by their status."""
        with self._errors(""):
            answers = self._container.delete_blobs(
                *batch, delete_snapshots="include", raise_on_any_failure=False, **options
            )
            statuses = [answer.status_code for answer in answers]
        failed = [status for status in statuses if status not in wanted]
        if failed:
            raise ArchiveUnavailable(
                f"container {self.container}: {len(failed)} blobs could not be deleted, first HTTP {failed[0]}"
            )
        return statuses

    def delete_under(self, prefix: str) -> None:
        """Delete what stands under a prefix; where nothing does, nothing happens."""
        self.delete_many([blob.name for blob in self.list(prefix)])

    def url(self, name: str) -> str:
        """Where the blob is, without anything that would let its reader in."""
        # As a blob's client has it, but fetch.txt asks for one a picture, and a client takes longer than all the rest.
        parts = urlsplit(self._container.url)
        return urlunsplit((parts.scheme, parts.netloc, f"{parts.path}/{quote(name, safe='~/')}", "", ""))

    @property
    def container(self) -> str:
        return str(self._container.container_name)

    def etag(self, name: str) -> str:
        """Of what stands there now; raises BlobMissing."""
        if found := self.find(name):
            return found.etag
        raise BlobMissing(f"{name}: was there a moment ago")

    def put(self, name: str, data: bytes, *, media_type: str, digests: Digests, condition: Condition) -> None:
        with self._errors(name):
            self._container.get_blob_client(name).upload_blob(
                data,
                length=len(data),
                metadata=_metadata(digests),
                content_settings=ContentSettings(content_type=media_type),
                # With it Put Blob checks the bytes on arrival; the store keeps its own MD5 of them.
                validate_content=True,
                overwrite=True,
                **_options(condition),
            )

    def stage_block(self, name: str, block_id: str, data: bytes) -> None:
        with self._errors(name):
            self._container.get_blob_client(name).stage_block(
                block_id, data, len(data), validate_content=True
            )

    def commit_blocks(
        self, name: str, block_ids: Iterable[str], *, media_type: str, digests: Digests, condition: Condition
    ) -> None:
        with self._errors(name):
            self._container.get_blob_client(name).commit_block_list(
                [BlobBlock(block_id) for block_id in block_ids],
                metadata=_metadata(digests),
                # The store makes no MD5 of a blob that comes in blocks: each block was checked, this is their sum.
                content_settings=ContentSettings(content_type=media_type, content_md5=bytearray(digests.md5)),
                **_options(condition),
            )

    def _errors(self, name: str) -> AbstractContextManager[None]:
        return store_errors(self.container, name)


def _metadata(digests: Digests) -> dict[str, str]:
    return {"sha256": digests.sha256, "md5": digests.md5.hex()}


def _options(condition: Condition) -> dict[str, Any]:
    """As the library takes them."""
    options: dict[str, Any] = {"retry_total": 0} if condition.once else {}
    if condition.new:
        options |= {"match_condition": MatchConditions.IfMissing}
    elif condition.etag:
        options |= {"etag": condition.etag, "match_condition": MatchConditions.IfNotModified}
    return options


def _stored(blob: ListedBlob) -> StoredBlob:
    return StoredBlob(
        name=blob.name,
        length=blob.length,
        md5=blob.md5,
        sha256=blob.metadata.get("sha256"),
        media_type=blob.media_type or BYTES,
        # Quoted in a header, bare in a listing.
        etag='"{}"'.format(blob.etag.strip('"')),
        damage=_damage(blob.md5, blob.metadata),
    )


def _damage(md5: bytes | None, recorded: dict[str, str]) -> str:
    if "sha256" not in recorded or "md5" not in recorded:
        return "carries no digests of ours: something else wrote it"
    if md5 is None:
        return "has no MD5"
    if md5.hex() != recorded["md5"]:
        return "has other bytes than those that were written"
    return ""
