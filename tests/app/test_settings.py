"""Settings: what is wrong is named, with what was expected; no secret stands in an error."""

import json
from typing import Any

import pytest

from stack.processes import ROOT
from steward.accounts import container_of
from steward.setting_checks import SettingsError
from steward.settings import read_settings

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]


def accounts(**changes: Any) -> dict[str, str]:
    account = json.loads(SAMPLE["CUSTOM_VISION_ACCOUNTS"])["default"] | changes
    return {"CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account})}


RESOURCE_ID = (
    "/subscriptions/a000000a-0000-4000-8000-00000000000a/resourceGroups/vision"
    "/providers/Microsoft.CognitiveServices/accounts/hats"
)

CLIENT_ID = "a000000a-0000-4000-8000-00000000000b"


def test_the_sample_is_right() -> None:
    settings = read_settings(SAMPLE)
    assert settings.accounts["default"].endpoint == "http://127.0.0.1:7072"
    assert settings.calls_per_second == 10
    assert settings.secret("CUSTOM_VISION_TRAINING_KEY") not in repr(settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("*.blob.core.windows.net",)),
        (" ", ("*.blob.core.windows.net",)),
        ("a.example, *.b.example,localhost", ("a.example", "*.b.example", "localhost")),
    ],
)
def test_hosts_of_pictures(text: str, expected: tuple[str, ...]) -> None:
    assert read_settings(SAMPLE | {"PICTURE_HOSTS": text}).picture_hosts == expected


@pytest.mark.parametrize("endpoint", ["https://hats.example", "https://hats.example/"])
def test_an_account_is_named_by_its_endpoint_and_resource_id(endpoint: str) -> None:
    account = read_settings(SAMPLE | accounts(endpoint=endpoint, resourceId=RESOURCE_ID)).accounts["default"]
    assert (account.endpoint, account.resource_id) == ("https://hats.example", RESOURCE_ID)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"CUSTOM_VISION_ACCOUNTS": ""}, "CUSTOM_VISION_ACCOUNTS: is not set"),
        ({"CUSTOM_VISION_ACCOUNTS": "{"}, "CUSTOM_VISION_ACCOUNTS: is not JSON"),
        ({"CUSTOM_VISION_ACCOUNTS": "{}"}, "CUSTOM_VISION_ACCOUNTS: names no account"),
        ({"CUSTOM_VISION_ACCOUNTS": "[]"}, "CUSTOM_VISION_ACCOUNTS: is not a JSON object"),
        ({"CUSTOM_VISION_ACCOUNTS": '{"A B": {"endpoint": "https://x"}}'}, "the name of account 1: expected"),
        (accounts(endpoint="http://example.org"), "default.endpoint: .*https"),
        (accounts(endpoint="https://user:secret@example.org"), "default.endpoint"),
        (accounts(endpoint="https://example.org/customvision/v3.3/training"), "default.endpoint: .*no path"),
        (
            {"ARCHIVE_STORAGE": "", "ARCHIVE_STORAGE__blobServiceUri": "http://127.0.0.1:10000/shop"},
            "ARCHIVE_STORAGE__blobServiceUri: expected https",
        ),
        (accounts(endpont="https://example.org"), "default.endpont"),
        *(
            (accounts(resourceId=text), "default.resourceId: resource id: expected /subscriptions/")
            for text in (
                RESOURCE_ID.replace("CognitiveServices", "Storage"),
                RESOURCE_ID.replace("a000000a-0000-4000-8000-00000000000a", "mine"),
                f"{RESOURCE_ID}/deployments/one",
            )
        ),
        *(
            ({"PICTURE_HOSTS": text}, r"PICTURE_HOSTS: expected host names .*\*\.")
            for text in (
                "https://a.blob.core.windows.net/",
                "a.blob.core.windows.net/",
                "a.blob.core.windows.net:443",
                "a.*.core.windows.net",
                "*",
                "127.0.0.1,",
            )
        ),
        (accounts(keySetting="NO_SUCH_SETTING"), "NO_SUCH_SETTING: is not set"),
        (accounts(archive={"connection": "NO_SUCH_STORE"}), "NO_SUCH_STORE: is not set"),
        (accounts(keySetting="NO_SUCH_SETTING"), "default.keySetting"),
        (accounts(archive={"connection": "no-name"}), "default.archive.connection: .*name of a setting"),
        ({"CUSTOM_VISION_TRAINING_KEY": "two\nlines"}, "CUSTOM_VISION_TRAINING_KEY: training key: expected"),
        (accounts(archive={"container": "No"}), "default.archive.container"),
        (
            accounts(budget={"connection": "NO_SUCH_STORE"}),
            "NO_SUCH_STORE: is not set.*default.budget.connection",
        ),
        (accounts(contributorClientId=CLIENT_ID), "default: expected keySetting, or client ids"),
        (
            accounts(keySetting=None, readerClientId="reader"),
            "default.readerClientId: expected the client id",
        ),
        (accounts(apiVersion="v9"), "default.apiVersion"),
        ({"TASK_HUB_NAME": "1-hub"}, "TASK_HUB_NAME: expected"),
        ({"CUSTOM_VISION_CALLS_PER_SECOND": "fast"}, "CUSTOM_VISION_CALLS_PER_SECOND: .*number"),
        ({"PICTURE_THREADS": "0"}, "PICTURE_THREADS: "),
        ({"WEBSITE_INSTANCE_ID": "1"}, "EVIDENCE_KEY: expected azurekms://"),
        ({"EXPORT_SCHEDULE": "nightly"}, "EXPORT_SCHEDULE: expected NCRONTAB"),
        ({"RETENTION_SCHEDULE": "01:00:00"}, "RETENTION_SCHEDULE: expected NCRONTAB"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(SAMPLE | change)
    assert "secret" not in str(caught.value)
    assert SAMPLE["CUSTOM_VISION_TRAINING_KEY"] not in str(caught.value)


ACCOUNT_KEY = "bm90IHRoZSByaWdodCBrZXkgYXQgYWxsLCByZWFsbHk="
# What people have at hand when they fill in settings: keys of the service as it gives them, and of a storage account.
TRAINING_KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
LONG_TRAINING_KEY = "A1b2C3d4E5" * 8 + "JQQJ"
CONNECTION_STRING = f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={ACCOUNT_KEY};EndpointSuffix=core.windows.net"
SIGNED_ADDRESS = "https://shop.blob.core.windows.net/?sv=2022-11-02&sig=c2lnbmF0dXJlIG9mIHRoZSBzdG9yZQ%3D%3D"


@pytest.mark.parametrize(
    ("secret", "change", "named"),
    [
        *((key, accounts(keySetting=key), "default.keySetting") for key in (TRAINING_KEY, LONG_TRAINING_KEY)),
        *(
            (secret, accounts(archive={"connection": secret}), "default.archive.connection")
            for secret in (CONNECTION_STRING, SIGNED_ADDRESS, ACCOUNT_KEY, TRAINING_KEY)
        ),
        (CONNECTION_STRING, accounts(archive={"container": CONNECTION_STRING}), "default.archive.container"),
        (TRAINING_KEY, accounts(**{TRAINING_KEY: "https://x"}), "CUSTOM_VISION_ACCOUNTS: default"),
        (TRAINING_KEY, accounts(apiVersion=TRAINING_KEY), "default.apiVersion"),
        (TRAINING_KEY, accounts(resourceId=TRAINING_KEY), "default.resourceId"),
        (TRAINING_KEY, accounts(endpoint=f"https://x#{TRAINING_KEY}"), "default.endpoint"),
        (TRAINING_KEY, accounts(endpoint=f"https://x/{TRAINING_KEY}"), "default.endpoint"),
        (SIGNED_ADDRESS, {"PICTURE_HOSTS": SIGNED_ADDRESS}, "PICTURE_HOSTS: expected"),
        # The standard library's own text quotes this one.
        (TRAINING_KEY, accounts(endpoint=f"https://{TRAINING_KEY}\u2100x"), "default.endpoint"),
        (
            CONNECTION_STRING,
            {"CUSTOM_VISION_ACCOUNTS": CONNECTION_STRING},
            "CUSTOM_VISION_ACCOUNTS: is not JSON",
        ),
        (LONG_TRAINING_KEY, {"CUSTOM_VISION_ACCOUNTS": json.dumps({LONG_TRAINING_KEY: {}})}, "account 1"),
        (TRAINING_KEY, {"CUSTOM_VISION_CALLS_PER_SECOND": TRAINING_KEY}, "CUSTOM_VISION_CALLS_PER_SECOND"),
        (TRAINING_KEY, {"PICTURE_THREADS": TRAINING_KEY}, "PICTURE_THREADS"),
        (LONG_TRAINING_KEY, {"EVIDENCE_KEY": LONG_TRAINING_KEY}, "EVIDENCE_KEY: expected"),
        (CONNECTION_STRING, {"TASK_HUB_NAME": CONNECTION_STRING}, "TASK_HUB_NAME"),
        # A store that cannot be reached as it is named.
        *(
            (ACCOUNT_KEY, {"ARCHIVE_STORAGE": text}, "ARCHIVE_STORAGE: expected a storage connection string")
            for text in (
                ACCOUNT_KEY,
                f"AccountKey={ACCOUNT_KEY}",
                f"AccountName=shop;{ACCOUNT_KEY}",
                f"AccountName=shop;AccountKey=!{ACCOUNT_KEY}",
                f"AccountName=shop;Key={ACCOUNT_KEY}",
                f"BlobEndpoint={ACCOUNT_KEY};AccountName=shop;AccountKey={ACCOUNT_KEY}",
            )
        ),
        (
            SIGNED_ADDRESS,
            {"ARCHIVE_STORAGE": "", "ARCHIVE_STORAGE__blobServiceUri": SIGNED_ADDRESS},
            "ARCHIVE_STORAGE__blobServiceUri: expected",
        ),
        (
            TRAINING_KEY,
            {"ARCHIVE_STORAGE": "", "ARCHIVE_STORAGE__accountName": TRAINING_KEY},
            "ARCHIVE_STORAGE__accountName: expected",
        ),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(secret: str, change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(SAMPLE | change)
    assert named in str(caught.value)
    assert secret not in str(caught.value)
    assert ACCOUNT_KEY not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"ARCHIVE_STORAGE": CONNECTION_STRING},
        {
            "ARCHIVE_STORAGE": "BlobEndpoint=https://shop.blob.core.windows.net;SharedAccessSignature=sv=1&sig=x"
        },
        {"ARCHIVE_STORAGE": "", "ARCHIVE_STORAGE__blobServiceUri": "https://shop.blob.core.windows.net/"},
        # As the storage emulator has it, which names the account in the path.
        {
            "ARCHIVE_STORAGE": "",
            "ARCHIVE_STORAGE__blobServiceUri": "https://127.0.0.1:10000/devstoreaccount1",
        },
        {"ARCHIVE_STORAGE": "", "ARCHIVE_STORAGE__accountName": "shop"},
        {**accounts(keySetting="Key1"), "Key1": TRAINING_KEY},
    ],
)
def test_every_way_to_name_a_store_and_a_key_is_taken(change: dict[str, str]) -> None:
    settings = read_settings(SAMPLE | change)
    assert container_of(settings, settings.accounts["default"].archive).container_name == "archive"
