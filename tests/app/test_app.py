"""The app as a whole: what it registers, what its orchestrations may touch, what its settings file lists."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from orchestrator import names
from stack.processes import ROOT
from steward.settings import read_settings
from steward.telemetry.start import AZURE, COLLECTOR
from tests.app.indexed import indexed_triggers

# What makes a replay differ from the first run.
FORBIDDEN = {
    "asyncio", "azure.identity", "azure.storage", "datetime.datetime", "http", "io", "logging", "os", "pathlib", "random",
    "requests", "secrets", "socket", "steward.accounts", "steward.customvision", "steward.ledger", "steward.settings",
    "subprocess", "tempfile", "threading", "time", "uuid",
}  # fmt: skip


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "orchestrator").glob("*.py")), ids=lambda path: path.stem)
def test_orchestrations_import_nothing_that_a_replay_would_see_change(path: Path) -> None:
    guilty = {
        name for name in imports_of(path) for word in FORBIDDEN if name == word or name.startswith(f"{word}.")
    }
    assert not guilty


@pytest.mark.parametrize("folder", ["steward", "orchestrator", "activities", "http_start", "timer_start"])
def test_the_app_imports_no_tool_and_only_downwards(folder: str) -> None:
    above = {
        "steward": {
            "azure.functions",
            "azure.durable_functions",
            "activities",
            "orchestrator",
            "http_start",
            "timer_start",
        },
        "activities": {"orchestrator", "http_start", "timer_start"},
        "orchestrator": {"http_start", "timer_start"},
    }
    forbidden = {"emulator", "localhost", "stack", "tests", "bench"} | above.get(folder, set())
    for path in (ROOT / folder).rglob("*.py"):
        guilty = {
            name
            for name in imports_of(path)
            if any(name == word or name.startswith(f"{word}.") for word in forbidden)
        }
        assert not guilty, path


def test_every_name_is_registered_once_and_nothing_else_is() -> None:
    registered = [(name, trigger["type"]) for name, trigger in indexed_triggers()]
    # These two are the names of events.
    constants = {value for key, value in vars(names).items() if key.isupper()} - {names.DECISION, names.NEWS}
    durable = {name for name, kind in registered if kind in {"activityTrigger", "orchestrationTrigger"}}
    # Two functions are the library's own, for HTTP calls from orchestrations.
    assert {name for name in durable if not name.startswith("BuiltIn__")} == constants
    assert {name for name, kind in registered if kind == "httpTrigger"} == {
        "post_export",
        "post_erasure",
        "get_requests",
        "get_request",
        "get_file",
        "approve",
        "reject",
        "cancel",
        "post_hold",
        "get_holds",
        "get_hold",
        "lift_hold",
        "get_health",
        "get_openapi",
        "get_docs",
        "ticket_webhook",
    }
    assert len({name for name, _ in registered}) == len(registered)


class ReadSettings(dict[str, str]):
    """Remembers which settings were asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_the_settings_file_lists_every_setting_that_the_app_reads_and_no_other() -> None:
    values = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    environment = ReadSettings(values)
    accounts = read_settings(environment).accounts.values()
    read = {name for name in environment.asked if "__" not in name}
    # Accounts name the settings that hold their keys.
    read |= {account.key_setting for account in accounts if account.key_setting}
    timers = "".join(path.read_text() for path in (ROOT / "timer_start").glob("*.py"))
    indirect = set(re.findall(r"%([A-Z_]+)%", timers))
    # Those that the Functions host reads itself.
    host = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "PYTHON_THREADPOOL_THREAD_COUNT"}
    platform = {"WEBSITE_INSTANCE_ID", "WEBSITE_AUTH_ENABLED", "WEBSITE_HOSTNAME"}
    telemetry = {AZURE, COLLECTOR}
    assert (read | indirect | host | telemetry) - platform == values.keys()
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in (read | indirect | telemetry) - platform if name not in documented] == []
