"""The daily timer in the app: what is personal goes, whatever else is broken, and the evidence stays."""

from pathlib import Path

from azure.storage.blob import ContainerClient

from tests.app.decided import accepted, planned_dry_run, values
from tests.conftest import Azurite
from tests.export.exporting import Host, wait

TICKET = {"system": "jira", "key": "JANE-DOE-7"}
SCOPE = {"projects": [{"name": "Hats", "images": {"metadata": {"subject": "jane.doe@example.org"}}}]}


def test_names_go_and_evidence_stays(azurite: Azurite, container: ContainerClient, tmp_path: Path) -> None:
    names = ["erasure-done", "erasure-done-too"]
    for name in names:
        ledger = accepted(container, name, scope=SCOPE, ticket=TICKET, dryRun=False)
        container.upload_blob(f"default/plans/{name}/plan.json", b"ids of images")
        container.upload_blob(f"default/certificates/{name}/certificate.json", b"counts")
        ledger.end("completed")
    planned_dry_run(container, "erasure-dry-run-new", scope=SCOPE, ticket=TICKET)
    accepted(container, "erasure-broken").end("completed")
    broken = container.get_blob_client("default/requests/erasure-broken/ledger.jsonl")
    content, metadata = broken.download_blob().readall(), broken.get_blob_properties().metadata
    broken.delete_blob()
    broken.create_append_blob()
    # As long as before, so that a listing still takes it for one that has ended.
    broken.append_block(content.replace(b"accepted", b"ACCEPTED"))
    broken.set_blob_metadata(metadata)

    def left() -> set[str]:
        return set(container.list_blob_names(name_starts_with="default/"))

    before = left()
    # A setting of a moment, so that these requests ended long ago.
    with Host(tmp_path, values(azurite, container) | {"DETAILS_DAYS": "0.000001"}) as host:
        host.call(
            "POST",
            "/admin/functions/forget_details",
            {},
            **{"x-functions-key": host.program.facts["masterKey"]},
        ).raise_for_status()
        wait(host.program.output.read_text, lambda log: "ForgettingIncomplete" in log)
        listed = {each["id"]: each for each in host.call("GET", "/api/requests").json()["requests"]}
        log = host.program.output.read_text()
    gone = {f"default/requests/{name}/details.json" for name in names}
    gone |= {f"default/plans/{name}/plan.json" for name in names}
    assert before - left() == gone
    assert [listed[name].get("ticket") for name in (*names, "erasure-dry-run-new")] == [None, None, TICKET]
    assert "request erasure-broken: ChainBroken" in log
    assert "jane" not in log.lower()
