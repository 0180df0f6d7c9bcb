"""Keys, signatures and personal values: where they never are, whatever happened."""

from pathlib import Path

from tests.conftest import Azurite
from tests.export.conftest import StartEmulator
from tests.export.exporting import Archive, Host, new_archive, settings
from tests.export.service_side import training_client

PERSON = "Zebedee Quux, born 1970-01-01"


def everything_said(host: Host) -> dict[str, str]:
    """The host's log, every request document, and every orchestration with its input, status and whole history."""
    said = {"log": host.program.output.read_text(), "requests": host.call("GET", "/api/requests").text}
    for each in host.call("GET", "/api/requests").json()["requests"]:
        said[f"request {each['id']}"] = host.call("GET", f"/api/requests/{each['id']}").text
    key = {"x-functions-key": host.program.facts["masterKey"]}
    instances = "/runtime/webhooks/durabletask/instances"
    for each in host.call("GET", f"{instances}?showInput=true&top=1000", **key).json():
        query = "showHistory=true&showHistoryOutput=true&showInput=true"
        answer = host.call("GET", f"{instances}/{each['instanceId']}?{query}", **key)
        said[f"instance {each['instanceId']}"] = answer.text
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
