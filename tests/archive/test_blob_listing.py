"""Our reading of List Blobs gives what the storage library's own gives, refuses as it does, and is signed as it is."""

import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import AzureSasCredential
from azure.storage.blob import (
    BlobBlock,
    BlobProperties,
    ContainerClient,
    ContainerSasPermissions,
    ContentSettings,
    ExponentialRetry,
    generate_container_sas,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.processes import ACCOUNT_KEY, ACCOUNT_NAME
from steward.archive import blob_listing
from steward.archive.blob_listing import ListedBlob, list_blobs
from steward.archive.errors import ArchiveError, ArchiveUnavailable
from steward.archive.store import ArchiveStore
from steward.archive.store_errors import store_errors
from tests.conftest import Azurite
from tests.proxy import Answered, Seen
from tests.store_proxy import (
    INTERNAL_ERROR,
    NO_ACCOUNT,
    NO_CONTAINER,
    REFUSED_SIGNATURE,
    TOLD_BY_THE_LIBRARY,
    Refusal,
    StoreProxy,
)

NAMES = [
    "a b",
    "a+b",
    "a%20b",
    "a%",
    "a&include=snapshots",
    "a<b>'\"",
    "a]]>b",
    "a#b?c",
    "a//b/",
    " a ",
    "ä/語/😀",
    "e\u0301",
    "\u2028",
    "x" * 900,
]
# As Azure answers [List Blobs]: properties that Azurite does not give, a name that XML cannot have, a folder, and a blob
# without MD5, type and metadata.
ANSWERED_BY_AZURE = """\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://x/" ContainerName="c"><Blobs>
<Blob><Name Encoded="true">a%EF%BF%BF%26b</Name><Properties><Creation-Time>Wed, 25 Nov 2026 00:00:00 GMT</Creation-Time><Last-Modified>Wed, 25 Nov 2026 00:00:00 GMT</Last-Modified><Etag>0x8D</Etag><Content-Length>3</Content-Length><Content-Type>image/png</Content-Type><Content-Encoding /><Content-Language /><Content-CRC64 /><Content-MD5>ndTkYSaMgDT1yFZOFVxnpg==</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><Metadata><Sha256>00</Sha256><empty /></Metadata><OrMetadata /></Blob>
<Blob><Name>folder</Name><Properties><Etag>0x8E</Etag><ResourceType>directory</ResourceType><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties><Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>
<Blob><Name>plain</Name><Properties><Etag>0x8F</Etag><Content-Length>0</Content-Length><Content-Type /><Content-MD5 /><BlobType>BlockBlob</BlobType></Properties><Metadata /></Blob>
</Blobs><NextMarker /></EnumerationResults>"""


class AnsweringStore(StoreProxy):
    """Remembers what was asked; may give one answer to all of it."""

    def __init__(self, azurite: Azurite) -> None:
        super().__init__(azurite)
        self.answered: Answered | None = None
        self.asked: list[str] = []

    def answer(self, seen: Seen) -> Answered:
        self.asked.append(seen.target)
        return self.answered or super().answer(seen)

    def client(self, container: ContainerClient) -> ContainerClient:
        """Of the same container; tries again at once."""
        return ContainerClient.from_connection_string(
            self.connection_string,
            container.container_name,
            retry_policy=ExponentialRetry(
                initial_backoff=0, increment_base=0, random_jitter_range=0, retry_total=2
            ),
        )


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[AnsweringStore]:
    found = AnsweringStore(azurite)
    with found.running():
        yield found


def listed_by_the_library(container: ContainerClient, prefix: str = "") -> list[ListedBlob]:
    return [as_listed(blob) for blob in container.list_blobs(name_starts_with=prefix, include=["metadata"])]


def as_listed(blob: BlobProperties) -> ListedBlob:
    content = blob.content_settings
    md5 = bytes(content.content_md5) if content.content_md5 else None
    metadata = {name: value or "" for name, value in (blob.metadata or {}).items()}
    return ListedBlob(blob.name, blob.size, md5, content.content_type or "", str(blob.etag), metadata)


def fill(container: ContainerClient) -> None:
    for number, name in enumerate(NAMES):
        metadata = {"sha256": str(number), "MixedCase": "a&b <c>"} if number % 3 else None
        container.upload_blob(
            name, b"x" * number, metadata=metadata, content_settings=ContentSettings(content_type="image/png")
        )
    for name, content in (
        ("blocks/plain", None),
        (
            "blocks/summed",
            ContentSettings(content_type="text/plain; charset=utf-8", content_md5=bytearray(16)),
        ),
    ):
        blob = container.get_blob_client(name)
        blob.stage_block("only", b"block")
        blob.commit_block_list([BlobBlock("only")], content_settings=content)


@pytest.mark.parametrize("an_answer", [1, 3, len(NAMES) + 2, 2_000])
def test_a_listing_is_the_librarys_own_property_by_property(
    container: ContainerClient, monkeypatch: pytest.MonkeyPatch, an_answer: int
) -> None:
    monkeypatch.setattr(blob_listing, "LISTED", an_answer)
    assert list(list_blobs(container, "")) == []
    fill(container)
    listed = list(list_blobs(container, ""))
    assert sorted(blob.name for blob in listed) == sorted([*NAMES, "blocks/plain", "blocks/summed"])
    assert {blob.md5 is None for blob in listed} == {bool(blob.metadata) for blob in listed} == {True, False}
    for prefix in ("", "a", "a ", "a%", "a&include=", "ä/語", "blocks/", "none"):
        assert list(list_blobs(container, prefix)) == listed_by_the_library(container, prefix)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Azurite writes control characters into its XML as they are; an address has no name of dots.
    name=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), min_size=1, max_size=30
    ).filter(lambda name: not {".", ".."} & set(name.split("/"))),
    metadata=st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), st.text("aZ9 &<%=")),
)
def test_any_blob_is_listed_as_the_library_lists_it(
    container: ContainerClient, name: str, metadata: dict[str, str]
) -> None:
    container.upload_blob(name, b"x", metadata=metadata, overwrite=True)
    listed = list(list_blobs(container, name))
    assert listed == listed_by_the_library(container, name)


def test_what_azure_answers_is_read_as_the_library_reads_it(
    container: ContainerClient, proxy: AnsweringStore
) -> None:
    proxy.answered = Answered(200, {"Content-Type": "application/xml"}, ANSWERED_BY_AZURE.encode())
    client = proxy.client(container)
    encoded, folder, plain = listed = list(list_blobs(client, ""))
    assert listed == listed_by_the_library(client)
    assert (encoded.name, encoded.length, encoded.metadata) == ("a\uffff&b", 3, {"Sha256": "00", "empty": ""})
    assert (folder.name, plain.md5, plain.media_type, plain.metadata) == ("folder", None, "", {})
    assert [blob.name for blob in ArchiveStore(client).list("")] == ["a\uffff&b", "plain"]


def test_a_page_that_is_tried_again_is_asked_for_in_the_same_words(
    container: ContainerClient, proxy: AnsweringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_listing, "LISTED", 9)
    fill(container)
    faults: list[Refusal | None] = [None, INTERNAL_ERROR, INTERNAL_ERROR]
    proxy.fault = lambda _: faults.pop(0) if faults else None
    assert list(list_blobs(proxy.client(container), "")) == listed_by_the_library(container)
    first, *second = proxy.asked
    assert len(second) == 3
    assert len(set(second)) == 1
    assert first.count("include=metadata") == second[0].count("include=metadata") == 1


@pytest.mark.parametrize(
    "refusal",
    [REFUSED_SIGNATURE, INTERNAL_ERROR, NO_CONTAINER, NO_ACCOUNT, Refusal(409, "ContainerBeingDeleted")],
)
def test_a_refusal_is_the_error_that_the_librarys_listing_makes_of_it(
    container: ContainerClient, proxy: AnsweringStore, refusal: Refusal
) -> None:
    proxy.fault = lambda _: refusal
    client = proxy.client(container)
    ours = refused(client, lambda: list(list_blobs(client, "a")))
    librarys = refused(client, lambda: listed_by_the_library(client, "a"))
    assert (type(ours), str(ours)) == (type(librarys), str(librarys))
    told = "".join(traceback.format_exception(ours))
    assert not [piece for piece in (*TOLD_BY_THE_LIBRARY, client.url, ACCOUNT_KEY) if piece in told]


def refused(container: ContainerClient, act: Callable[[], object]) -> ArchiveError:
    with pytest.raises(ArchiveError) as raised, store_errors(container.container_name, "a"):
        act()
    return raised.value


@pytest.mark.parametrize("body", [b"<html/>", b"<EnumerationResults><Blobs><Bl"])
def test_an_answer_that_is_no_listing_is_not_an_empty_container(
    container: ContainerClient, proxy: AnsweringStore, body: bytes
) -> None:
    proxy.answered = Answered(200, {"Content-Type": "application/xml"}, body)
    store = ArchiveStore(proxy.client(container))
    with pytest.raises(ArchiveUnavailable, match="DecodeError"):
        list(store.list(""))


def test_a_signature_in_the_address_or_beside_it_lists_as_well(container: ContainerClient) -> None:
    container.upload_blob("a b", b"x", metadata={"sha256": "1"})
    token = generate_container_sas(
        ACCOUNT_NAME,
        container.container_name,
        account_key=ACCOUNT_KEY,
        permission=ContainerSasPermissions(list=True),
        expiry=datetime.now(UTC) + timedelta(minutes=10),
    )
    account = container.url.rpartition("/")[0]
    for client in (
        ContainerClient(account, container.container_name, AzureSasCredential(token)),
        ContainerClient.from_container_url(f"{container.url}?{token}"),
    ):
        with client:
            assert list(list_blobs(client, "a ")) == listed_by_the_library(container)
