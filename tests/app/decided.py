"""Erasures that wait for a decision, as their ledgers have them: another task hub works on them, so nothing moves by itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob import ContainerClient

from steward.ledger.ledger import Ledger
from steward.ledger.state import PLAN, WAITING
from steward.requests_api.contract import parse_erasure
from tests.conftest import Azurite

HASH, OTHER = "a" * 64, "b" * 64
ANN, BOB = (
    {"X-MS-CLIENT-PRINCIPAL-NAME": "Ann@example.org"},
    {"X-MS-CLIENT-PRINCIPAL-NAME": "bob@example.org"},
)
CARL = {"name": "Carl", "verified": True}
ASKED: dict[str, Any] = {"scope": "account", "purpose": "off-boarding"}
SOON = timedelta(hours=1)


def values(azurite: Azurite, container: ContainerClient, store: str = "") -> dict[str, str]:
    """Settings of an app whose service cannot be reached; `store`: another way to the archive."""
    account = {
        "endpoint": "http://127.0.0.1:9",
        "keySetting": "CUSTOM_VISION_TRAINING_KEY",
        "archive": {"container": container.container_name},
    }
    return {
        "AzureWebJobsStorage": azurite.connection_string,
        "ARCHIVE_STORAGE": store or azurite.connection_string,
        "CUSTOM_VISION_ACCOUNTS": json.dumps({"default": account}),
    }


def waiting_erasure(
    container: ContainerClient, name: str, *, by: Mapping[str, Any] = CARL, patience: timedelta = SOON
) -> Ledger:
    """One that waits for an approval of the plan with `HASH`."""
    until = (datetime.now(UTC) + patience).isoformat()
    ledger = accepted(container, name, by=by, dryRun=False)
    ledger.append(PLAN, PLAN, {"request": name, "hash": HASH, "expires": until, "counts": {"image": 3}})
    ledger.append(WAITING, WAITING, {"until": until})
    return ledger


def planned_dry_run(
    container: ContainerClient, name: str, *, lasts: timedelta = SOON, **asked: Any
) -> Ledger:
    """A dry run that has ended, with a plan of `HASH`."""
    ledger = accepted(container, name, **asked)
    expires = (datetime.now(UTC) + lasts).isoformat()
    ledger.append(PLAN, PLAN, {"request": name, "hash": HASH, "expires": expires, "counts": {"image": 3}})
    ledger.end("planned")
    return ledger


def accepted(
    container: ContainerClient, name: str, *, by: Mapping[str, Any] | None = None, **asked: Any
) -> Ledger:
    """An erasure that was accepted, and named another hub."""
    ledger = Ledger(container, "default", name)
    ledger.create("erasure", parse_erasure({**ASKED, **asked}, ["default"]).to_document(), by=by)
    ledger.start("AnotherHub")
    return ledger


def types_in(ledger: Ledger) -> list[str]:
    return [event.type for event in ledger.read()][2:]
