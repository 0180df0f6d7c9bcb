"""What a store could bring back is told with its end; what could not be asked is told as well."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.erased import Erased
from steward.archive.recovery import Form, KeptBlob, NotAsked, Policies, Recoverable, recoverable
from steward.archive.recovery_store import AzureRetention
from tests.archive.exports import Project, child
from tests.conftest import Azurite
from tests.store_proxy import Refusal, store_proxy

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PROJECT = Project()
IMAGE = child(PROJECT, "image", 1)
ERASED = [Erased(PROJECT.id, images=frozenset({IMAGE}))]
PICTURE = f"default/pictures/{PROJECT.id}/{IMAGE}"
PAGE = f"default/exports/export-1/data/projects/{PROJECT.id}/images/tagged-00000.jsonl"


@dataclass
class FakeStore:
    """A store that keeps what it is told to; questions in `closed` it does not answer."""

    blobs: list[KeptBlob] = field(default_factory=list[KeptBlob])
    found: Policies = field(default_factory=lambda: Policies(immutability=False, legal_hold=False))
    days: int | None = None
    shows_deleted: bool = True
    closed: frozenset[str] = frozenset()

    def _ask(self, question: str) -> None:
        if question in self.closed:
            raise NotAsked("HTTP 403 AuthorizationPermissionMismatch")

    def kept(self, prefix: str, form: Form) -> Iterator[KeptBlob]:
        self._ask(form)
        return (blob for blob in self.blobs if blob.form == form and blob.name.startswith(prefix))

    def policies(self) -> Policies:
        self._ask("policies")
        return self.found

    def soft_delete_days(self) -> int | None:
        self._ask("days")
        return self.days

    def listing_shows_deleted(self) -> bool:
        self._ask("account")
        return self.shows_deleted


def ask(store: FakeStore | AzureRetention) -> list[Recoverable]:
    return recoverable(store, "default", ERASED, ["export-1"], now=NOW)


def test_a_store_that_keeps_nothing_has_nothing_to_bring_back() -> None:
    assert ask(FakeStore()) == []


def test_what_is_kept_is_told_with_the_latest_end_and_what_has_none() -> None:
    early, late = NOW + timedelta(days=3), NOW + timedelta(days=7)
    other = f"default/pictures/{PROJECT.id}/{child(PROJECT, 'image', 0)}"
    store = FakeStore(
        [
            KeptBlob(PICTURE, "soft-deleted", early),
            KeptBlob(PAGE, "soft-deleted", late),
            # Another image's: nobody erased it.
            KeptBlob(other, "soft-deleted", NOW + timedelta(days=90)),
            KeptBlob(PAGE, "version", None),
            KeptBlob(PICTURE, "version", early),
            KeptBlob(f"default/work/export-1/fragments/pictures/{PROJECT.id}.jsonl", "snapshot", early),
        ]
    )
    found = [(each["why"].split()[2], each["until"], each["blobs"]) for each in ask(store)]
    assert found == [
        ("keeps", late.isoformat(), 2), ("keeps", None, 2), ("blobs", early.isoformat(), 1)
    ]  # fmt: skip


def test_policies_have_no_end_that_is_known() -> None:
    found = ask(FakeStore(found=Policies(immutability=True, legal_hold=True)))
    assert [(each["why"], each["until"]) for each in found] == [
        ("the container has an immutability policy", None),
        ("the container has a legal hold", None),
    ]


def test_the_accounts_setting_counts_where_no_listing_shows_deleted_blobs() -> None:
    store = FakeStore(shows_deleted=False, days=14)
    assert [each["until"] for each in ask(store)] == [(NOW + timedelta(days=14)).isoformat()]
    assert ask(replace(store, shows_deleted=True)) == []


@pytest.mark.parametrize("question", ["soft-deleted", "version", "snapshot", "policies", "account", "days"])
def test_what_could_not_be_asked_is_told(question: str) -> None:
    found = ask(FakeStore(closed=frozenset({question}), shows_deleted=False))
    assert [each["until"] for each in found] == [None]
    assert found[0]["why"].startswith("it could not be asked whether")
    assert "AuthorizationPermissionMismatch" in found[0]["why"]


def test_a_store_that_keeps_nothing_is_asked_over_http(container: ContainerClient) -> None:
    container.upload_blob(PICTURE, b"a")
    container.delete_blob(PICTURE)
    assert ask(AzureRetention(container)) == []


def test_a_store_that_refuses_us_could_not_be_asked(azurite: Azurite, container: ContainerClient) -> None:
    with store_proxy(azurite) as proxy:
        proxy.fault = lambda _: Refusal(403, "AuthorizationPermissionMismatch")
        client = ContainerClient.from_connection_string(
            proxy.connection_string, container.container_name, retry_total=0
        )
        found = ask(AzureRetention(client))
    assert len(found) == 5
    assert all("AuthorizationPermissionMismatch" in each["why"] for each in found)
    assert all(each["until"] is None for each in found)


LISTED = """<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="http://127.0.0.1/" ContainerName="archive"><Blobs>{}</Blobs><NextMarker/></EnumerationResults>"""
BLOB = """<Blob><Name>{name}</Name>{marks}<Properties><Content-Length>1</Content-Length><BlobType>BlockBlob</BlobType>
<Last-Modified>Wed, 25 Nov 2026 00:00:00 GMT</Last-Modified>{properties}</Properties></Blob>"""


class RetainingService(BaseHTTPRequestHandler):
    """Answers as the Blob service of an account that keeps versions and deleted blobs [List Blobs, Get Container
    Properties, Get Account Information]."""

    def do_GET(self) -> None:
        included = self.path.partition("include=")[2].partition("&")[0].replace("%2C", ",").split(",")
        blobs = [BLOB.format(name=PICTURE, marks="", properties="")]
        if "deleted" in included:
            kept = "<RemainingRetentionDays>6</RemainingRetentionDays>"
            blobs.append(BLOB.format(name=PICTURE, marks="<Deleted>true</Deleted>", properties=kept))
        if "versions" in included:
            marks = "<VersionId>2026-11-24T00:00:00.0000000Z</VersionId>"
            blobs.append(BLOB.format(name=PICTURE, marks=marks, properties=""))
            current = f"{marks}<IsCurrentVersion>true</IsCurrentVersion>"
            blobs.append(BLOB.format(name=PICTURE, marks=current, properties=""))
        listing = "comp=list" in self.path and f"pictures%2F{PROJECT.id}" in self.path
        self._answer(LISTED.format("".join(blobs) if listing else "").encode())

    def do_HEAD(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-ms-is-hns-enabled", "false")
        self.send_header("x-ms-has-immutability-policy", "true")
        self.send_header("x-ms-has-legal-hold", "false")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def test_what_azure_lists_is_understood() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), RetainingService)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with ContainerClient(url, "archive", retry_total=0) as client:
            found = ask(AzureRetention(client))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    soft_deleted, version, policy = found
    assert (soft_deleted["blobs"], version["blobs"], policy["blobs"]) == (1, 1, 0)
    assert version["until"] is None
    days = datetime.fromisoformat(cast("str", soft_deleted["until"])) - datetime.now(UTC)
    assert timedelta(days=6) < days <= timedelta(days=7)
