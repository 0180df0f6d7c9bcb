"""The app as it runs in Azure: no key anywhere, each call by the identity that may make it; a store over https."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient

from stack.processes import ACCOUNT_NAME, Program, start_azurite
from tests.azure import template
from tests.azure.identities import COGNITIVE_SERVICES, STORAGE, TokenEndpoint, make_certificate
from tests.azure.operations import Operation, operations_in
from tests.azure.roles import BUILT_IN
from tests.export.exporting import ENDED, Archive, Emulator, Host, inventory, new_emulator, wait
from tests.export.record import Json

# Azurite is slow over https: a minute and more.
pytestmark = pytest.mark.prove

APP = "a000000a-0000-4000-8000-00000000000a"
READER = "b000000b-0000-4000-8000-00000000000b"
CONTRIBUTOR = "c000000c-0000-4000-8000-00000000000c"
INFORMATION = "Microsoft.Storage/storageAccounts/blobServices/getInfo/action"
ARCHIVE, BUDGET, QUEUE = "archive", "budget", "privacy-requests"


@dataclass
class InAzure:
    """Everything that runs, and what the app was given."""

    azurite: Program
    emulator: Emulator
    tokens: TokenEndpoint
    archive: Archive
    budget: ContainerClient
    queue: QueueClient
    host: Host


def settings(azurite: Program, emulator: Emulator) -> dict[str, str]:
    """As the template makes them, but for addresses: on this machine an account is a part of the path."""
    at = {
        port: f"https://127.0.0.1:{azurite.facts[port]}/{ACCOUNT_NAME}" for port in ("blobPort", "queuePort")
    }
    account = {
        "endpoint": emulator.endpoint,
        "readerClientId": READER,
        "contributorClientId": CONTRIBUTOR,
        "archive": {"connection": "ARCHIVE_STORAGE", "container": ARCHIVE},
        "budget": {"connection": "AzureWebJobsStorage", "container": BUDGET},
    }
    return {
        # The sample's keys are not there.
        **dict.fromkeys(("AzureWebJobsStorage", "ARCHIVE_STORAGE", "CUSTOM_VISION_TRAINING_KEY"), ""),
        "AzureWebJobsStorage__blobServiceUri": at["blobPort"],
        "AzureWebJobsStorage__queueServiceUri": at["queuePort"],
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": APP,
        "AZURE_CLIENT_ID": APP,
        "ARCHIVE_STORAGE__blobServiceUri": at["blobPort"],
        "ARCHIVE_STORAGE__clientId": APP,
        "CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account}),
        "CUSTOM_VISION_CALLS_PER_SECOND": "1000",
    }


@pytest.fixture(scope="module")
def in_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InAzure]:
    folder = tmp_path_factory.mktemp("azure")
    certificate, key = make_certificate(folder)
    with ExitStack() as running, pytest.MonkeyPatch.context() as environment:
        environment.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        azurite = start_azurite(folder, certificate=(certificate, key))
        running.callback(azurite.stop)
        tokens = TokenEndpoint(APP, READER, CONTRIBUTOR)
        running.enter_context(tokens.running())
        options = ("--bearer-audience", COGNITIVE_SERVICES, "--bearer-reader", READER)
        emulator = running.enter_context(new_emulator(folder, *options))
        connection = azurite.facts["connectionString"]
        service = running.enter_context(BlobServiceClient.from_connection_string(connection))
        archive, budget = service.create_container(ARCHIVE), service.create_container(BUDGET)
        queue = running.enter_context(QueueClient.from_connection_string(connection, QUEUE))
        queue.create_queue()
        host = Host(folder, {**settings(azurite, emulator), **tokens.environment})
        running.enter_context(host)
        yield InAzure(azurite, emulator, tokens, Archive(connection, archive), budget, queue, host)


@dataclass
class Done:
    """What became of each kind of work, and what was asked for by then."""

    export: Json
    given_for_the_export: set[tuple[str, str]]
    ledger: bytes
    ticket: Json
    erasure: Json
    operations: set[Operation]


@pytest.fixture(scope="module")
def done(in_azure: InAzure) -> Done:
    host = in_azure.host
    before = len(in_azure.azurite.output.read_text())
    export = host.export()
    found = inventory(in_azure.emulator, in_azure.archive, export)
    assert found.differences == []
    given = set(in_azure.tokens.given)
    link = host.call("GET", export["links"]["ledger"])
    project = requests.get(
        f"{in_azure.emulator.endpoint}/customvision/v3.3/training/projects",
        headers={"Training-Key": in_azure.emulator.key},
        timeout=30,
    ).json()[-1]["name"]
    scope = {"projects": [{"name": project}]}
    ticket = send_ticket(in_azure, scope)
    answer = host.call("POST", "/api/erasures", {"purpose": "data-subject", "scope": scope, "dryRun": False})
    assert answer.status_code == 202, answer.text
    request = answer.json()["id"]
    planned = wait(
        lambda: host.request(request), lambda now: now["state"] in {*ENDED, "waiting-for-approval"}, 60
    )
    assert planned["state"] == "waiting-for-approval", planned
    host.call(
        "POST", f"/api/requests/{request}/approve", {"planHash": planned["plan"]["hash"]}
    ).raise_for_status()
    erasure = host.wait(request)
    operations = operations_in(in_azure.azurite.output.read_text()[before:])
    return Done(export, given, link.content, ticket, erasure, operations)


def send_ticket(in_azure: InAzure, scope: Json) -> Json:
    """The request that a message of the queue makes, when it has ended."""
    message = {"kind": "export", "scope": scope, "ticket": {"system": "jira", "key": "PRIV-7"}}
    in_azure.queue.send_message(json.dumps(message))
    return wait(
        lambda: in_azure.host.call("GET", "/api/requests?ticketKey=PRIV-7").json()["requests"],
        lambda found: bool(found) and found[0]["state"] in ENDED,
        60,
        0.3,
    )[0]


def test_an_export_needs_no_key(done: Done) -> None:
    assert done.export["state"] == "completed", done.export
    # The app's own identity asks the service nothing, and nobody has asked to delete.
    assert done.given_for_the_export == {(APP, STORAGE), (READER, COGNITIVE_SERVICES)}


def test_calls_are_shared_out_beside_the_archive(done: Done, in_azure: InAzure) -> None:
    assert list(in_azure.budget.list_blob_names()) == ["default/budget"]
    assert "default/budget" not in set(in_azure.archive.container.list_blob_names())


def test_a_ticket_comes_by_the_queue(done: Done) -> None:
    assert done.ticket["state"] == "completed", done.ticket


def test_a_link_is_signed_by_the_identity(done: Done) -> None:
    assert json.loads(done.ledger.splitlines()[0])["type"] == "accepted"


def test_only_the_contributor_deletes(done: Done, in_azure: InAzure) -> None:
    """The emulator refuses a reader's token what deletes."""
    assert done.erasure["certificate"]["verdicts"]["service"] == "complete", done.erasure
    assert in_azure.tokens.given == done.given_for_the_export | {(CONTRIBUTOR, COGNITIVE_SERVICES)}


def test_roles_permit_what_was_asked_of_the_archive_and_no_role_is_idle(done: Done) -> None:
    archive = template.parameters("storage", "archive")
    needed = {each.action for each in done.operations if each.container == ARCHIVE}
    of_account = {each.action for each in done.operations if each.container == ""}
    (contributor,) = (BUILT_IN[role] for role in template.roles(archive["blobServices"], "storage"))
    assert {action for action in needed - {INFORMATION} if not contributor.permits_action(action)} == set()
    delegator = BUILT_IN[template.variable("storage", "storageBlobDelegator")]
    custom = template.parsed("storage")["resources"]["archiveInformation"]["config"]["config"]["properties"]
    (own,) = custom["permissions"]
    asked = of_account | needed & {INFORMATION}
    assert asked == set(delegator.permits) | set(own["actions"])


def test_roles_permit_what_was_asked_of_the_hosts_storage(done: Done) -> None:
    roles = [BUILT_IN[role] for role in template.roles(template.parameters("storage", "host"), "storage")]
    asked = {each.action for each in done.operations if each.container in {BUDGET, QUEUE}}
    assert asked
    assert {each for each in asked if not any(role.permits_action(each) for role in roles)} == set()
