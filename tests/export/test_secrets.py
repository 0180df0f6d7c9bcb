"""Keys, signatures and personal values: where they never are, whatever happened."""

import json
from pathlib import Path

import pytest

from tests.conftest import Azurite
from tests.export.conftest import StartEmulator
from tests.export.exporting import ENDED, Archive, Emulator, Host, Json, new_archive, settings, wait
from tests.export.service_side import training_client
from tests.proxy import Seen
from tests.store_proxy import REFUSED_SIGNATURE, TOLD_BY_THE_LIBRARY, Refusal, store_proxy

PERSON = "Zebedee Quux, born 1970-01-01"


INSTANCES = "/runtime/webhooks/durabletask/instances"


def everything_said(host: Host) -> dict[str, str]:
    """The host's log, every request document, and every orchestration with its input, status and whole history."""
    said = {"log": host.program.output.read_text(), "requests": host.call("GET", "/api/requests").text}
    key = {"x-functions-key": host.program.facts["masterKey"]}
    for each in host.call("GET", f"{INSTANCES}?showInput=true&top=1000", **key).json():
        name = each["instanceId"]
        query = "showHistory=true&showHistoryOutput=true&showInput=true"
        said[f"instance {name}"] = host.call("GET", f"{INSTANCES}/{name}?{query}", **key).text
        # Its parts have ids of their own, with a colon.
        if ":" not in name:
            said[f"request {name}"] = host.call("GET", f"/api/requests/{name}").text
    return said


def everything_stored(archive: Archive) -> dict[str, str]:
    """Every blob with its name and metadata; pictures as bytes that are read as text."""
    return {
        blob.name: f"{blob.name} {blob.metadata} "
        + archive.container.download_blob(blob.name).readall().decode("latin-1")
        for blob in archive.container.list_blobs(include=["metadata"])
    }


def test_no_key_signature_or_person_leaves_its_place(
    tmp_path: Path, own_emulator: StartEmulator, azurite: Azurite
) -> None:
    emulator = own_emulator("--training-key", "a-very-secret-training-key")
    client = training_client(emulator.endpoint, emulator.key)
    project = client.get_projects()[0]
    image = client.get_tagged_images(project.id, take=1)[0]
    client.update_image_metadata(project.id, [image.id], {"subject": PERSON})
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path, settings(emulator, archive)) as host,
    ):
        person = {"projects": [{"id": project.id, "images": {"metadata": {"subject": PERSON}}}]}
        scoped = host.export(
            {"scope": person, "purpose": "data-subject", "ticket": {"system": "jira", "key": "PRIV-7"}}
        )
        assert scoped["totals"]["images, tagged"]["exported"] == 1
        refused = host.export({"scope": {"projects": [{"name": PERSON}]}})
        assert refused["state"] == "refused"
        # What the service answers with a fault finds its way into gaps, logs and retries.
        emulator.fault(kind="status", status=403, operation="GetBlob", probability=0.1, seed=7)
        emulator.fault(kind="status", status=500, operation="GetTags", times=2)
        emulator.fault(kind="truncated", operation="GetTaggedImages", times=2)
        whole = host.export()
        assert whole["state"].startswith("completed")
        said, stored = everything_said(host), everything_stored(archive)

    account_key = archive.connection_string.partition("AccountKey=")[2].partition(";")[0]
    assert len(account_key) > 20
    assert len([name for name in said if name.startswith("instance ")]) > 10
    for place, text in {**said, **stored}.items():
        for secret in (emulator.key, account_key, "sig=", "&se="):
            assert secret not in text, f"{secret[:4]}… in {place}"
    # A person's name is in the payload that was asked for, and in the details that can be deleted.
    own = {name for name in stored if name.endswith("/details.json") or "/data/projects/" in name}
    for place, text in {**said, **{name: text for name, text in stored.items() if name not in own}}.items():
        assert "Zebedee" not in text, place
    assert any("Zebedee" in stored[name] for name in own)


# By account: what its store refuses while an export runs, by the target of a request, and how the export ends.
REFUSED = {
    "turn": ("/turn/turn.json", "failed"),
    "details": ("/details.json", "failed"),
    "calls": ("/calls/budget", "failed"),
    "moved": ("/moved/pictures/", "completed-with-gaps"),
}


class FailingStore:
    """Refuses requests as a storage account whose key was changed does, once an account's request has started."""

    def __init__(self) -> None:
        self._started: set[str] = set()
        self.signatures: set[str] = set()

    def __call__(self, seen: Seen) -> Refusal | None:
        for account, (place, _) in REFUSED.items():
            if f"/{account}/" in seen.target and b'"type":"started"' in seen.body:
                self._started.add(account)
            elif f"/{account}/" in seen.target and place in seen.target and account in self._started:
                self.signatures.add(seen.authorization.rpartition(":")[2])
                return REFUSED_SIGNATURE
        return None


def ended_document(host: Host, request: str) -> Json:
    """The request document once it has ended; whoever asks meanwhile for what the store refuses is answered 503."""
    return wait(
        lambda: host.call("GET", f"/api/requests/{request}"),
        lambda answer: answer.status_code == 200 and answer.json()["state"] in ENDED,
        200,
    ).json()


# The engine tries each step again for half a minute.
@pytest.mark.timeout(300)
@pytest.mark.prove
def test_a_store_that_fails_under_an_export_is_told_by_its_code_alone(
    tmp_path: Path, emulator: Emulator, azurite: Azurite
) -> None:
    with (
        new_archive(azurite.connection_string) as archive,
        new_archive(azurite.connection_string) as gone,
        store_proxy(azurite) as proxy,
    ):
        values = settings(emulator, Archive(proxy.connection_string, archive.container), "gone", *REFUSED)
        accounts = json.loads(values["CUSTOM_VISION_ACCOUNTS"])
        accounts["gone"]["archive"]["container"] = gone.container.container_name
        values["CUSTOM_VISION_ACCOUNTS"] = json.dumps(accounts)
        proxy.fault = failing = FailingStore()
        with Host(tmp_path, values) as host:
            lost, *refused = [host.ask({"account": name, "scope": "account"}) for name in accounts]
            # Its export has only begun.
            gone.container.delete_container()
            for request, (account, (_, state)) in zip(refused, REFUSED.items(), strict=True):
                document = ended_document(host, request)
                assert (document["account"], document["state"]) == (account, state)
                if state == "failed":
                    assert "403 AuthenticationFailed" in document["reason"]
            key = {"x-functions-key": host.program.facts["masterKey"]}
            # Nobody can write its end; the engine goes on trying.
            history = f"{INSTANCES}/{lost}?showHistory=true&showHistoryOutput=true"
            wait(
                lambda: host.call("GET", history, **key).text,
                lambda text: "does not exist in the archive's storage account" in text,
                150,
            )
            said, stored = everything_said(host), everything_stored(archive)
        assert "account gone" in said["requests"]
        assert "account gone" in said[f"request {lost}"]
        account_key = proxy.connection_string.partition("AccountKey=")[2].partition(";")[0]

    pages = [text for name, text in stored.items() if name.startswith("moved/exports/") and "/data/" in name]
    assert any("403 AuthenticationFailed" in text for text in pages)
    assert len(failing.signatures) >= len(REFUSED)
    for place, text in {**said, **stored}.items():
        for told in (emulator.key, account_key, *failing.signatures, *TOLD_BY_THE_LIBRARY):
            assert told not in text, f"{told[:8]}… in {place}"
