"""infra/ beside the app: the settings that the code reads, the names that it uses, what the issue of each part is."""

import json
import re
from collections.abc import ItemsView, Iterator, Mapping
from typing import Any

import pytest
import yaml

from stack.processes import ROOT
from steward.accounts import container_of
from steward.evidence.keys import check_place
from steward.settings import Settings, read_settings
from tests.azure import template
from tests.azure.roles import BUILT_IN
from tests.azure.template import FILES, INFRA, Json, parsed, variable

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
HOST: Json = json.loads((ROOT / "host.json").read_text())
CLIENT_ID = "a000000a-0000-4000-8000-00000000000a"
# The platform sets them, no template may.
OF_THE_PLATFORM = {"WEBSITE_INSTANCE_ID", "WEBSITE_AUTH_ENABLED", "WEBSITE_HOSTNAME"}
# Keys, in whose place the template has identities.
INSTEAD_OF_KEYS = {"AzureWebJobsStorage", "ARCHIVE_STORAGE", "CUSTOM_VISION_TRAINING_KEY"}
# Others read them than the app's own code.
READ_BESIDE_THE_APP = {
    "AzureWebJobsStorage__credential",  # the Functions host
    "AZURE_CLIENT_ID",  # DefaultAzureCredential, which the Key Vault signer asks
    "PYTHON_THREADPOOL_THREAD_COUNT",  # the worker
    "APPLICATIONINSIGHTS_CONNECTION_STRING",  # the Functions host, and telemetry
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "OTEL_EXPORTER_OTLP_ENDPOINT",  # telemetry
}
# Refused on Flex Consumption, where functionAppConfig says it.
NOT_ON_FLEX_CONSUMPTION = {"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION"}


class Asked(Mapping[str, str]):
    """Settings, and which of them were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def items(self) -> ItemsView[str, str]:
        """Whoever copies them asks for none."""
        return self._values.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def in_azure() -> dict[str, str]:
    """All settings that the template can make, with values as a deployment would have them."""
    made: dict[str, str] = {
        **variable("app", "appSettings"),
        **dict.fromkeys(
            ("AzureWebJobsStorage__clientId", "ARCHIVE_STORAGE__clientId", "AZURE_CLIENT_ID"), CLIENT_ID
        ),
        "AzureWebJobsStorage__accountName": "sthost1",
        "ARCHIVE_STORAGE__blobServiceUri": "https://starchive1.blob.core.windows.net/",
        "EVIDENCE_KEY": evidence_key(),
        "TASK_HUB_NAME": default("taskHubName"),
        "CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account()}),
        **{
            name: default(parameter)
            for name, parameter in variable("app", "appSettings").items()
            if str(parameter).endswith("Schedule")
        },
    }
    chosen = {
        name: SAMPLE[name]
        for name in (*template.type_of("optionalSettings"), *template.type_of("optionalSecrets"))
    }
    return {**made, **chosen}


def account() -> Json:
    """An account as app.bicep words it."""
    entries = [each for each in template.objects(variable("app", "accounts")) if "endpoint" in each]
    (entry,) = entries
    entry = {
        **entry,
        **next(
            each for each in template.objects(variable("app", "deleting")) if "contributorClientId" in each
        ),
    }
    resource = "/subscriptions/a000000a-0000-4000-8000-00000000000a/resourceGroups/vision/providers/Microsoft.CognitiveServices/accounts/hats"
    ids = dict.fromkeys(("readerClientId", "contributorClientId"), CLIENT_ID)
    places = {
        name: {**entry[name], "container": variable("storage", f"{entry[name]['container']}Name")}
        for name in ("archive", "budget")
    }
    return {
        **entry,
        **ids,
        **places,
        "endpoint": "https://hats.cognitiveservices.azure.com/",
        "resourceId": resource,
    }


def evidence_key() -> str:
    text: str = parsed("evidence")["outputs"]["evidenceKey"]["value"]
    return text.replace("${vault.outputs.name}", "kv-1").replace(
        "${keyName}", variable("evidence", "keyName")
    )


def default(parameter: str) -> str:
    return parsed("main")["parameters"][parameter]["default"]


def read(environment: Mapping[str, str]) -> Settings:
    """Everything that is looked up in them, by the app's own code."""
    settings = read_settings(environment).model_copy(update={"environment": environment})
    for each in settings.accounts.values():
        for place in (each.archive, each.budget):
            assert place
            container_of(settings, place).close()
    return settings


def looked_up_by_the_host() -> set[str]:
    """Settings that triggers name as %NAME%, and host.json."""
    sources = [ROOT / "host.json", *(ROOT / "timer_start").glob("*.py"), *(ROOT / "event_start").glob("*.py")]
    return {name for source in sources for name in re.findall(r"%([A-Z_]+)%", source.read_text())}


def test_the_app_starts_with_what_the_template_sets() -> None:
    settings = read(
        {**in_azure(), "WEBSITE_INSTANCE_ID": "1", "WEBSITE_HOSTNAME": "func-1.azurewebsites.net"}
    )
    found = settings.accounts["default"]
    assert (found.key_setting, found.reader_client_id, found.contributor_client_id) == (
        None,
        CLIENT_ID,
        CLIENT_ID,
    )
    assert found.budget
    assert found.budget.connection != found.archive.connection
    check_place(settings.evidence_key)


def test_no_setting_is_missing_and_none_is_too_many() -> None:
    asked = Asked({**in_azure(), "WEBSITE_INSTANCE_ID": "1"})
    read(asked)
    # A setting that is looked for by another name first, or that only a value of another one makes the app ask for.
    either = {"AzureWebJobsStorage__blobServiceUri"}
    made = set(in_azure())
    assert asked.names - made == OF_THE_PLATFORM | INSTEAD_OF_KEYS - {"CUSTOM_VISION_TRAINING_KEY"} | either
    assert made - asked.names - looked_up_by_the_host() == READ_BESIDE_THE_APP


def test_the_sample_and_the_documentation_name_the_same() -> None:
    made = set(in_azure())
    assert set(SAMPLE) - made == INSTEAD_OF_KEYS | {"FUNCTIONS_WORKER_RUNTIME"}
    assert not made & NOT_ON_FLEX_CONSUMPTION
    documented = set(
        re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", (ROOT / "docs" / "settings.md").read_text())
    )
    ours = {name for name in made if "__" not in name}
    assert ours - documented == set()
    assert documented - made == INSTEAD_OF_KEYS - {"AzureWebJobsStorage"} | OF_THE_PLATFORM - {
        "WEBSITE_INSTANCE_ID"
    } | {"FUNCTIONS_WORKER_RUNTIME"}


def test_modules_of_our_own_get_what_they_ask_for() -> None:
    for file, name, module in template.modules():
        if module["type"] != "local":
            continue
        inner = parsed(module["detail"]["path"].removesuffix(".bicep"))
        assert template.given(module) == set(inner["parameters"]), f"{file.name}: {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_parameter_and_variable_is_used(file: Any) -> None:
    content, text = parsed(file.stem), file.read_text()
    for name in (*content.get("parameters", {}), *content.get("variables", {})):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, name


def test_each_choice_of_the_template_is_a_parameter_with_a_default() -> None:
    found = parsed("main")["parameters"]
    asked = {name for name, each in found.items() if each["default"] is None}
    given = dict(re.findall(r"^param (\w+) = (.*)$", (INFRA / "main.bicepparam").read_text(), re.MULTILINE))
    assert asked <= set(given) <= set(found)
    named = set(re.findall(r"readEnvironmentVariable\('(\w+)'", (INFRA / "main.bicepparam").read_text()))
    page = (ROOT / "docs" / "azure.md").read_text()
    assert {name for name in named - {"AZURE_ENV_NAME", "AZURE_LOCATION"} if name not in page} == set()
    assert {name for name in set(found) - {"environmentName", "location"} if f"`{name}`" not in page} == set()


def test_roles_are_those_that_they_are_said_to_be() -> None:
    for file in FILES:
        for name, said in re.findall(
            r"^var \w+ = '([0-9a-f-]{36})' // (.+)$", file.read_text(), re.MULTILINE
        ):
            assert BUILT_IN[name].name == said
    host, archive = (template.parameters("storage", name) for name in ("host", "archive"))
    names = {role: BUILT_IN[role].name for role in BUILT_IN}
    assert {names[role] for role in template.roles(host, "storage")} == {
        "Storage Blob Data Owner",
        "Storage Queue Data Contributor",
        "Storage Table Data Contributor",
    }
    assert {names[role] for role in template.roles(archive["blobServices"], "storage")} == {
        "Storage Blob Data Contributor"
    }
    (of_insights,) = template.roles(template.parameters("monitoring", "insights"), "monitoring")
    assert names[of_insights] == "Monitoring Metrics Publisher"
    vault = template.parameters("evidence", "vault")
    (of_key,) = template.roles(vault["keys"], "evidence")
    assert names[of_key] == "Key Vault Crypto User"
    assert "roleAssignments" not in vault
    # Whoever reads may not erase, and the app's own identity has no right to the service.
    in_service = parsed("custom-vision")["resources"]
    assert {
        (each["config"].get("config") or each["config"])["properties"]["principalId"]
        for name, each in in_service.items()
        if name != "account"
    } == {"readerPrincipalId", "contributorPrincipalId"}


def test_no_key_opens_anything() -> None:
    for name in ("host", "archive"):
        given = template.parameters("storage", name)
        assert (given["allowSharedKeyAccess"], given["allowBlobPublicAccess"]) == (False, False)
    assert template.parameters("monitoring", "insights")["disableLocalAuth"] is True
    assert template.parameters("evidence", "vault")["enableRbacAuthorization"] is True
    site = template.parameters("app", "site")
    assert [each["allow"] for each in site["basicPublishingCredentialsPolicies"]] == [False, False]
    assert "listKeys" not in "".join(file.read_text() for file in FILES)


def test_the_signing_key_is_one_that_the_app_can_use() -> None:
    (key,) = template.parameters("evidence", "vault")["keys"]
    assert (key["kty"], key["curveName"], key["keyOps"]) == ("EC", "P-256", ["sign", "verify"])


def test_stores() -> None:
    host, archive = (template.parameters("storage", name) for name in ("host", "archive"))
    containers = {each["name"] for each in host["blobServices"]["containers"]}
    assert "budgetContainerName" in containers
    # The budget's blob is written for each call.
    assert (
        host["blobServices"]["isVersioningEnabled"],
        host["blobServices"]["deleteRetentionPolicyEnabled"],
    ) == (False, False)
    kept = [each for each in template.objects(archive["blobServices"]) if "isVersioningEnabled" in each]
    assert [each["isVersioningEnabled"] for each in kept] == ["archiveVersioning"]
    (queue,) = host["queueServices"]["queues"]
    trigger = (ROOT / "event_start" / "queue.py").read_text()
    assert f'queue_name="{queue["name"]}", connection="AzureWebJobsStorage"' in trigger


def test_the_plan_and_the_host() -> None:
    site, durable = template.parameters("app", "site"), HOST["extensions"]["durableTask"]
    assert template.parameters("app", "plan")["skuName"] == "FC1"
    runtime = site["functionAppConfig"]["runtime"]
    assert (runtime["name"], runtime["version"]) == ("python", (ROOT / ".python-version").read_text().strip())
    scale = site["functionAppConfig"]["scaleAndConcurrency"]
    assert scale["maximumInstanceCount"] == "maximumInstanceCount"
    assert {"name": "durable", "instanceCount": "alwaysReadyDurable"} in list(
        template.objects(scale["alwaysReady"])
    )
    assert default("alwaysReadyDurable") == 1
    assert durable["storageProvider"]["connectionName"] == "AzureWebJobsStorage"
    assert durable["storageProvider"]["maxQueuePollingInterval"] == "00:00:05"
    assert HOST["functionTimeout"] == "00:30:00"
    assert HOST["extensionBundle"] == {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    }
    # Activities must leave threads to orchestrations.
    assert (
        int(variable("app", "appSettings")["PYTHON_THREADPOOL_THREAD_COUNT"])
        > durable["maxConcurrentActivityFunctions"]
    )


def test_azd_finds_the_app() -> None:
    project: Json = yaml.safe_load((ROOT / "azure.yaml").read_text())
    ((name, service),) = project["services"].items()
    assert (service["host"], service["language"], service["project"]) == ("function", "py", ".")
    assert (INFRA / "main.bicep").parent == ROOT / project["infra"]["path"]
    tags = [
        each
        for each in template.objects(template.parameters("app", "site")["tags"])
        if "'azd-service-name'" in each
    ]
    assert [each["'azd-service-name'"] for each in tags] == [name]
    left_out = (ROOT / ".funcignore").read_text().splitlines()
    assert {"infra/", "tests/", "emulator/", "localhost/", "azure.yaml"} <= set(left_out)
