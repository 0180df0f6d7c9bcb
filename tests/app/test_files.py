"""Files of a request over HTTP: 302 to a link that reads that one file; none that is not the request's own; on record first."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, ContainerClient
from jsonschema import Draft202012Validator

from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.export.record import Json
from tests.proxy import Seen
from tests.store_proxy import LEASED, StoreProxy, store_proxy

ANN = {"X-MS-CLIENT-PRINCIPAL-NAME": "ann@example.org", "X-MS-CLIENT-PRINCIPAL-ID": "1f0a"}
ANN_ON_RECORD = {"name": "ann@example.org", "verified": True, "id": "1f0a"}
SECONDS = 5 * 60


@dataclass
class Served:
    """Documents of requests that have ended: `part` has the subject's hats alone, `whole` all, `erasure` took one shoe."""

    app: Erasing
    proxy: StoreProxy
    project: Wardrobe
    part: Json
    whole: Json
    erasure: Json

    def get(self, document: Json, name: str, **who: str) -> requests.Response:
        path = f"/api/requests/{document['id']}/files/{quote(name)}"
        facts = self.app.host.program.facts
        key = {"x-functions-key": facts["functionKey"]}
        # Its path is sent as it is, dots too.
        request = requests.Request("GET", facts["functionsUrl"], headers={**key, **who}).prepare()
        request.url = facts["functionsUrl"] + path
        with requests.Session() as session:
            return session.send(request, allow_redirects=False, timeout=30)

    def link(self, document: Json, name: str, **who: str) -> str:
        answer = self.get(document, name, **who)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        return answer.headers["Location"]

    def noted(self, document: Json) -> list[Json]:
        """What the ledger has of links."""
        return [each for each in self.app.ledger(document) if each["type"] in {"downloaded", "plan-read"}]


@pytest.fixture(scope="module")
def served(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("files")
    with store_proxy(azurite) as proxy:
        values = {
            "ARCHIVE_STORAGE": proxy.connection_string,
            "WEBSITE_AUTH_ENABLED": "True",
            "APPROVE_OWN_REQUESTS": "true",
        }
        with erasing(azurite, folder, "--train-seconds", "0", seed="none", values=values) as app:
            project = wardrobe(service_of(app.emulator))
            part = app.host.export({"scope": project.of_subject, "purpose": "data-subject"})
            whole = app.host.export({"scope": project.whole})
            shoe = project.selecting(images={"ids": [project.shoes[0]]})
            erasure = app.erase(shoe, **WAIVED)
            assert [each["state"] for each in (part, whole, erasure)] == ["completed"] * 3
            yield Served(app, proxy, project, part, whole, erasure)


def stored(container: ContainerClient, name: str) -> bytes:
    return container.download_blob(name).readall()


def links_in(links: Any) -> list[str]:
    if isinstance(links, str):
        return [links]
    return [link for each in links.values() for link in links_in(each)]


def test_links_name_what_is_there_and_each_gives_its_file(served: Served) -> None:
    for document, parts in (
        (served.whole, {"ledger", "bag"}),
        (served.erasure, {"ledger", "plan", "certificate"}),
    ):
        links = served.app.host.request(document["id"])["links"]
        assert links.keys() == parts
        start = f"/api/requests/{document['id']}/files/"
        for link in links_in(links):
            assert link.startswith(start)
            got = requests.get(served.link(document, link.removeprefix(start)), timeout=30)
            assert got.status_code == 200, (link, got.text)
            assert got.headers["Content-Disposition"] == (
                f'attachment; filename="{document["id"]}-{link.rpartition("/")[2]}"'
            )
            assert got.headers["Cache-Control"] == "no-store"
            assert got.content
    bag = served.app.host.request(served.whole["id"])["links"]["bag"]
    assert {"bagit.txt", "export.json", "tagmanifest-sha256.txt", "statement.dsse.json"} <= bag.keys()
    names = served.app.host.request(served.erasure["id"])["links"]["certificate"]
    assert names.keys() == {"json", "page", "statement"}


def test_payload_is_had_by_its_path_in_the_bag_shared_pictures_too(served: Served) -> None:
    container, project = served.app.archive.container, served.project.id
    manifest = stored(container, f"{served.whole['bag']}manifest-sha256.txt").decode()
    paths = [line.split("  ", 1)[1] for line in manifest.splitlines()]
    picture = next(path for path in paths if path.startswith(f"data/pictures/{project}/"))
    details = f"data/projects/{project}/project.json"
    blob = f"default/{picture.removeprefix('data/').rpartition('.')[0]}"
    for path, expected in ((picture, blob), (details, f"{served.whole['bag']}{details}")):
        link = served.link(served.whole, f"bag/{path}")
        assert requests.get(link, timeout=30).content == stored(container, expected)
    plan = served.app.ledger(served.erasure)
    batches = json.loads(stored(container, f"default/plans/{served.erasure['id']}/plan.json"))["projects"][0]
    batch = f"batches/{project}/images-{batches['imageBatches'][0]}.json"
    found = requests.get(served.link(served.erasure, batch), timeout=30).json()
    assert [each["id"] for each in found["batch"]] == [served.project.shoes[0]]
    assert len(plan) < len(served.app.ledger(served.erasure))


def not_its_own(served: Served) -> list[tuple[Json, str]]:
    project, shoe = served.project.id, served.project.shoes[1]
    manifest = stored(served.app.archive.container, f"{served.whole['bag']}manifest-sha256.txt").decode()
    shoes = next(line.split("  ", 1)[1] for line in manifest.splitlines() if shoe in line)
    whole = served.whole["id"]
    names = [
        *(
            "",
            "ledger",
            "ledger.jsonl/",
            "details.json",
            "plan.json",
            "certificate.json",
            "turn.json",
            "budget",
        ),
        *(
            "bag",
            "bag/",
            "bag/data",
            "bag/data/",
            "bag//bagit.txt",
            "BAG/bagit.txt",
            "bag/bagit.txt/",
            "bag/é.txt",
        ),
        *(
            "../ledger.jsonl",
            f"../{whole}/files/ledger.jsonl",
            f"bag/../{whole}/bagit.txt",
            "bag/./bagit.txt",
        ),
        *(
            f"bag/data/../../{whole}/bagit.txt",
            f"bag/../../requests/{whole}/details.json",
            "bag/%2e%2e/turn.json",
        ),
        *(f"bag/{shoes}", f"bag/{shoes.rpartition('.')[0]}", f"bag/data/pictures/{project}/", "bag/\0", "\0"),
        *(f"batches/{project}/images-{'0' * 64}.json", f"bag/data/projects/{project}/project.json\n"),
        *(f"bag/pictures/{project}/{shoe}", f"bag/  data/projects/{project}/project.json"),
    ]
    of_erasure = ["bag/bagit.txt", "plan/plan.json", "findings/account.json", "batches/../plan.json"]
    return [(served.part, name) for name in names] + [(served.erasure, name) for name in of_erasure]


def test_any_other_name_is_404_and_is_given_to_nobody(served: Served) -> None:
    """The shoes are in the account's archive and in another request's bag."""
    for document, name in not_its_own(served):
        answer = served.get(document, name)
        assert answer.status_code == 404, (name, answer.headers)
        assert "Location" not in answer.headers
    unknown = served.get({"id": "export-unknown"}, "ledger.jsonl")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_link_reads_its_file_and_does_nothing_else(served: Served) -> None:
    link = served.link(served.whole, "bag/export.json")
    parts = urlsplit(link)
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (said["sp"], said["sr"]) == ("r", "b")
    with BlobClient.from_blob_url(link) as blob:
        assert blob.download_blob().readall()
        with pytest.raises(HttpResponseError):
            blob.upload_blob(b"{}", overwrite=True)
        with pytest.raises(HttpResponseError):
            blob.delete_blob()
    host, _, container = f"{parts.scheme}://{parts.netloc}", *parts.path.split("/")[1:3]
    other = f"{host}{parts.path.replace('export.json', 'bag-info.txt')}?{parts.query}"
    listing = f"{host}/devstoreaccount1/{container}?restype=container&comp=list&{parts.query}"
    for refused in (other, listing):
        assert requests.get(refused, timeout=30).status_code == 403


def test_who_is_given_payload_or_a_plan_is_on_record_before(served: Served) -> None:
    path = f"bag/data/projects/{served.project.id}/project.json"
    before = len(served.noted(served.part))
    for name in ("bag/bagit.txt", "bag/manifest-sha256.txt", "ledger.jsonl"):
        served.link(served.part, name, **ANN)
    assert len(served.noted(served.part)) == before
    # It need not be followed.
    served.link(served.part, path, **ANN)
    served.link(served.part, path)
    *_, first, second = served.noted(served.part)
    tagmanifest = stored(served.app.archive.container, f"{served.part['bag']}tagmanifest-sha256.txt")
    assert first["data"]["by"] == ANN_ON_RECORD
    assert first["data"]["file"] == path
    assert first["data"]["tagmanifest"] == hashlib.sha256(tagmanifest).hexdigest()
    assert second["data"]["by"] == {"name": None, "verified": False}
    served.link(served.erasure, "plan.json", **ANN)
    assert served.noted(served.erasure)[-1]["data"] == {"by": ANN_ON_RECORD, "file": "plan.json"}
    # The records stand in a chain that still holds, of requests that have ended as they had.
    assert served.app.host.request(served.part["id"])["state"] == "completed"


def test_a_copy_of_a_bag_that_is_redacted_meanwhile_is_one_of_what_it_was(served: Served) -> None:
    """Else the certificate of the erase would not name it: copies of the redacted bag hold nothing of what is erased."""
    place = f"{served.part['bag']}tagmanifest-sha256.txt"
    blob = served.app.archive.container.get_blob_client(place)
    whole, metadata = blob.download_blob().readall(), blob.get_blob_properties().metadata

    def redact(seen: Seen) -> None:
        if seen.method == "GET" and "/manifest-sha256.txt" in seen.target:
            blob.upload_blob(b"of another manifest", overwrite=True, metadata={"sha256": "0" * 64})

    served.proxy.fault = redact
    try:
        path = f"bag/data/projects/{served.project.id}/project.json"
        served.link(served.part, path, **{"X-MS-CLIENT-PRINCIPAL-NAME": "bob@example.org"})
        assert blob.download_blob().readall() != whole
    finally:
        served.proxy.fault = lambda _: None
        blob.upload_blob(whole, overwrite=True, metadata=metadata)
    noted = served.noted(served.part)[-1]["data"]
    assert (noted["by"]["name"], noted["tagmanifest"]) == (
        "bob@example.org",
        hashlib.sha256(whole).hexdigest(),
    )


def test_no_link_is_given_that_cannot_be_put_on_record(served: Served) -> None:
    path = f"bag/data/projects/{served.project.id}/tags.json"
    served.proxy.fault = lambda seen: LEASED if "comp=appendblock" in seen.target else None
    try:
        answer = served.get(served.whole, path)
    finally:
        served.proxy.fault = lambda _: None
    assert answer.status_code == 503, answer.text
    assert "Location" not in answer.headers


def test_nothing_of_a_link_is_logged_or_kept(served: Served) -> None:
    link = served.link(served.whole, f"bag/data/projects/{served.project.id}/project.json", **ANN)
    signature = parse_qs(urlsplit(link).query)["sig"][0]
    log = served.app.host.program.output.read_text()
    kept = json.dumps([served.app.ledger(each) for each in (served.part, served.whole, served.erasure)])
    for text in (log, kept):
        assert [word for word in (signature, quote(signature, safe=""), "sig=") if word in text] == []


def test_real_documents_are_as_the_contract_says(served: Served) -> None:
    host = served.app.host
    contract = host.call("GET", "/api/openapi.json").json()
    host.call("POST", "/api/holds", {"covers": {"project": served.project.id}, "reason": "case 7"}, **ANN)
    for path, name in (
        *(
            (f"/api/requests/{each['id']}", "RequestDocument")
            for each in (served.part, served.whole, served.erasure)
        ),
        ("/api/requests", "RequestList"),
        ("/api/holds", "HoldList"),
        ("/api/health", "HealthDocument"),
        ("/api/requests?limit=none", "Problem"),
    ):
        schema = {**contract, "$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(schema).validate(host.call("GET", path).json())
    assert host.call("GET", "/api/health").json()["ok"] is True
