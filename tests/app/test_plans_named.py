"""A real erase that names the plan of a dry run: which plans it may name, and what it is when it arrives again."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerClient

from steward.ledger.ledger import ledger_blob
from tests.app.decided import ASKED, HASH, OTHER, planned_dry_run, values, waiting_erasure
from tests.conftest import Azurite
from tests.export.exporting import Host


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[ContainerClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client("plans-named") as client:
        client.create_container()
        yield client


@pytest.fixture(scope="module")
def host(
    azurite: Azurite, archive: ContainerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    with Host(tmp_path_factory.mktemp("host"), values(azurite, archive)) as running:
        yield running


def ask(host: Host, plan: str, digest: str = HASH, *, key: str = "", **changes: Any) -> requests.Response:
    """A real erase of what the dry runs here are of."""
    body = {**ASKED, "dryRun": False, "plan": {"request": plan, "hash": digest}, **changes}
    return host.call("POST", "/api/erasures", body, **{"Idempotency-Key": key or uuid.uuid4().hex})


def wrong(answer: requests.Response) -> set[str]:
    """The fields that a problem document names."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return {each["pointer"] for each in answer.json()["errors"]}


def test_a_plan_is_taken_up_by_the_same_erasure_only(host: Host, archive: ContainerClient) -> None:
    scope = {"projects": [{"name": "Hats", "images": {"metadata": {"subject": "42"}}}]}
    one = planned_dry_run(archive, "erasure-dry-run-hats", scope=scope).id
    assert wrong(ask(host, one)) == {"#/scope"}
    assert wrong(ask(host, one, scope=scope, purpose="data-subject")) == {"#/purpose", "#/archives"}
    changed = ask(host, one, scope=scope, derivedIterations="erase", archives="erase")
    assert wrong(changed) == {"#/derivedIterations", "#/archives"}
    assert wrong(ask(host, one, OTHER, scope=scope)) == {"#/plan/hash"}
    # What neither the plan nor its reader depended on may differ; what it means is what counts, not how it is written.
    ticket = {"system": "jira", "key": "PRIV-7"}
    assert ask(host, one, scope=scope, ticket=ticket, archives="keep").status_code == 202


def test_only_the_plan_of_a_dry_run_that_has_ended_and_holds_is_taken_up(
    host: Host, archive: ContainerClient
) -> None:
    expired = planned_dry_run(archive, "erasure-dry-run-expired", lasts=timedelta(seconds=-1)).id
    assert wrong(ask(host, expired)) == {"#/plan"}
    real = waiting_erasure(archive, "erasure-real").id
    for name in ("erasure-dry-run-unknown", real):
        assert wrong(ask(host, name)) == {"#/plan/request"}


def test_a_dry_run_whose_record_cannot_be_believed_is_named_as_that(
    host: Host, archive: ContainerClient
) -> None:
    """What is broken is the dry run's record, not that of the request which names it."""
    broken = planned_dry_run(archive, "erasure-dry-run-broken")
    archive.get_blob_client(ledger_blob(broken.account, broken.id)).append_block(b'{"id": "forged"}\n')
    answer = ask(host, broken.id)
    assert wrong(answer) == {"#/plan/request"}
    assert "cannot be believed" in answer.json()["errors"][0]["detail"]


def test_the_same_erasure_again_is_the_same_whatever_became_of_its_plan(
    host: Host, archive: ContainerClient
) -> None:
    dry_run = planned_dry_run(archive, "erasure-dry-run-old")
    asked = ask(host, dry_run.id, key="first")
    assert asked.status_code == 202, asked.text
    dry_run.delete_details()
    assert wrong(ask(host, dry_run.id, key="second")) == {"#/plan"}
    again = ask(host, dry_run.id, key="first")
    assert (again.status_code, again.json()["id"]) == (202, asked.json()["id"])
    assert ask(host, dry_run.id, key="first", derivedIterations="erase").status_code == 409
