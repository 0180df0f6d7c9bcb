"""The app on its host for callers of every kind: what they ask for ends by itself, since no service can be reached."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from azure.storage.blob import BlobServiceClient, ContainerClient
from hypothesis import HealthCheck
from hypothesis import strategies as st

from tests.app.decided import accepted, values, waiting_erasure
from tests.conftest import Azurite
from tests.export.exporting import Host

JIRA = "a secret of the tests alone"
STANDARD = "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzIGFsb25l"
# Two that are there, and one that is not.
IDS = st.sampled_from(("erasure-waiting", "erasure-dry-run-open", "export-unknown"))
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


@dataclass
class Api:
    """The running app, and what it has on record."""

    host: Host
    container: ContainerClient

    @property
    def url(self) -> str:
        return self.host.program.facts["functionsUrl"]

    @property
    def key(self) -> dict[str, str]:
        return {"x-functions-key": self.host.program.facts["functionKey"]}

    def requests_on_record(self) -> set[str]:
        names = self.container.list_blob_names(name_starts_with="default/requests/")
        return {name.split("/")[2] for name in names}

    def instances(self) -> set[str]:
        """Of requests, by their ids, as the hub has them."""
        facts = self.host.program.facts
        place = f"{facts['functionsUrl']}/runtime/webhooks/durabletask/instances"
        answer = requests.get(place, params={"code": facts["masterKey"]}, timeout=30)
        assert answer.status_code == 200, answer.text
        return {each["instanceId"] for each in answer.json() if ":" not in each["instanceId"]}


@contextmanager
def running_api(azurite: Azurite, folder: Path) -> Generator[Api]:
    """With an erasure that waits for an approval, and a dry run that another hub works on."""
    secrets = {
        "JIRA_WEBHOOK_SECRET": JIRA,
        "SERVICENOW_WEBHOOK_SECRET": STANDARD,
        "GENERIC_WEBHOOK_SECRET": STANDARD,
    }
    name = f"contract-{folder.name.lower()}"
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client(name) as container:
        container.create_container()
        waiting_erasure(container, "erasure-waiting")
        accepted(container, "erasure-dry-run-open")
        with Host(folder, values(azurite, container) | secrets) as host:
            yield Api(host, container)
