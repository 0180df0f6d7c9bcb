"""Account information: names, quotas and which keys there are; never a key."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df
from azure.identity import DefaultAzureCredential

from activities.outcome import fault_of, outcome
from activities.payload_files import write_document
from activities.payloads import RequestRef
from steward.accounts import Account, account
from steward.archive.names import ACCOUNT_PATH
from steward.customvision.errors import CustomVisionError, Throttled
from steward.customvision.management import ManagementClient

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
@outcome
def export_account_information(ref: RequestRef) -> Mapping[str, Any]:
    """Write account.json: what the management plane says and what the old v1.2 call says; else why it is not available."""
    home = account(ref["account"])
    document: dict[str, Any] = {
        "endpoint": home.settings.endpoint,
        "management": _management(home),
        "accountInformation": _account_information(home),
    }
    write_document(ref, ACCOUNT_PATH, document)
    return {"written": True}


def _management(home: Account) -> dict[str, Any]:
    if not home.settings.resource_id:
        return _not_available("NotConfigured", "the account's resourceId is not in CUSTOM_VISION_ACCOUNTS")
    try:
        with ManagementClient(home.settings.resource_id, DefaultAzureCredential()) as management:
            return {"account": management.get_account(), "usages": management.list_usages()}
    except CustomVisionError as error:
        return _refused(error)


def _account_information(home: Account) -> dict[str, Any]:
    """GetAccountInfo has been gone since API 2.0; an endpoint may still answer for v1.2."""
    try:
        return {"account": home.client.get_account()}
    except CustomVisionError as error:
        return _refused(error)


def _refused(error: CustomVisionError) -> dict[str, Any]:
    """What passes is worth another try; a refusal is all that there is to say."""
    if error.transient or isinstance(error, Throttled):
        raise error
    return _not_available(**fault_of(error))


def _not_available(code: str, reason: str) -> dict[str, Any]:
    return {"notAvailable": {"code": code, "reason": reason}}
