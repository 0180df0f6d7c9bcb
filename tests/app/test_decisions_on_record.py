"""What is decided about an erasure, up to its ledger: who decided, what counts when two disagree or come late."""

import base64
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerClient

from stack.processes import ROOT, first_json_line, start
from steward.ledger.ledger import Ledger
from steward.ledger.state import APPROVED, CANCEL, PLAN, REJECTED, WAITING
from tests.app.decided import ANN, BOB, HASH, OTHER, accepted, types_in, values, waiting_erasure
from tests.conftest import Azurite
from tests.export.exporting import Host
from tests.proxy import Seen
from tests.store_proxy import StoreProxy

WAITS = [PLAN, WAITING]


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[ContainerClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client("decisions-on-record") as client:
        client.create_container()
        yield client


@pytest.fixture(scope="module")
def host(
    azurite: Azurite, proxy: StoreProxy, archive: ContainerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """The platform verifies callers."""
    settings = values(azurite, archive, proxy.connection_string) | {"WEBSITE_AUTH_ENABLED": "True"}
    with Host(tmp_path_factory.mktemp("host"), settings) as running:
        yield running


def decide(host: Host, ledger: Ledger, decision: str, who: dict[str, str], **body: Any) -> requests.Response:
    return host.call("POST", f"/api/requests/{ledger.id}/{decision}", body, **who)


def refused(answer: requests.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert said in answer.json()["detail"]


def test_a_decision_names_the_plan_and_the_verified_caller_and_stands(
    host: Host, archive: ContainerClient
) -> None:
    ledger = waiting_erasure(archive, "erasure-decided")
    refused(decide(host, ledger, "approve", ANN, planHash=OTHER), 409, "#/planHash")
    for who in (ANN, BOB):
        answer = decide(host, ledger, "approve", who, planHash=HASH)
        assert answer.status_code == 200, answer.text
        decision = answer.json()["decision"]
        assert (decision["decision"], decision["planHash"]) == ("approved", HASH)
        assert decision["by"] == {"name": "Ann@example.org", "verified": True}
    refused(decide(host, ledger, "approve", ANN, planHash=OTHER), 409, "#/planHash")
    refused(decide(host, ledger, "reject", BOB, planHash=HASH), 409, "approved already")
    assert types_in(ledger) == [*WAITS, APPROVED]


def test_who_asked_cannot_approve_and_may_reject(host: Host, archive: ContainerClient) -> None:
    ledger = waiting_erasure(archive, "erasure-own", by={"name": "ann@EXAMPLE.org", "verified": True})
    refused(decide(host, ledger, "approve", ANN, planHash=HASH), 403, "APPROVE_OWN_REQUESTS")
    assert types_in(ledger) == WAITS
    assert decide(host, ledger, "reject", ANN, planHash=HASH, reason="a mistake").status_code == 200
    assert types_in(ledger) == [*WAITS, REJECTED]


def test_who_asked_by_a_ticket_cannot_approve_under_another_name(
    host: Host, archive: ContainerClient
) -> None:
    """The ticketing system tells the e-mail address; the platform's own header has another name of the same person."""
    claims = [{"typ": "name", "val": "Ann A."}, {"typ": "preferred_username", "val": "ann@example.org"}]
    principal = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
    who = {"X-MS-CLIENT-PRINCIPAL-NAME": "Ann A.", "X-MS-CLIENT-PRINCIPAL": principal}
    ledger = waiting_erasure(archive, "erasure-by-ticket", by={"name": "Ann@example.org", "verified": True})
    refused(decide(host, ledger, "approve", who, planHash=HASH), 403, "APPROVE_OWN_REQUESTS")
    assert types_in(ledger) == WAITS


def test_who_is_not_verified_approves_nothing_and_gets_nothing_approved(
    host: Host, archive: ContainerClient
) -> None:
    ledger = waiting_erasure(archive, "erasure-unverified")
    refused(decide(host, ledger, "approve", {}, planHash=HASH), 403, "sign in")
    of_nobody = waiting_erasure(archive, "erasure-of-nobody", by={"name": None, "verified": False})
    refused(decide(host, of_nobody, "approve", ANN, planHash=HASH), 403, "who asked for it was not verified")
    assert types_in(ledger) == types_in(of_nobody) == WAITS
    assert decide(host, ledger, "reject", {}, planHash=HASH).status_code == 200


def test_of_two_persons_who_disagree_one_is_told(host: Host, archive: ContainerClient) -> None:
    for number in range(5):
        ledger = waiting_erasure(archive, f"erasure-disputed-{number}")
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(decide, host, ledger, decision, who, planHash=HASH)
                for decision, who in (("approve", ANN), ("reject", BOB))
            ]
        told = {"approved": runs[0].result().status_code, "rejected": runs[1].result().status_code}
        stands = ledger.state().decision["decision"]
        assert told.pop(stands) == 200
        assert list(told.values()) == [409]


def test_an_approval_that_comes_too_late_is_refused(host: Host, archive: ContainerClient) -> None:
    """Though its request's end is not on record yet."""
    ledger = waiting_erasure(archive, "erasure-late", patience=timedelta(seconds=-1))
    refused(decide(host, ledger, "approve", ANN, planHash=HASH), 409, "waited for an approval until")
    assert types_in(ledger) == WAITS


@pytest.mark.parametrize("decision", ["approve", "cancel"])
def test_what_a_request_that_ends_meanwhile_no_longer_takes_is_told(
    host: Host, proxy: StoreProxy, archive: ContainerClient, decision: str
) -> None:
    ledger = waiting_erasure(archive, f"erasure-ends-{decision}")

    def end_before_the_append(seen: Seen) -> None:
        if "comp=appendblock" in seen.target and ledger.id in seen.target:
            ledger.end("refused", reason="nobody approved the plan")

    proxy.fault = end_before_the_append
    try:
        body = {"planHash": HASH} if decision == "approve" else {}
        refused(decide(host, ledger, decision, ANN, **body), 409, "has ended: refused")
    finally:
        proxy.fault = lambda _: None
    assert ledger.state().state == "refused"


def test_what_is_cancelled_cannot_be_approved(host: Host, archive: ContainerClient) -> None:
    ledger = waiting_erasure(archive, "erasure-cancelled")
    for _ in range(2):
        assert decide(host, ledger, "cancel", BOB).status_code == 200
    refused(decide(host, ledger, "approve", ANN, planHash=HASH), 409, "is being cancelled")
    assert types_in(ledger) == [*WAITS, CANCEL]
    assert ledger.read()[-1].data == {"by": {"name": "bob@example.org", "verified": True}}
    ledger.end("cancelled")
    answer = decide(host, ledger, "cancel", BOB)
    assert (answer.json()["state"], "Retry-After" in answer.headers) == ("cancelled", False)


def test_only_an_erasure_that_waits_is_decided_about(host: Host, archive: ContainerClient) -> None:
    running = accepted(archive, "erasure-running", dryRun=False)
    ended = accepted(archive, "erasure-ended", dryRun=False)
    ended.end("completed")
    export = Ledger(archive, "default", "export-running")
    export.create("export", {"purpose": "backup"})
    export.start("AnotherHub")
    for ledger in (running, ended, export):
        before = types_in(ledger)
        for decision in ("approve", "reject"):
            refused(decide(host, ledger, decision, ANN, planHash=HASH), 409, "does not wait")
        assert types_in(ledger) == before
    refused(decide(host, ended, "cancel", ANN), 409, "has ended: completed")
    refused(decide(host, export, "cancel", ANN), 409, "only an erasure can be cancelled")
    missing = Ledger(archive, "default", "erasure-unknown")
    for decision, body in (("approve", {"planHash": HASH}), ("cancel", {})):
        refused(decide(host, missing, decision, ANN, **body), 404, "erasure-unknown")


def test_names_are_believed_from_the_platform_only_and_no_decision_hangs_on_the_engine(
    azurite: Azurite, archive: ContainerClient, tmp_path: Path
) -> None:
    """Keys alone: headers that anybody may write say nothing, so nobody is known to have asked for what he approves."""
    ledger = waiting_erasure(archive, "erasure-unwoken", by={"name": None, "verified": False})
    command = [sys.executable, "-m", "tests.app.host_without_engine", "--port", "0"]
    command += ["--settings", str(ROOT / "local.settings.sample.json")]
    ready = first_json_line("functionsUrl", "functionKey")
    program = start("host-without-engine", command, tmp_path, ready, values(azurite, archive))
    try:
        url = f"{program.facts['functionsUrl']}/api/requests/{ledger.id}"
        headers = {"x-functions-key": program.facts["functionKey"], **ANN}
        named = requests.post(
            f"{url}/approve", json={"planHash": HASH, "by": "Ann"}, headers=headers, timeout=30
        )
        approved = requests.post(f"{url}/approve", json={"planHash": HASH}, headers=headers, timeout=30)
    finally:
        assert program.stop() == 0
    assert named.status_code == 400
    assert "#/by" in named.json()["detail"]
    assert approved.status_code == 200, approved.text
    assert approved.json()["decision"]["by"] == {"name": None, "verified": False}
    assert types_in(ledger) == [*WAITS, APPROVED]
    assert "was not woken" in program.output.read_text()
