"""Settings: what is wrong is named, with what was expected; no secret stands in an error."""

import json
from typing import Any

import pytest

from stack.processes import ROOT
from steward.settings import SettingsError, read_settings

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]


def accounts(**changes: Any) -> dict[str, str]:
    account = json.loads(SAMPLE["CUSTOM_VISION_ACCOUNTS"])["default"] | changes
    return {"CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account})}


def test_the_sample_is_right() -> None:
    settings = read_settings(SAMPLE)
    assert settings.accounts["default"].endpoint == "http://127.0.0.1:7072"
    assert settings.calls_per_second == 10
    assert settings.secret("CUSTOM_VISION_TRAINING_KEY") not in repr(settings)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"CUSTOM_VISION_ACCOUNTS": ""}, "CUSTOM_VISION_ACCOUNTS: is not set"),
        ({"CUSTOM_VISION_ACCOUNTS": "{"}, "CUSTOM_VISION_ACCOUNTS: is not JSON"),
        ({"CUSTOM_VISION_ACCOUNTS": "{}"}, "CUSTOM_VISION_ACCOUNTS: names no account"),
        ({"CUSTOM_VISION_ACCOUNTS": '{"A B": {"endpoint": "https://x"}}'}, "'A B'"),
        (accounts(endpoint="http://example.org"), "default.endpoint: .*https"),
        (accounts(endpoint="https://user:secret@example.org"), "default.endpoint"),
        (accounts(endpont="https://example.org"), "default.endpont"),
        (accounts(keySetting="NO_SUCH_SETTING"), "NO_SUCH_SETTING: is not set"),
        (accounts(archive={"connection": "NO_SUCH_STORE"}), "NO_SUCH_STORE: is not set"),
        (accounts(archive={"container": "No"}), "default.archive.container"),
        (accounts(apiVersion="v9"), "default.apiVersion"),
        ({"TASK_HUB_NAME": "1-hub"}, "TASK_HUB_NAME: expected"),
        ({"CUSTOM_VISION_CALLS_PER_SECOND": "fast"}, "CUSTOM_VISION_CALLS_PER_SECOND: .*'fast'"),
        ({"PICTURE_THREADS": "0"}, "PICTURE_THREADS: "),
        ({"WEBSITE_INSTANCE_ID": "1"}, "EVIDENCE_KEY: expected azurekms://"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(SAMPLE | change)
    assert "secret" not in str(caught.value)
    assert SAMPLE["CUSTOM_VISION_TRAINING_KEY"] not in str(caught.value)
